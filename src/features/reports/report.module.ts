import { Module } from '@nestjs/common';
import { PipelineModule } from '../pipeline/pipeline.module.js';
import { DayController } from './day.controller.js';
import { PipelineDayController } from './pipeline-day.controller.js';
import { DayRepository } from './day.repository.js';
import { DayService } from './day.service.js';

/** Reports by day. */
@Module({
  imports: [PipelineModule],
  controllers: [DayController, PipelineDayController],
  providers: [DayRepository, DayService],
  exports: [DayService],
})
export class ReportModule {}
