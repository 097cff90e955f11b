import { Module } from '@nestjs/common';
import { IdempotencyModule } from '../../platform/idempotency/idempotency.module.js';
import { ExecutionModule } from '../execution/execution.module.js';
import { PipelineModule } from '../pipeline/pipeline.module.js';
import { BatchController } from './batch.controller.js';
import { BatchOperationsService } from './batch-operations.service.js';
import { BatchService } from './batch.service.js';
import { BatchSubjectsService } from './batch-subjects.service.js';

/** Many reports in one request. */
@Module({
  imports: [ExecutionModule, IdempotencyModule, PipelineModule],
  controllers: [BatchController],
  providers: [BatchOperationsService, BatchService, BatchSubjectsService],
})
export class BatchModule {}
