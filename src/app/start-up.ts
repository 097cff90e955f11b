import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { Config } from '../platform/config/config.js';
import { ConfigurationError } from '../platform/config/variable.js';
import { MigrationRefusedError } from '../platform/database/migrations/migration-refused-error.js';
import { ShardingError } from '../platform/database/sharding/cluster.js';
import { explainDatabase } from '../platform/database/unusable-database.js';
import { type EmbeddedServer, EmbeddedServerError } from '../platform/embedded-postgres/embedded-server.js';

/** Logs that the service is ready. With an embedded database or on a terminal, also prints its addresses. */
export function announce(
  config: Config,
  app: NestFastifyApplication,
  embedded: EmbeddedServer | undefined,
  logger: Logger,
): void {
  const { port } = app.getHttpServer().address() as AddressInfo;
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  const url = `http://${host === '127.0.0.1' ? 'localhost' : host}:${port}`;
  logger.info({ url }, 'ready');
  if (!embedded && !process.stdout.isTTY) return;
  const database = embedded
    ? `embedded PostgreSQL; its URL is in ${join(config.dataDir, 'database.url')}`
    : 'set by DATABASE_URL';
  process.stderr.write(
    [
      '',
      '  Watcher: the service that data pipelines report to',
      `  API       ${url}`,
      `  Docs      ${url}/docs`,
      `  Database  ${database}`,
      '  Stop      Ctrl+C, or SIGTERM',
      '',
      '',
    ].join('\n'),
  );
}

/** Errors whose message is all that is to be said. */
const ONE_LINE = [ConfigurationError, EmbeddedServerError, ShardingError];

/** The reason why the start failed: one line, or the stack of an unexpected error. */
export function explain(error: unknown): string {
  if (ONE_LINE.some((kind) => error instanceof kind)) return (error as Error).message;
  if (error instanceof MigrationRefusedError) return `DATABASE_URL: ${error.message}`;
  const { code, message, ...details } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE')
    return `PORT ${details.port} is in use already; stop the process that listens on it, or set PORT`;
  if (code === 'EACCES' && details.syscall === 'listen')
    return `PORT ${details.port} cannot be opened by this user (permission denied); set PORT`;
  if (code === 'EADDRNOTAVAIL') return `HOST is not an address of this machine (${message})`;
  const unusable = explainDatabase(error);
  if (unusable !== undefined) return unusable;
  return error instanceof Error && error.stack ? error.stack : message;
}
