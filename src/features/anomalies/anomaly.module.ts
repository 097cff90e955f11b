import { Module } from '@nestjs/common';
import { IdempotencyModule } from '../../platform/idempotency/idempotency.module.js';
import { JobModule } from '../../platform/jobs/job.module.js';
import { ExecutionModule } from '../execution/execution.module.js';
import { IncidentModule } from '../monitoring/incidents/incident.module.js';
import { PipelineModule } from '../pipeline/pipeline.module.js';
import { AnomalyController } from './anomaly.controller.js';
import { AnomalyRecordsModule } from './anomaly-records.module.js';
import { AnomalyService } from './anomaly.service.js';
import { ExpectationRepository } from './expectation.repository.js';
import { ExpectationService } from './expectation.service.js';
import { JudgingQueueService } from './judging-queue.service.js';
import { JudgingService } from './judging.service.js';
import { PipelineExpectationService } from './pipeline-expectation.service.js';
import { SlowEndService } from './slow-end.service.js';
import { SlowRepository } from './slow.repository.js';
import { SlowService } from './slow.service.js';
import { UsualValuesService } from './usual-values.service.js';
import { VerdictService } from './verdict.service.js';

/** Compares runs with the earlier ones of their pipeline: unusual values after the end, slow executions while they run. */
@Module({
  imports: [AnomalyRecordsModule, ExecutionModule, IdempotencyModule, IncidentModule, JobModule, PipelineModule],
  controllers: [AnomalyController],
  providers: [
    AnomalyService,
    ExpectationRepository,
    ExpectationService,
    JudgingQueueService,
    JudgingService,
    PipelineExpectationService,
    SlowEndService,
    SlowRepository,
    SlowService,
    UsualValuesService,
    VerdictService,
  ],
})
export class AnomalyModule {}
