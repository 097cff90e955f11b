import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IdempotencyModule } from '../../platform/idempotency/idempotency.module.js';
import { ChangeModule } from '../changes/change.module.js';
import { ExecutionModule } from '../execution/execution.module.js';
import { IncidentModule } from '../monitoring/incidents/incident.module.js';
import { PipelineModule } from '../pipeline/pipeline.module.js';
import { AddressAliasEntity, AddressEdgeEntity, PipelineLineageEntity } from './address-edge.entity.js';
import { AddressEntity } from './address.entity.js';
import { AddressRepository } from './address.repository.js';
import { AddressService } from './address.service.js';
import { AddressTypeEntity } from './address-type.entity.js';
import { AddressTypeRepository } from './address-type.repository.js';
import { AddressTypeService } from './address-type.service.js';
import { DatasetController } from './dataset.controller.js';
import { DatasetUseService } from './dataset-use.service.js';
import { ExecutionDatasetEntity } from './execution-dataset.entity.js';
import { ExecutionDatasetRepository } from './execution-dataset.repository.js';
import { IncidentImpactSourceService } from './incident-impact-source.service.js';
import { ImpactService } from './impact.service.js';
import { LineageDeclarationService } from './lineage-declaration.service.js';
import { EdgeSweepService } from './edge-sweep.service.js';
import { JobModule } from '../../platform/jobs/job.module.js';
import { LineageRepository } from './lineage.repository.js';
import { LineageWalkService } from './lineage-walk.service.js';
import { PastEndService } from './past-end.service.js';
import { PipelineLineageController } from './pipeline-lineage.controller.js';
import { PipelineLineageService } from './pipeline-lineage.service.js';
import { RunIntakeRepository } from './run-intake.repository.js';
import { RunIntakeService } from './run-intake.service.js';
import { RunLineageController } from './run-lineage.controller.js';
import { RunLineageService } from './run-lineage.service.js';
import { RunQuestionsService } from './run-questions.service.js';
import { RunReportService } from './run-report.service.js';

/** Datasets, which pipelines read and write them, and which executions did. */
@Module({
  imports: [
    ChangeModule,
    ExecutionModule,
    IdempotencyModule,
    IncidentModule,
    JobModule,
    PipelineModule,
    TypeOrmModule.forFeature([
      AddressAliasEntity,
      AddressEdgeEntity,
      AddressEntity,
      AddressTypeEntity,
      ExecutionDatasetEntity,
      PipelineLineageEntity,
    ]),
  ],
  controllers: [DatasetController, PipelineLineageController, RunLineageController],
  providers: [
    AddressRepository,
    AddressService,
    AddressTypeRepository,
    AddressTypeService,
    DatasetUseService,
    EdgeSweepService,
    ExecutionDatasetRepository,
    ImpactService,
    IncidentImpactSourceService,
    LineageDeclarationService,
    LineageRepository,
    LineageWalkService,
    PastEndService,
    PipelineLineageService,
    RunIntakeRepository,
    RunIntakeService,
    RunLineageService,
    RunQuestionsService,
    RunReportService,
  ],
  exports: [AddressService, AddressTypeService, LineageDeclarationService, LineageWalkService, RunIntakeService],
})
export class LineageModule {}
