import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ExecutionModule } from '../../features/execution/execution.module.js';
import { HierarchyModule } from '../../features/hierarchy/hierarchy.module.js';
import { LineageModule } from '../../features/lineage/lineage.module.js';
import { PipelineModule } from '../../features/pipeline/pipeline.module.js';
import { IdempotencyModule } from '../../platform/idempotency/idempotency.module.js';
import { ObservabilityModule } from '../../platform/observability/observability.module.js';
import { LeftRunService } from './left-run.service.js';
import { OpenLineageController } from './openlineage.controller.js';
import { OpenLineageJobEntity } from './openlineage-job.entity.js';
import { OpenLineageMetrics } from './receive/openlineage-metrics.js';
import { OpenLineageRunEntity } from './openlineage-run.entity.js';
import { OpenLineageService } from './openlineage.service.js';
import { DatasetWriterService } from './receive/dataset-writer.service.js';
import { JobWriterService } from './receive/job-writer.service.js';
import { OpenLineageRunRepository } from './receive/openlineage-run.repository.js';
import { ProgressWriterService } from './receive/progress-writer.service.js';
import { RunEffectsService } from './receive/run-effects.service.js';
import { RunFamilyService } from './receive/run-family.service.js';
import { RunWriterService } from './receive/run-writer.service.js';
import { RunSourceService } from './run-source.service.js';

/** Receives events of OpenLineage: its runs are executions, its jobs pipelines. */
@Module({
  imports: [
    ExecutionModule,
    HierarchyModule,
    IdempotencyModule,
    LineageModule,
    ObservabilityModule,
    PipelineModule,
    TypeOrmModule.forFeature([OpenLineageJobEntity, OpenLineageRunEntity]),
  ],
  controllers: [OpenLineageController],
  providers: [
    DatasetWriterService,
    JobWriterService,
    LeftRunService,
    OpenLineageMetrics,
    OpenLineageRunRepository,
    OpenLineageService,
    ProgressWriterService,
    RunEffectsService,
    RunFamilyService,
    RunSourceService,
    RunWriterService,
  ],
})
export class OpenLineageModule {}
