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

/** How long after the signal to stop requests in flight may take; what takes longer is cut off. */
const CUT_OFF_AFTER_MS = 7000;
/** How long after it the connections to the database may take to close; what somebody's lock holds up is left then. */
const CLOSE_WITHIN_MS = 8000;
/** How long after it everything may take; then the process ends, and its database with it. */
const STOP_WITHIN_MS = 9500;
const SWEEP_MS = 50;
/** How many clients may connect in the same moment, e.g. after a restart; of more, some wait a second and longer. */
const WAITING_CONNECTIONS = 4096;

const signals = new StopSignals(() => EmbeddedServer.endAtOnce());
// A terminal that was closed takes no more output; the service stops in good order all the same.
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
 * SIGTERM: not ready at once; some time later, when load balancers have seen it, the listener closes, requests in
 * flight finish, connections close. The other signals come from a terminal, whose service nobody balances.
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
  // A connection whose request has just been answered would stay open for the client's next one.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  await Promise.race([app.close(), timeIsUp]);
  clearTimeout(cutOff);
  clearInterval(sweep);
}

/** Ends what does not end by itself in time. */
async function endInTime(): Promise<void> {
  await signals.first;
  await sleep(STOP_WITHIN_MS, undefined, { ref: false });
  await EmbeddedServer.endAtOnce();
  process.stderr.write(`watcher: it did not stop within ${STOP_WITHIN_MS / 1000} s and was ended\n`);
  process.exit(1);
}

void endInTime();
try {
  await main();
  process.exit(0);
} catch (error) {
  // A start that was told to stop has stopped, whatever it died of.
  if (error === signals.stopping.reason) process.exit(0);
  process.stderr.write(`watcher: ${explain(error)}\n`);
  process.exit(1);
}
