import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { type Config, readConfig } from './platform/config/config.js';
import { createApp } from './app/create-app.js';
import { EmbeddedServer } from './platform/embedded-postgres/embedded-server.js';
import { closeOnlyIdleConnections } from './platform/observability/idle-connections.js';
import { createLogger } from './platform/observability/logger.js';
import { ServiceState } from './platform/observability/service-state.js';
import { startTracing } from './platform/observability/tracing/tracing.js';
import { VERSION } from './platform/observability/version.js';
import { announce, explain } from './app/start-up.js';

/** How long after the signal to stop requests in flight may take; what takes longer is cut off. */
const STOP_WITHIN_MS = 7000;
const SWEEP_MS = 50;
/** How many clients may connect in the same moment, e.g. after a restart; of more, some wait a second and longer. */
const WAITING_CONNECTIONS = 4096;

/**
 * The first signal to stop. Listened for from the beginning: one that comes during the start is obeyed when the start is
 * over, since a process that just ended would leave its database running. The second one ends the process at once.
 */
const signalled = new Promise<NodeJS.Signals>((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
});

async function main(): Promise<void> {
  const config = readConfig();
  const logger = await createLogger(config);
  const tracing = await startTracing(config, VERSION);
  const embedded = config.databaseUrl === undefined ? await startEmbedded(config, logger) : undefined;
  try {
    const app = await createApp({ ...config, databaseUrl: embedded?.url ?? config.databaseUrl }, logger);
    closeOnlyIdleConnections(app.getHttpServer());
    await app.listen({ port: config.port, host: config.host, backlog: WAITING_CONNECTIONS });
    stopOnSignal(app, config, logger, async () => {
      await embedded?.stop();
      await tracing?.stop();
    });
    announce(config, app, embedded, logger);
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

function startEmbedded(config: Config, logger: Logger): Promise<EmbeddedServer> {
  return EmbeddedServer.start({ dataDir: config.dataDir, log: (line) => logger.info({ context: 'database' }, line) });
}

/**
 * SIGTERM: not ready at once; some time later, when load balancers have seen it, the listener closes, requests in
 * flight finish, connections close, exit 0. SIGINT comes from a person at a terminal, whom nobody balances.
 */
function stopOnSignal(
  app: NestFastifyApplication,
  config: Config,
  logger: Logger,
  afterwards: () => Promise<void>,
): void {
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    logger.info({ signal }, 'stopping');
    app.get(ServiceState, { strict: false }).stop();
    const server = app.getHttpServer();
    const cutOff = setTimeout(() => server.closeAllConnections(), STOP_WITHIN_MS);
    if (signal === 'SIGTERM') await sleep(config.drainSeconds * 1000);
    // A connection whose request has just been answered would stay open for the client's next one.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
    await app.close();
    clearTimeout(cutOff);
    clearInterval(sweep);
    await afterwards();
    process.exit(0);
  };
  signalled.then(stop).catch((error: unknown) => {
    logger.error({ err: error }, 'could not stop cleanly');
    process.exit(1);
  });
}

try {
  await main();
} catch (error) {
  process.stderr.write(`watcher: ${explain(error)}\n`);
  process.exit(1);
}
