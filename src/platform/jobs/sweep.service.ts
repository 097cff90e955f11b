import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CONFIG, type Config } from '../config/config.js';
import { JobService } from './job.service.js';

const POLL_SECONDS = 30;
/** A sweep that takes longer counts as dead; the next one continues where it stopped. */
const EXPIRES_SECONDS = 300;

/** Sweeps of rows that are too old, each a job of its own, by `WATCHER_RETENTION_CRON` and on request. */
@Injectable()
export class SweepService {
  private readonly names: string[] = [];

  constructor(
    private readonly jobs: JobService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'retentionCron'>,
  ) {}

  /** Call this while the modules are initialised. `sweep` deletes what is too old, until `signal` aborts. */
  register(name: string, sweep: (signal: AbortSignal) => Promise<void>): void {
    this.names.push(name);
    this.jobs.register({
      name,
      ...(this.config.retentionCron !== null && { cron: this.config.retentionCron }),
      pollSeconds: POLL_SECONDS,
      options: { policy: 'exclusive', retryLimit: 0, expireInSeconds: EXPIRES_SECONDS, deleteAfterSeconds: 3600 },
      handle: (_data, signal) => sweep(signal),
    });
  }

  /** Asks for all of them, in the caller's transaction; they begin a moment after the commit, on any replica. */
  async request(manager: EntityManager): Promise<void> {
    for (const name of this.names) await this.jobs.add(manager, name, [{ data: {} }]);
  }
}
