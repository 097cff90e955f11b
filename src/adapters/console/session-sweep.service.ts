import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SessionService } from '../../platform/auth/session.service.js';
import { JobService } from '../../platform/jobs/job.service.js';

const EVERY_TEN_MINUTES = '*/10 * * * *';
const POLL_SECONDS = 30;
/** A sweep that takes longer counts as dead; the next one continues where it stopped. */
const EXPIRES_SECONDS = 300;

/** Deletes the sessions that have expired, in a scheduled job. */
@Injectable()
export class SessionSweepService implements OnModuleInit {
  constructor(
    private readonly jobs: JobService,
    private readonly sessions: SessionService,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: 'session-sweep',
      cron: EVERY_TEN_MINUTES,
      pollSeconds: POLL_SECONDS,
      options: { policy: 'exclusive', retryLimit: 0, expireInSeconds: EXPIRES_SECONDS, deleteAfterSeconds: 3600 },
      handle: (_data, signal) => this.sessions.sweep(signal),
    });
  }
}
