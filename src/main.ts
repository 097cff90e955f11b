import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { type Config, forgetLibpqVariables, readConfig } from './platform/config/config.js';
import { createApp } from './app/create-app.js';
import { EmbeddedServer } from './platform/embedded-postgres/embedded-server.js';
import { closeOnlyIdleConnections } from './platform/observability/idle-connections.js';
import { createLogger } from './platform/observability/logger.js';
import { ServiceState } from './platform/observability/service-state.js';
import { startTracing } from './platform/observability/tracing/tracing.js';
import { VERSION } from './platform/observability/version.js';
import { announce, explain } from './app/start-up.js';
import { StopSignals } from './app/stop-signals.js';

/** Requests still in flight this long after the stop signal are cut off. */
const CUT_OFF_AFTER_MS = 7000;
/** Database connections still open this long after the signal, e.g. waiting for a lock, are abandoned. */
const CLOSE_WITHIN_MS = 8000;
/** The process and its embedded database are ended this long after the signal at the latest. */
const STOP_WITHIN_MS = 9500;
const SWEEP_MS = 50;
/** Listen backlog. After a restart many clients connect at once; those beyond it wait a second or longer. */
const WAITING_CONNECTIONS = 4096;

const signals = new StopSignals(() => EmbeddedServer.endAtOnce());
// Writing to a closed terminal fails; the service must still shut down cleanly.
for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);

async function main(): Promise<void> {
  forgetLibpqVariables();
  const config = readConfig();
  const logger = await createLogger(config);
  const tracing = await startTracing(config, VERSION);
  const embedded = config.databaseUrl === undefined ? await startEmbedded(config, logger) : undefined;
  try {
    const app = await signals.unlessStopped(
      listen({ ...config, databaseUrl: embedded?.url ?? config.databaseUrl }, logger),
    );
    announce(config, app, embedded, logger);
    await stop(app, config, logger, await signals.first);
  } finally {
    await embedded?.stop();
    await tracing?.stop();
  }
}

function startEmbedded(config: Config, logger: Logger): Promise<EmbeddedServer> {
  const log = (line: string): void => logger.info({ context: 'database' }, line);
  return EmbeddedServer.start({ dataDir: config.dataDir, log, signal: signals.stopping });
}

async function listen(config: Config, logger: Logger): Promise<NestFastifyApplication> {
  const app = await createApp(config, logger);
  closeOnlyIdleConnections(app.getHttpServer());
  await app.listen({ port: config.port, host: config.host, backlog: WAITING_CONNECTIONS });
  return app;
}

/**
 * Reports "not ready" at once; then closes the listener, finishes requests in flight and closes connections. On SIGTERM
 * it first waits, so that load balancers notice. The other signals come from a terminal, without a load balancer.
 */
async function stop(
  app: NestFastifyApplication,
  config: Config,
  logger: Logger,
  signal: NodeJS.Signals,
): Promise<void> {
  logger.info({ signal }, 'stopping');
  app.get(ServiceState, { strict: false }).stop();
  const server = app.getHttpServer();
  const cutOff = setTimeout(() => server.closeAllConnections(), CUT_OFF_AFTER_MS);
  const timeIsUp = sleep(CLOSE_WITHIN_MS, undefined, { ref: false });
  if (signal === 'SIGTERM') await sleep(config.drainSeconds * 1000);
  // Without this, a keep-alive connection stays open after its last response.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  await Promise.race([app.close(), timeIsUp]);
  clearTimeout(cutOff);
  clearInterval(sweep);
}

/** Ends the process if it does not stop in time. */
async function endInTime(): Promise<void> {
  await signals.first;
  await sleep(STOP_WITHIN_MS, undefined, { ref: false });
  await EmbeddedServer.endAtOnce();
  process.stderr.write(`watcher: not stopped within ${STOP_WITHIN_MS / 1000} s; ended by force\n`);
  process.exit(1);
}

void endInTime();
try {
  await main();
  process.exit(0);
} catch (error) {
  // A stop signal during the start: whatever error the start ended with, the stop succeeded.
  if (error === signals.stopping.reason) process.exit(0);
  process.stderr.write(`watcher: ${explain(error)}\n`);
  process.exit(1);
}
