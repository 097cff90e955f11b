import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectionUrl, type Access } from './connection-url.js';
import { readIfPresent } from './data-folder.js';
import { EmbeddedServerError } from './embedded-server-error.js';
import { probe, runSql } from './server-probe.js';
import type { ServerSetup } from './server-process.js';
import { isAlive, sendSignal, WAYS_TO_STOP } from './signals.js';

type Setup = Pick<ServerSetup, 'folder' | 'binaries' | 'launcher' | 'log'>;

const POLL_MS = 20;
const RECOVERY_MS = 10_000;

/**
 * Stops the processes that an earlier run left of this cluster's server: a whole server if the service was killed,
 * single backends if the postmaster was. Only the holder of the folder's lock may call this: for it, any other server
 * of this folder is an orphan.
 *
 * The pid in postmaster.pid proves nothing, since the system may have reused it for another process; no process is
 * signalled because of it alone.
 */
export async function stopOrphans(setup: Setup, access: Access | undefined): Promise<void> {
  const pidFile = join(setup.folder.cluster, 'postmaster.pid');
  const postmaster = Number.parseInt((await readIfPresent(pidFile)) ?? '', 10);
  const look = await lookout(setup.folder.cluster, postmaster, access);
  let left = look();
  if (left.length === 0) {
    // The pid now belongs to another program, and PostgreSQL would mistake it for a running server. If processes are
    // left after all, PostgreSQL still detects them by their shared memory and does not start.
    if (canSeeProcesses() && isAlive(postmaster)) await rm(pidFile, { force: true });
    return;
  }
  setup.log(`stopping the database that an earlier run left behind (pid ${left.join(', ')})`);
  for (const [signal, patience] of WAYS_TO_STOP) {
    // A postmaster shuts down its backends too; for a backend alone, SIGINT only means "cancel".
    if (signal === 'SIGINT' && !left.includes(postmaster)) continue;
    for (const pid of signal === 'SIGINT' ? [postmaster] : left) await sendSignal(pid, signal, setup);
    for (const until = Date.now() + patience; left.length > 0 && Date.now() < until; left = look()) {
      await sleep(POLL_MS);
    }
    if (left.length === 0) return;
  }
  throw new EmbeddedServerError(
    `An earlier run left PostgreSQL processes behind that cannot be stopped: end them first (pid ${left.join(', ')}).`,
  );
}

/** Returns a function that lists the living processes of the cluster's server, and no others. */
async function lookout(
  cluster: string,
  postmaster: number,
  access: Access | undefined,
): Promise<() => readonly number[]> {
  const folder = await stat(cluster).catch(() => undefined);
  if (folder === undefined) return () => [];
  if (canSeeProcesses()) return () => processesIn(folder);
  const ours = await isServerOf(cluster, postmaster, access);
  return () => (ours && isAlive(postmaster) ? [postmaster] : []);
}

/** Linux shows the working folder of each process; a process of PostgreSQL stays in the folder of its cluster. */
function canSeeProcesses(): boolean {
  return process.platform === 'linux' && existsSync('/proc/self/cwd');
}

function processesIn(folder: { dev: number; ino: number }): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const { dev, ino } = statSync(`/proc/${pid}/cwd`);
        return dev === folder.dev && ino === folder.ino && readFileSync(`/proc/${pid}/comm`, 'utf8') === 'postgres\n';
      } catch {
        return false; // It has ended, or belongs to another user.
      }
    })
    .map(Number);
}

/**
 * On other systems this queries the server itself: only ours accepts our password, and it can read its own pid file.
 */
async function isServerOf(cluster: string, postmaster: number, access: Access | undefined): Promise<boolean> {
  const port = Number((await readIfPresent(join(cluster, 'postmaster.pid')))?.split('\n')[3]);
  if (access === undefined || !(port > 0)) return false;
  const url = connectionUrl({ ...access, port }, 'postgres');
  for (const until = Date.now() + RECOVERY_MS; isAlive(postmaster) && Date.now() < until; await sleep(POLL_MS)) {
    const state = await probe(url);
    if (state === 'ready') {
      return Number.parseInt(String(await runSql(url, "SELECT pg_read_file('postmaster.pid')")), 10) === postmaster;
    }
    if (state !== 'starting') return false;
  }
  return false;
}
