import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IdempotencyModule } from '../../platform/idempotency/idempotency.module.js';
import { ExecutionModule } from '../execution/execution.module.js';
import { IncidentModule } from '../monitoring/incidents/incident.module.js';
import {
  AnomalyEntity,
  AnomalyEpisodeEntity,
  AnomalyRuleEntity,
  ExecutionToJudgeEntity,
  PipelineExpectationEntity,
} from './anomaly.entity.js';
import { AnomalyRuleRepository } from './anomaly-rule.repository.js';
import { AnomalyRuleService } from './anomaly-rule.service.js';
import { AnomalyRepository } from './anomaly.repository.js';
import { DismissalService } from './dismissal.service.js';
import { JudgingRepository } from './judging.repository.js';

/** What is stored about anomalies: rules and dismissals, for the endpoints of the older service. It judges nothing. */
@Module({
  imports: [
    ExecutionModule,
    IdempotencyModule,
    IncidentModule,
    TypeOrmModule.forFeature([
      AnomalyEntity,
      AnomalyEpisodeEntity,
      AnomalyRuleEntity,
      ExecutionToJudgeEntity,
      PipelineExpectationEntity,
    ]),
  ],
  providers: [AnomalyRepository, AnomalyRuleRepository, AnomalyRuleService, DismissalService, JudgingRepository],
  exports: [AnomalyRepository, AnomalyRuleService, DismissalService, JudgingRepository],
})
export class AnomalyRecordsModule {}
