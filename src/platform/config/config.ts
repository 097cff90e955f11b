import { parseDatabaseUrl } from './database-url.js';
import { document } from './document.js';
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
  webhook,
} from './variable.js';

/**
 * Every environment variable that the service reads, once, at start. The documentation and the
 * error messages come from here; nothing else in the source reads the environment.
 */
export const variables = {
  databaseUrl: databaseUrl('DATABASE_URL', {
    description:
      'The PostgreSQL database (14 or newer), as `psql` takes it: `sslmode` and its certificates, `host=/folder` for a Unix socket ([more](operate.md#the-database)). Unset: an embedded PostgreSQL under WATCHER_DATA_DIR.',
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
  basePath: text('WATCHER_BASE_PATH', {
    description:
      'The path under which clients reach the service behind a proxy, where the proxy does not say so by X-Forwarded-Prefix.',
    takes: "a path such as '/watcher', without a slash at its end",
    pattern: /^(?:\/[\w.~-]+)+$/,
  }),
  auth: flag('WATCHER_AUTH', {
    description: 'Whether callers need a key once one is configured; `off` lets everybody in, on any HOST.',
    fallback: 'on',
  }),
  adminKey: text('WATCHER_ADMIN_KEY', {
    description: 'A key with scope `admin` beside those in the database: the first one of an installation.',
    takes: 'a key of 16 to 255 characters (letters, digits and -._~+/=)',
    pattern: /^[\w.~+/=-]{16,255}$/,
    secret: true,
  }),
  oidcIssuer: url('OIDC_ISSUER', ['https', 'http'], {
    description: 'The OpenID Connect issuer whose JWTs are accepted beside keys; scopes from the `scope` claim.',
  }),
  oidcAudience: text('OIDC_AUDIENCE', {
    description: 'The audience that those JWTs must have been issued for.',
    takes: 'an audience, together with OIDC_ISSUER',
  }),
  publicDocs: flag('WATCHER_PUBLIC_DOCS', {
    description: 'Whether `/docs` needs no key.',
    fallback: 'off',
  }),
  publicMetrics: flag('WATCHER_PUBLIC_METRICS', {
    description: 'Whether `/metrics` needs no key.',
    fallback: 'off',
  }),
  allowedHosts: list('WATCHER_ALLOWED_HOSTS', {
    description:
      'The names, beside those of loopback, under which the service answers while no key is configured, comma-separated.',
    takes: "host names or addresses without a port, comma-separated, or '*'",
    item: /^(?:\*|[\w.-]+|\[?[0-9a-f:.]+\]?)$/i,
  }),
  corsOrigins: list('WATCHER_CORS_ORIGINS', {
    description: 'The origins whose pages may call the service, comma-separated; unset: none.',
    takes: "origins such as 'https://example.com', comma-separated, or '*'",
    item: /^(?:\*|https?:\/\/[^\s/?#]+)$/,
  }),
  rateLimit: integer('WATCHER_RATE_LIMIT', {
    description:
      'The most requests a second of one caller (of one address while no key is configured); unset: no limit.',
    min: 1,
    max: 1_000_000,
  }),
  maxPending: integer('WATCHER_MAX_PENDING', {
    description: 'The most requests under way at once; more are answered with 503 and Retry-After.',
    min: 1,
    max: 1_000_000,
    fallback: '1000',
  }),
  requestTimeout: integer('WATCHER_REQUEST_TIMEOUT', {
    description: 'How long a client may take to send one request; then 408 and the connection is cut.',
    unit: 'seconds',
    min: 1,
    max: 3600,
    fallback: '30',
  }),
  drainSeconds: integer('WATCHER_DRAIN_SECONDS', {
    description:
      'How long the service goes on serving after SIGTERM, no longer ready, so that a load balancer can take it out.',
    min: 0,
    max: 5,
    unit: 'seconds',
    fallback: '1',
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
  checkCron: cron('WATCHER_CHECK_CRON', {
    description: 'When freshness and timeliness are checked (UTC); `off` leaves it to POST /freshness and /timeliness.',
    fallback: '* * * * *',
  }),
  slackWebhookUrl: webhook('SLACK_WEBHOOK_URL', {
    description: 'The Slack incoming webhook of the alerts that no route takes.',
    secret: true,
  }),
  alertWebhookUrl: webhook('ALERT_WEBHOOK_URL', {
    description:
      'The URL that the alerts are posted to, as JSON, that no route takes; `user:password@` in it becomes Basic authorisation.',
    secret: true,
  }),
  alertWebhookSecret: text('ALERT_WEBHOOK_SECRET', {
    description: 'The key of the HMAC-SHA256 in the header Watcher-Signature; unset: alerts are not signed.',
    takes: 'text',
    secret: true,
  }),
  alertRoutes: document('WATCHER_ALERT_ROUTES', {
    description:
      'Which alerts go to which Slack channel, webhook, mailbox or PagerDuty service ([monitoring.md](monitoring.md#routes)); unset: all go to the two URLs above.',
  }),
  alertMaxAge: duration('WATCHER_ALERT_MAX_AGE', {
    description:
      'A violation that was over for longer than this when it was reported is history: an incident without a message.',
    fallback: '1d',
  }),
  smtpUrl: url('SMTP_URL', ['smtp', 'smtps'], {
    description:
      'The mail server that e-mail of routes goes through: `smtp://user:password@host:587`, `smtps://` for TLS from the start.',
    secret: true,
  }),
  smtpFrom: text('SMTP_FROM', {
    description: 'The sender of that e-mail; needed where a route has e-mail.',
    takes: "an address, such as 'Watcher <watcher@example.com>'",
    pattern: /^[^\0\r\n]*@[^\0\r\n]*$/,
  }),
  publicUrl: url('WATCHER_PUBLIC_URL', ['https', 'http'], {
    description: 'The address of the service as people reach it, which links in alerts begin with; unset: no links.',
  }),
  logLevel: oneOf('LOG_LEVEL', ['silent', 'error', 'warn', 'info', 'debug'], {
    description: 'The least severe log lines that are written.',
    fallback: 'info',
  }),
  otlpEndpoint: url('OTEL_EXPORTER_OTLP_ENDPOINT', ['http', 'https'], {
    description:
      'The OpenTelemetry collector that traces are sent to (OTLP over HTTP, as JSON; `/v1/traces` is added); unset: no traces. The exporter also reads its own OTEL_EXPORTER_OTLP_HEADERS, _TIMEOUT, _COMPRESSION and _CERTIFICATE.',
  }),
  otelServiceName: text('OTEL_SERVICE_NAME', {
    description: 'The name of the service in its traces.',
    takes: 'a name',
    fallback: 'watcher',
  }),
  otelSampleRatio: ratio('OTEL_TRACES_SAMPLER_ARG', {
    description: 'The share of traces that are recorded where the caller has not decided it.',
    fallback: '1',
  }),
  logFormat: oneOf('LOG_FORMAT', ['json', 'pretty'], {
    description: 'One JSON object a line, or lines for people; unset: `pretty` on a terminal, else `json`.',
  }),
} as const;

type ValueOf<V> = V extends OptionalVariable<infer T> ? T | undefined : V extends Variable<infer T> ? T : never;

/** The configuration: what {@link variables} read, frozen. */
export type Config = { readonly [K in keyof typeof variables]: ValueOf<(typeof variables)[K]> };

/** The values of the secret variables, the password of the database by itself, and the secrets in the routes: what no log may show. */
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

/** Reads and checks the whole environment; throws `ConfigurationError` at the first wrong value. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const entries = Object.entries(variables).map(([key, variable]) => [
    key,
    read(variable as Variable<unknown>, environment),
  ]);
  return Object.freeze(Object.fromEntries(entries) as Config);
}

/**
 * Takes the variables of libpq (`PGHOST`, `PGOPTIONS`, `PGSSLMODE` …) out of this process: `pg` reads them wherever a
 * connection leaves something out, and they were meant for other programs.
 */
export function forgetLibpqVariables(environment: NodeJS.ProcessEnv = process.env): void {
  for (const name of Object.keys(environment)) if (/^PG[A-Z]+$/.test(name)) delete environment[name];
}
