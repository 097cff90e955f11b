import { constants } from 'node:os';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/**
 * One Ctrl+C arrives more than once: from the terminal, which signals the whole process group, and again from npm, which
 * forwards it. Only a signal later than this counts as a second request to stop.
 */
const ONE_STOP_MS = 2000;

/**
 * Handles the stop signals from its construction on, so that a signal during the start also stops the embedded
 * database; the default handler would leave it running.
 */
export class StopSignals {
  /** Resolves to the first signal, which starts a clean stop. */
  readonly first: Promise<NodeJS.Signals>;
  /** Aborted by the first signal. */
  readonly stopping: AbortSignal;

  /** @param endAtOnce runs before the process exits on a further signal later than {@link ONE_STOP_MS} */
  constructor(endAtOnce: () => Promise<void>) {
    const controller = new AbortController();
    this.stopping = controller.signal;
    this.first = new Promise((resolve) => {
      let firstAt: number | undefined;
      const hear = (signal: NodeJS.Signals): void => {
        if (firstAt === undefined) {
          firstAt = performance.now();
          controller.abort(new Error(`stopped by ${signal}`));
          resolve(signal);
        } else if (performance.now() - firstAt > ONE_STOP_MS) {
          void endAtOnce().finally(() => process.exit(128 + constants.signals[signal]));
        }
      };
      for (const signal of SIGNALS) process.on(signal, hear);
    });
  }

  /** Settles like `work`, or rejects on the first signal; the work is not cancelled. */
  async unlessStopped<T>(work: Promise<T>): Promise<T> {
    const stopped = this.first.then(() => Promise.reject(this.stopping.reason as Error));
    return Promise.race([work, stopped]);
  }
}
