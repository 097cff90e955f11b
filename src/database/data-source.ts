import type { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { parseJson } from '../common/exact-json.js';
import { Access1767484800000 } from './migrations/1767484800000-access.js';
import { Idempotency1767571200000 } from './migrations/1767571200000-idempotency.js';
import { Analysis1767657600000 } from './migrations/1767657600000-analysis.js';
import { Initial1767225600000 } from './migrations/1767225600000-initial.js';
import { NameKeys1767745800000 } from './migrations/1767745800000-name-keys.js';
import { Monitoring1767398400000 } from './migrations/1767398400000-monitoring.js';

/** Oldest first; each file's name and class carry the moment it was made. */
const MIGRATIONS = [
  Initial1767225600000,
  Monitoring1767398400000,
  Access1767484800000,
  Idempotency1767571200000,
  Analysis1767657600000,
  NameKeys1767745800000,
];

/** Where TypeORM notes which of them have run. */
export const MIGRATIONS_TABLE = 'watcher_migration';

/** How the service talks to its database, whoever opens the connection: the application, the command line, a test. */
export function dataSourceOptions(url: string, poolSize: number) {
  return {
    type: 'postgres',
    url,
    applicationName: 'watcher',
    migrations: MIGRATIONS,
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsTransactionMode: 'all',
    poolSize,
    connectTimeoutMS: 3000,
    // Ids and counts are at most 2^53-1 by the contract, so a double holds each.
    parseInt8: true,
    useUTC: true,
    logging: false,
    // Statements that don't wait for one another go out together, each with its own answer or error.
    extra: { pipeline: true, onConnect: tolerateErrors, types: { getTypeParser } },
  } as const satisfies DataSourceOptions;
}

/** JSON without loss; everything else as `pg` reads it. */
const getTypeParser: typeof pg.types.getTypeParser = (type, format) => {
  const isJson = type === pg.types.builtins.JSON || type === pg.types.builtins.JSONB;
  return isJson ? parseJson : (pg.types.getTypeParser(type, format) as unknown);
};

/**
 * A connection that ends in the moment between pg's pool, which stops listening for its errors, and
 * TypeORM, which has not begun yet, would end the process. Whoever uses it learns of the end anyway.
 */
function tolerateErrors(client: EventEmitter): void {
  client.on('error', () => undefined);
}

/** The same for the TypeORM command line, which has no modules to tell it of the entities. */
export function commandLineOptions(url: string): DataSourceOptions {
  return { ...dataSourceOptions(url, 2), entities: [fileURLToPath(new URL('../**/*.entity.js', import.meta.url))] };
}
