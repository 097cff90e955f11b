import { WatcherError } from './transport.js';

/** How long the service counts as away after it could not be reached. Meanwhile hardly anything waits for it. */
const AWAY_MS = 10_000;
/** How long nothing tries to reach it. */
const REST_MS = 2000;

/** What is known of whether the service can be reached, and what the user is told of it. */
export class Availability {
  private failedAt = 0;
  private lastWarning = '';

  constructor(private readonly listener: ((message: string) => void) | undefined) {}

  get isAway(): boolean {
    return Date.now() - this.failedAt < AWAY_MS;
  }

  /** Whether it failed only just now, so that another try is hopeless. */
  get hasJustFailed(): boolean {
    return Date.now() - this.failedAt < REST_MS;
  }

  /** The service has taken a report. */
  noteSuccess(): void {
    this.failedAt = 0;
    this.lastWarning = '';
  }

  /** Whether a report that failed with this error is worth keeping. */
  isLate(error: unknown): boolean {
    if (!(error instanceof WatcherError) || !(error.isTemporary || error.isMendable)) return false;
    this.warn(`${error.message}; reports wait until the service takes them`);
    if (error.isTemporary) this.failedAt = Date.now();
    return true;
  }

  /** Says the same thing once until something else happens. */
  warn(message: string): void {
    if (message === this.lastWarning) return;
    this.lastWarning = message;
    try {
      if (this.listener) this.listener(message);
      // oxlint-disable-next-line no-console -- a library has no log of its own
      else console.warn(`watcher: ${message}`);
    } catch {
      // A log that throws must not break the job.
    }
  }
}
