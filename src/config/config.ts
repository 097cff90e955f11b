import {
  byteSize,
  flag,
  integer,
  oneOf,
  read,
  regularExpression,
  text,
  url,
  type OptionalVariable,
  type Variable,
} from './variable.js';

/**
 * Every environment variable that the service reads, once, at start. The documentation and the
 * error messages come from here; nothing else in the source reads the environment.
 */
export const variables = {
  databaseUrl: url('DATABASE_URL', ['postgres', 'postgresql'], {
    description: 'The PostgreSQL database (14 or newer). Unset: an embedded PostgreSQL under WATCHER_DATA_DIR.',
    secret: true,
  }),
  dataDir: text('WATCHER_DATA_DIR', {
    description: 'Where the embedded PostgreSQL keeps its data and writes `database.url`.',
    takes: 'a folder',
    fallback: '.watcher',
  }),
  migrate: flag('WATCHER_MIGRATE', {
    description: 'Whether the schema is migrated at start; `off` leaves it to `npm run migration:run`.',
    fallback: 'on',
  }),
  poolSize: integer('WATCHER_POOL_SIZE', {
    description: 'The most database connections that this process opens.',
    min: 2,
    max: 500,
    fallback: '10',
  }),
  batchSize: integer('WATCHER_BATCH_SIZE', {
    description: 'The most starts, or ends, that share one transaction.',
    min: 1,
    max: 1000,
    fallback: '200',
  }),
  batchLanes: integer('WATCHER_BATCH_LANES', {
    description:
      'The most transactions of starts, and as many of ends, on their way at once; fewer make larger batches.',
    min: 1,
    max: 16,
    fallback: '1',
  }),
  host: text('HOST', {
    description: 'The address that the service listens on.',
    takes: 'an IP address or host name',
    fallback: '127.0.0.1',
  }),
  port: integer('PORT', {
    description: 'The TCP port that the service listens on; 0 takes a free one.',
    min: 0,
    max: 65_535,
    fallback: '8000',
  }),
  bodyLimit: byteSize('WATCHER_BODY_LIMIT', {
    description: 'The largest request body; a larger one is answered with 413.',
    fallback: '1MB',
  }),
  nameCase: oneOf('WATCHER_NAME_CASE', ['keep', 'lower'], {
    description: 'Whether names of pipelines and types keep the case they were first given, or are stored lower-cased.',
    fallback: 'keep',
  }),
  pipelineNamePattern: regularExpression('WATCHER_PIPELINE_NAME_PATTERN', {
    description: 'New pipeline names that do not match this are refused with 422.',
  }),
  logLevel: oneOf('LOG_LEVEL', ['silent', 'error', 'warn', 'info', 'debug'], {
    description: 'The least severe log lines that are written.',
    fallback: 'info',
  }),
  logFormat: oneOf('LOG_FORMAT', ['json', 'pretty'], {
    description: 'One JSON object a line, or lines for people; unset: `pretty` on a terminal, else `json`.',
  }),
} as const;

type ValueOf<V> = V extends OptionalVariable<infer T> ? T | undefined : V extends Variable<infer T> ? T : never;

/** The configuration: what {@link variables} read, frozen. */
export type Config = { readonly [K in keyof typeof variables]: ValueOf<(typeof variables)[K]> };

/** Injection token of the {@link Config}. */
export const CONFIG = Symbol('Config');

/** Reads and checks the whole environment; throws `ConfigurationError` at the first wrong value. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const entries = Object.entries(variables).map(([key, variable]) => [
    key,
    read(variable as Variable<unknown>, environment),
  ]);
  return Object.freeze(Object.fromEntries(entries) as Config);
}
