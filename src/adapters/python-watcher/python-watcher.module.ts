import { Module } from '@nestjs/common';
import { ReportModule } from '../../features/reports/report.module.js';
import { RetentionModule } from '../../features/retention/retention.module.js';
import { IdempotencyModule } from '../../platform/idempotency/idempotency.module.js';
import { CleanUpController } from './cleanup.controller.js';
import { CleanUpService } from './cleanup.service.js';
import { PageController } from './page.controller.js';
import { QueueController } from './queue.controller.js';
import { QueueService } from './queue.service.js';
import { ReportController } from './report.controller.js';
import { ReportService } from './report.service.js';

/** The endpoints of the older Python service, for its clients as they stand. They are deprecated. */
@Module({
  imports: [IdempotencyModule, ReportModule, RetentionModule],
  controllers: [CleanUpController, PageController, QueueController, ReportController],
  providers: [CleanUpService, QueueService, ReportService],
})
export class PythonWatcherModule {}
