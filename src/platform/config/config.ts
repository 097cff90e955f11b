import { alertVariables } from './alert-variables.js';
import { adapterVariables } from './adapter-variables.js';
import { parseDatabaseUrl } from './database-url.js';
import { retentionVariables } from './retention-variables.js';
import {
  byteSize,
  cron,
  databaseUrl,
  duration,
  flag,
  integer,
  list,
  oneOf,
  ratio,
  read,
  regularExpression,
  text,
  url,
  type OptionalVariable,
  type Variable,
} from './variable.js';

/**
 * Every environment variable that the service reads, read once at start. The documentation and the error messages are
 * generated from this list; no other source file reads the environment.
 */
export const variables = {
  databaseUrl: databaseUrl('DATABASE_URL', {
    description:
      'The PostgreSQL database (14 or newer), in the form that `psql` accepts: `sslmode` and its certificates, `host=/folder` for a Unix socket, several hosts of which one takes writes ([more](operate.md#the-database)). Unset: an embedded PostgreSQL under WATCHER_DATA_DIR.',
    secret: true,
  }),
  dataDir: text('WATCHER_DATA_DIR', {
    description: 'Where the embedded PostgreSQL keeps its data and writes `database.url`.',
    takes: 'a folder',
    fallback: '.watcher',
  }),
  migrate: flag('WATCHER_MIGRATE', {
    description: 'Whether the service migrates the schema at start; with `off`, run `npm run migration:run`.',
    fallback: 'on',
  }),
  shards: integer('WATCHER_SHARDS', {
    description:
      'Over how many shards the migrations distribute the executions of an empty database that has the extension Citus ([more](operate.md#a-cluster)); unset: they stay on one server.',
    min: 1,
    max: 1024,
  }),
  poolSize: integer('WATCHER_POOL_SIZE', {
    description: 'Maximum number of database connections of this process.',
    min: 2,
    max: 500,
    fallback: '10',
  }),
  batchSize: integer('WATCHER_BATCH_SIZE', {
    description: 'Maximum number of starts, or of ends, in one transaction; of OpenLineage events five times as many.',
    min: 1,
    max: 1000,
    fallback: '200',
  }),
  batchLanes: integer('WATCHER_BATCH_LANES', {
    description:
      'Maximum number of concurrent transactions of starts, and the same of ends; fewer transactions mean larger batches.',
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
    description: 'The TCP port that the service listens on; 0 picks a free one.',
    min: 0,
    max: 65_535,
    fallback: '8000',
  }),
  basePath: text('WATCHER_BASE_PATH', {
    description:
      'The path under which clients reach the service behind a proxy, where the proxy does not say so by X-Forwarded-Prefix.',
    takes: "a path such as '/watcher', without a slash at its end",
    pattern: /^(?:\/[\w.~-]+)+$/,
  }),
  auth: flag('WATCHER_AUTH', {
    description: 'Whether callers need a key once one is configured; `off` allows every request, on any HOST.',
    fallback: 'on',
  }),
  adminKey: text('WATCHER_ADMIN_KEY', {
    description: 'A key with scope `admin` in addition to the keys in the database: the first key of an installation.',
    takes: 'a key of 16 to 255 characters (letters, digits and -._~+/=)',
    pattern: /^[\w.~+/=-]{16,255}$/,
    secret: true,
  }),
  oidcIssuer: url('OIDC_ISSUER', ['https', 'http'], {
    description: 'The OpenID Connect issuer whose JWTs are accepted beside keys; scopes from the `scope` claim.',
  }),
  oidcAudience: text('OIDC_AUDIENCE', {
    description: 'The audience that these JWTs must name.',
    takes: 'an audience, together with OIDC_ISSUER',
  }),
  ...adapterVariables,
  anomalies: flag('WATCHER_ANOMALIES', {
    description:
      'Whether runs are compared with the usual ones of their pipeline, and runs that take too long are noticed.',
    fallback: 'on',
  }),
  publicDocs: flag('WATCHER_PUBLIC_DOCS', {
    description: 'Whether `/docs` is open without a key.',
    fallback: 'off',
  }),
  publicMetrics: flag('WATCHER_PUBLIC_METRICS', {
    description: 'Whether `/metrics` is open without a key.',
    fallback: 'off',
  }),
  allowedHosts: list('WATCHER_ALLOWED_HOSTS', {
    description:
      'The names, beside those of loopback, under which the service answers while no key is configured, comma-separated.',
    takes: "host names or addresses without a port, comma-separated, or '*'",
    item: /^(?:\*|[\w.-]+|\[?[0-9a-f:.]+\]?)$/i,
  }),
  corsOrigins: list('WATCHER_CORS_ORIGINS', {
    description: 'Web origins whose pages may call the service (CORS), comma-separated; unset: none.',
    takes: "origins such as 'https://example.com', comma-separated, or '*'",
    item: /^(?:\*|https?:\/\/[^\s/?#]+)$/,
  }),
  rateLimit: integer('WATCHER_RATE_LIMIT', {
    description:
      'Maximum number of requests per second from one caller (from one address while no key is configured); unset: no limit.',
    min: 1,
    max: 1_000_000,
  }),
  maxPending: integer('WATCHER_MAX_PENDING', {
    description: 'Maximum number of concurrent requests; the service answers further ones with 503 and Retry-After.',
    min: 1,
    max: 1_000_000,
    fallback: '1000',
  }),
  requestTimeout: integer('WATCHER_REQUEST_TIMEOUT', {
    description:
      'How long a client may take to send one request; after that the service answers 408 and closes the connection.',
    unit: 'seconds',
    min: 1,
    max: 3600,
    fallback: '30',
  }),
  drainSeconds: integer('WATCHER_DRAIN_SECONDS', {
    description:
      'How long the service continues to serve after SIGTERM while it reports not ready, so that a load balancer can remove it.',
    min: 0,
    max: 5,
    unit: 'seconds',
    fallback: '1',
  }),
  bodyLimit: byteSize('WATCHER_BODY_LIMIT', {
    description: 'Maximum size of a request body; the service answers a larger one with 413.',
    fallback: '1MB',
  }),
  nameCase: oneOf('WATCHER_NAME_CASE', ['keep', 'lower'], {
    description:
      'Whether names of pipelines and types keep the case in which they were created, or are stored in lower case.',
    fallback: 'keep',
  }),
  pipelineNamePattern: regularExpression('WATCHER_PIPELINE_NAME_PATTERN', {
    description: 'Pattern that the names of new pipelines must match; the service refuses others with 422.',
  }),
  lostAfter: duration('WATCHER_LOST_AFTER', {
    description:
      'How long a running execution may go without any report before it is lost: no heartbeat, no execution running below it, and no child that ended. For executions that send heartbeats their own rule applies instead.',
  }),
  checkCron: cron('WATCHER_CHECK_CRON', {
    description: 'Schedule of the checks (UTC); with `off` they run on POST /freshness and /timeliness only.',
    fallback: '* * * * *',
  }),
  ...alertVariables,
  ...retentionVariables,
  publicUrl: url('WATCHER_PUBLIC_URL', ['https', 'http'], {
    description: 'Public address of the service, the beginning of links in alerts; unset: no links.',
  }),
  logLevel: oneOf('LOG_LEVEL', ['silent', 'error', 'warn', 'info', 'debug'], {
    description: 'Lowest severity of log lines that the service writes.',
    fallback: 'info',
  }),
  otlpEndpoint: url('OTEL_EXPORTER_OTLP_ENDPOINT', ['http', 'https'], {
    description:
      'OpenTelemetry collector for the traces (OTLP over HTTP, as JSON; `/v1/traces` is added); unset: no traces. The exporter also reads its own OTEL_EXPORTER_OTLP_HEADERS, _TIMEOUT, _COMPRESSION and _CERTIFICATE.',
  }),
  otelServiceName: text('OTEL_SERVICE_NAME', {
    description: 'Name of the service in its traces.',
    takes: 'a name',
    fallback: 'watcher',
  }),
  otelSampleRatio: ratio('OTEL_TRACES_SAMPLER_ARG', {
    description: 'Share of the traces that are recorded when the caller has not decided.',
    fallback: '1',
  }),
  logFormat: oneOf('LOG_FORMAT', ['json', 'pretty'], {
    description:
      'Format of the log: one JSON object per line, or readable lines; unset: `pretty` on a terminal, else `json`.',
  }),
} as const;

type ValueOf<V> = V extends OptionalVariable<infer T> ? T | undefined : V extends Variable<infer T> ? T : never;

/** The configuration: the frozen values of {@link variables}. */
export type Config = { readonly [K in keyof typeof variables]: ValueOf<(typeof variables)[K]> };

/**
 * The values that no log line may contain: the secret variables, the password of the database by itself, and the
 * secrets in the routes.
 */
export function secretsOf(config: Config): string[] {
  const entries = Object.entries(variables) as [keyof Config, Variable<unknown>][];
  const { password, parameters } = parseDatabaseUrl(config.databaseUrl ?? 'postgresql://');
  return entries
    .filter(([, variable]) => variable.secret)
    .map(([key]) => config[key])
    .concat(password, parameters.sslpassword)
    .filter((value) => typeof value === 'string')
    .concat(config.alertRoutes?.secrets ?? []);
}

/** Injection token of the {@link Config}. */
export const CONFIG = Symbol('Config');

/** Reads and checks the whole environment. Throws `ConfigurationError` at the first invalid value. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const entries = Object.entries(variables).map(([key, variable]) => [
    key,
    read(variable as Variable<unknown>, environment),
  ]);
  return Object.freeze(Object.fromEntries(entries) as Config);
}

/**
 * Removes the variables of libpq (`PGHOST`, `PGOPTIONS`, `PGSSLMODE` …) from this process: `pg` would use them
 * wherever a connection leaves a setting out, and they were set for other programs.
 */
export function forgetLibpqVariables(environment: NodeJS.ProcessEnv = process.env): void {
  for (const name of Object.keys(environment)) if (/^PG[A-Z]+$/.test(name)) delete environment[name];
}
