import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 60_000;

/** Retries until the attempt no longer throws; for conditions that become true soon, but not at once. */
export async function eventually<T>(attempt: () => T | Promise<T>): Promise<T> {
  for (const until = Date.now() + PATIENCE_MS; ; await sleep(20)) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
}
