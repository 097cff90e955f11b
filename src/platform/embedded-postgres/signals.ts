import type { Binaries } from './binaries.js';
import { hasCode } from './embedded-server-error.js';
import type { Launcher } from './launcher.js';

/**
 * How a server is stopped, ever less politely, and how many milliseconds each way gets: fast shutdown, immediate
 * shutdown (crash recovery at the next start), and the end of all politeness. No committed row is lost by any.
 */
export const WAYS_TO_STOP = [
  ['SIGINT', 6000],
  ['SIGQUIT', 2000],
  ['SIGKILL', 2000],
] as const;

export type StopSignal = (typeof WAYS_TO_STOP)[number][0];

/** Sends a signal to a server process; one that is gone already is no error. */
export async function sendSignal(
  pid: number,
  signal: StopSignal,
  { launcher, binaries }: { launcher: Launcher; binaries: Binaries },
): Promise<void> {
  // Windows has no signals: PostgreSQL imitates them there, and only pg_ctl knows how.
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
    // Any other error than "no such process" means that there is one, though not ours.
    return !hasCode(error, 'ESRCH');
  }
}
