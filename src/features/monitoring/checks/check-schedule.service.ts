import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CONFIG, type Config } from '../../../platform/config/config.js';
import { JobService } from '../../../platform/jobs/job.service.js';
import { CHECKS } from './check.repository.js';
import { CheckService } from './check.service.js';

/** A check without a heartbeat for this many seconds has died with its replica, and the next may run. */
const EXPIRES_SECONDS = 120;

/** Runs the checks by `WATCHER_CHECK_CRON`, on one replica at a time. */
@Injectable()
export class CheckScheduleService implements OnModuleInit {
  constructor(
    private readonly jobs: JobService,
    private readonly checks: CheckService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'checkCron'>,
  ) {}

  onModuleInit(): void {
    if (!this.config.checkCron) return;
    this.jobs.register({
      name: 'check',
      cron: this.config.checkCron,
      pollSeconds: 3,
      // At most one is queued or active among all replicas. It is not repeated after a failure: the schedule adds the
      // next one.
      options: { policy: 'exclusive', retryLimit: 0, expireInSeconds: EXPIRES_SECONDS, deleteAfterSeconds: 3600 },
      handle: () => this.runAll(),
    });
  }

  /** If one check fails, the other still runs. */
  private async runAll(): Promise<void> {
    const errors: unknown[] = [];
    for (const check of CHECKS) {
      try {
        await this.checks.run(check);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'a check failed');
  }
}
