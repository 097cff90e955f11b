import type { Binaries } from './binaries.js';
import { hasCode } from './embedded-server-error.js';
import type { Launcher } from './launcher.js';

/**
 * The steps to stop a server, from mild to strong, and the milliseconds that each may take: fast shutdown, immediate
 * shutdown (crash recovery at the next start), and kill. No step loses a committed row.
 */
export const WAYS_TO_STOP = [
  ['SIGINT', 6000],
  ['SIGQUIT', 2000],
  ['SIGKILL', 2000],
] as const;

export type StopSignal = (typeof WAYS_TO_STOP)[number][0];

/** Signals a server process; one that has already ended is not an error. */
export async function sendSignal(
  pid: number,
  signal: StopSignal,
  { launcher, binaries }: { launcher: Launcher; binaries: Binaries },
): Promise<void> {
  // Windows has no signals: PostgreSQL emulates them there, and only pg_ctl can send them.
  if (process.platform === 'win32' && signal !== 'SIGKILL') {
    await launcher.run(binaries.pg_ctl, ['kill', signal.slice(3), String(pid)]);
    return;
  }
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Any error other than "no such process" means that the process exists, though it is not ours.
    return !hasCode(error, 'ESRCH');
  }
}
