import type { Ends } from './ends.js';
import type { Outbox } from './outbox.js';
import type { Run } from './run.js';
import type { Settings } from './settings.js';
import { type Transport, WatcherError } from './transport.js';

/** How often what waits is sent, where there are no heartbeats. */
const TICK_MS = 30_000;

/** Sends heartbeats and what waits, at each tick of a timer that runs while there are any and keeps no process alive. */
export class Pulse {
  /** Runs whose end was not told, by their own ids. */
  readonly open = new Map<string, Run>();
  private timer: ReturnType<typeof setInterval> | undefined;
  private isTicking = false;

  constructor(
    private readonly settings: Settings,
    private readonly transport: Transport,
    private readonly outbox: Outbox,
    private readonly ends: Ends,
  ) {}

  keepTicking(): void {
    if (this.timer !== undefined) return;
    this.timer = setInterval(() => void this.tick(), this.settings.heartbeatMs || TICK_MS);
    (this.timer as { unref?: () => void }).unref?.();
  }

  private async tick(): Promise<void> {
    if (this.isTicking) return;
    if (this.open.size === 0 && this.ends.isIdle && this.outbox.isEmpty) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    this.isTicking = true;
    await this.outbox.drain(this.settings.timeoutMs);
    if (this.settings.heartbeatMs > 0) await this.beat();
    this.isTicking = false;
  }

  /** Stops at the first heartbeat that does not get through: the service is away. */
  private async beat(): Promise<void> {
    for (const run of this.open.values()) {
      if (run.id === undefined || run.isSilent) continue;
      const request = { body: { id: run.id, ...run.lastProgress }, idempotencyKey: false as const };
      try {
        await this.transport.send('/heartbeat', request, { until: Date.now() + this.settings.timeoutMs, tries: 1 });
      } catch (error) {
        if (!(error instanceof WatcherError) || error.isTemporary || error.isMendable) return;
        run.isSilent = true; // 409: it has ended
      }
    }
  }
}
