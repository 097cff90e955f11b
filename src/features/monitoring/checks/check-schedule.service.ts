import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CONFIG, type Config } from '../../../platform/config/config.js';
import { JobService } from '../../../platform/jobs/job.service.js';
import { CHECKS } from './check.repository.js';
import { CheckService } from './check.service.js';

/** Seconds after which a check that says nothing any more has died with its replica, and the next may run. */
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
      // One queued or active among all replicas. Not repeated when it fails: the next one comes by itself.
      options: { policy: 'exclusive', retryLimit: 0, expireInSeconds: EXPIRES_SECONDS, deleteAfterSeconds: 3600 },
      handle: () => this.runAll(),
    });
  }

  /** One check that fails doesn't keep the other from running. */
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
