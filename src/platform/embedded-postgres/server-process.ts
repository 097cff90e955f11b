import type { ChildProcess } from 'node:child_process';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Installation } from './binaries.js';
import { connectionUrl, type Access } from './connection-url.js';
import type { DataFolder } from './data-folder.js';
import { EmbeddedServerError } from './embedded-server-error.js';
import { probe, type ServerState } from './server-probe.js';
import type { Launcher } from './launcher.js';
import { logSize, readLog, summarise } from './server-log.js';
import { serverArguments } from './server-settings.js';
import { sendSignal, WAYS_TO_STOP } from './signals.js';

/** The parameters of the server of one data folder, the same for each of its processes. */
export interface ServerSetup {
  readonly folder: DataFolder;
  readonly binaries: Installation;
  readonly launcher: Launcher;
  readonly settings: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

const POLL_MS = 20;
const SILENCE_MS = 30_000;
const WRONG_PASSWORD_MS = 3000;
const LONG_RECOVERY_MS = 2000;

/** One postmaster process, from start to exit. A restart uses a new instance. */
export class ServerProcess {
  /** Resolves with the way it ended, e.g. `signal SIGKILL`; never rejects. */
  readonly ended: Promise<string>;
  private end: string | undefined;

  private constructor(
    private readonly setup: ServerSetup,
    private readonly access: Access,
    private readonly child: ChildProcess,
    private readonly logOffset: number,
  ) {
    this.ended = new Promise((resolve) => {
      const settle = (end: string): void => {
        this.end ??= end;
        resolve(this.end);
      };
      child.once('error', (error) => settle(error.message));
      child.once('exit', (code, signal) => settle(signal === null ? `code ${code}` : `signal ${signal}`));
    });
  }

  static async spawn(setup: ServerSetup, access: Access): Promise<ServerProcess> {
    const { folder, launcher, binaries, settings } = setup;
    const offset = await logSize(folder.log);
    const log = await open(folder.log, 'a', 0o600);
    try {
      const args = serverArguments(folder.cluster, access.port, settings);
      const child = launcher.spawn(binaries.postgres, args, ['ignore', log.fd, log.fd], true);
      return new ServerProcess(setup, access, child, offset);
    } finally {
      await log.close();
    }
  }

  /**
   * Resolves when the server accepts connections. Crash recovery may take as long as it needs, but the server must
   * respond meanwhile. Rejects with the reason from the log if the server ends first, or when `signal` aborts.
   */
  async untilReady(signal: AbortSignal): Promise<ServerState> {
    const begun = Date.now();
    let heard = begun;
    let told = false;
    for (;;) {
      signal.throwIfAborted();
      const state = await probe(connectionUrl(this.access));
      if (this.end !== undefined) throw await this.failure(`ended with ${this.end}`);
      if (state === 'ready' || state === 'no-database') return state;
      const now = Date.now();
      if (state === 'starting') heard = now;
      if (state === 'starting' && !told && now - begun > LONG_RECOVERY_MS) {
        told = true;
        this.setup.log('the database recovers from a crash, which may take a while');
      }
      if (state === 'wrong-password' && now - begun > WRONG_PASSWORD_MS) throw this.wrongPassword();
      if (now - heard > SILENCE_MS) throw await this.failure(`did not answer for ${SILENCE_MS / 1000} s`);
      await sleep(POLL_MS);
    }
  }

  /**
   * Fast shutdown, followed by stronger means if that takes too long. Resolves when the process has ended; may be
   * called repeatedly.
   */
  async stop(): Promise<void> {
    for (const [signal, patience] of WAYS_TO_STOP) {
      const { pid } = this.child;
      if (this.end !== undefined || pid === undefined) return;
      await sendSignal(pid, signal, this.setup);
      await this.endedWithin(patience);
    }
  }

  private async endedWithin(milliseconds: number): Promise<void> {
    const waiting = new AbortController();
    const timeout = sleep(milliseconds, undefined, { signal: waiting.signal }).catch(() => undefined);
    await Promise.race([this.ended, timeout]);
    waiting.abort();
  }

  private async failure(what: string): Promise<EmbeddedServerError> {
    const { log, cluster } = this.setup.folder;
    const reason = summarise(await readLog(log, this.logOffset));
    return new EmbeddedServerError(`The embedded PostgreSQL in ${cluster} ${what}: ${reason} (more in ${log}).`);
  }

  private wrongPassword(): EmbeddedServerError {
    const { urlFile } = this.setup.folder;
    return new EmbeddedServerError(
      `The password in ${urlFile} is not that of the embedded database: delete this file, and the next start sets a new one.`,
    );
  }
}
