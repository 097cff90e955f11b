import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ExecutionModule } from '../execution/execution.module.js';
import { PipelineDayEntity } from './pipeline-day.entity.js';
import { RetentionRepository } from './retention.repository.js';
import { RetentionService } from './retention.service.js';

/** The deletion of old trees, and the sums of their days, which stay. */
@Module({
  imports: [ExecutionModule, TypeOrmModule.forFeature([PipelineDayEntity])],
  providers: [RetentionRepository, RetentionService],
  exports: [RetentionService],
})
export class RetentionModule {}
