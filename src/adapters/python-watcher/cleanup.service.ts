import { Injectable } from '@nestjs/common';
import { RetentionService } from '../../features/retention/retention.service.js';
import { Answer } from '../../platform/http/answer.js';
import { IdempotencyService } from '../../platform/idempotency/idempotency.service.js';
import type { CleanUpDto, CleanUpReportDto } from './cleanup.dto.js';

const DAY_MS = 86_400_000;
const DEFAULT_BATCH_SIZE = 10_000;
/** After that, the request is answered although old trees are left. */
const WITHIN_MS = 30_000;

/** The clean-up of the older service. */
@Injectable()
export class CleanUpService {
  constructor(
    private readonly retention: RetentionService,
    private readonly idempotency: IdempotencyService,
  ) {}

  /** 202 if old trees are left. Throws `CleanUpRunningError`. */
  cleanUp(request: CleanUpDto): Promise<Answer<CleanUpReportDto>> {
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    return this.idempotency.once(async (manager) => {
      const { executions, pairs, anomalies, isComplete } = await this.retention.cleanUpAlone(manager, {
        ages: {
          now: new Date(),
          before: new Date(today - request.retention_days * DAY_MS),
          failedBefore: null,
          keepLast: request.keep_last ?? 0,
        },
        batchSize: request.batch_size ?? DEFAULT_BATCH_SIZE,
        withinMs: WITHIN_MS,
      });
      const report: CleanUpReportDto = {
        total_pipeline_executions_deleted: executions,
        total_timeliness_pipeline_execution_logs_deleted: 0,
        total_anomaly_detection_results_deleted: anomalies,
        total_pipeline_execution_closure_parent_deleted: pairs,
        total_pipeline_execution_closure_child_deleted: 0,
        total_freshness_pipeline_logs_deleted: 0,
      };
      return isComplete ? Answer.found(report) : Answer.accepted(report);
    });
  }
}
