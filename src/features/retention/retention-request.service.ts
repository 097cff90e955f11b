import { Injectable } from '@nestjs/common';
import { Answer } from '../../platform/http/answer.js';
import { IdempotencyService } from '../../platform/idempotency/idempotency.service.js';
import type { RetentionDto, RetentionReportDto } from './retention.dto.js';
import { toRetentionDto } from './retention.mapper.js';
import { RetentionRunService } from './retention-run.service.js';
import { RetentionScheduleService } from './retention-schedule.service.js';

/** Answers requests about the deletion by age. */
@Injectable()
export class RetentionRequestService {
  constructor(
    private readonly runs: RetentionRunService,
    private readonly schedule: RetentionScheduleService,
    private readonly idempotency: IdempotencyService,
  ) {}

  /** The settings and the last run. */
  async show(): Promise<RetentionDto> {
    return toRetentionDto(this.runs.settings, await this.runs.state());
  }

  /** 202: a run begins in a moment. */
  run(): Promise<Answer<RetentionReportDto>> {
    return this.idempotency.once(async (manager) => {
      await this.schedule.request(manager);
      return Answer.accepted({ dry_run: false, trees: null, executions: null, is_complete: null });
    });
  }

  /** Counts what a run would delete. */
  async dryRun(): Promise<Answer<RetentionReportDto>> {
    // Outside of the transaction of the answer, because it may take a while.
    const { trees, executions, isComplete } = await this.runs.dryRun();
    return this.idempotency.once(async () =>
      Answer.found({ dry_run: true, trees, executions, is_complete: isComplete }),
    );
  }
}
