import { constants } from 'node:os';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/**
 * One Ctrl+C arrives several times: from the terminal, and again from npm, which hands on what the terminal has sent
 * to the whole group. A signal later than this is a person's second one.
 */
const ONE_STOP_MS = 2000;

/**
 * The signals to stop, heard from the moment this is made: one that comes during the start is obeyed too, since a
 * process that just ended would leave its database running.
 */
export class StopSignals {
  /** The first one; it asks for a stop in good order. */
  readonly first: Promise<NodeJS.Signals>;
  /** Aborted by the first one. */
  readonly stopping: AbortSignal;

  /** @param endAtOnce what to do, before the process ends, when a further signal comes after {@link ONE_STOP_MS} */
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

  /** The outcome of the work; or a rejection as soon as the first signal comes, and the work is left to itself. */
  async unlessStopped<T>(work: Promise<T>): Promise<T> {
    const stopped = this.first.then(() => Promise.reject(this.stopping.reason as Error));
    return Promise.race([work, stopped]);
  }
}
