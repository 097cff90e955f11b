import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { JobModule } from '../../platform/jobs/job.module.js';
import { ChangeHintEntity } from './change-hint.entity.js';
import { ChangeHintRepository } from './change-hint.repository.js';
import { ChangeLog } from './change-log.js';
import { ChangeController } from './change.controller.js';
import { ChangeService } from './change.service.js';

/** What each transaction changed, for pages that ask what is new. */
@Module({
  imports: [JobModule, TypeOrmModule.forFeature([ChangeHintEntity])],
  controllers: [ChangeController],
  providers: [ChangeHintRepository, ChangeLog, ChangeService],
  exports: [ChangeLog, ChangeService],
})
export class ChangeModule {}
