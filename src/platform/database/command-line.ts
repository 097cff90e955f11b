import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { type Config, forgetLibpqVariables, readConfig } from '../config/config.js';
import { ConfigurationError } from '../config/variable.js';
import { commandLineOptions } from './data-source.js';
import { connectionUrl, readAccess } from '../embedded-postgres/connection-url.js';

forgetLibpqVariables();

/** For the TypeORM command line: DATABASE_URL, or the embedded database of a running service. */
export const commandLineDataSource = new DataSource(commandLineOptions(await urlOf(readConfig())));

async function urlOf(config: Config): Promise<string> {
  if (config.databaseUrl !== undefined) return config.databaseUrl;
  const file = join(config.dataDir, 'database.url');
  const access = await readAccess(file);
  if (!access) throw new ConfigurationError(`DATABASE_URL is not set, and no embedded database has written ${file}`);
  return connectionUrl(access);
}
