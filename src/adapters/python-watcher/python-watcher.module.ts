import { Module } from '@nestjs/common';
import { LineageModule } from '../../features/lineage/lineage.module.js';
import { ReportModule } from '../../features/reports/report.module.js';
import { RetentionModule } from '../../features/retention/retention.module.js';
import { IdempotencyModule } from '../../platform/idempotency/idempotency.module.js';
import { AddressLineageController } from './address-lineage.controller.js';
import { AddressLineageService } from './address-lineage.service.js';
import { AddressTypeController } from './address-type.controller.js';
import { AddressController } from './address.controller.js';
import { PythonAnomalyModule } from './anomaly.module.js';
import { CleanUpController } from './cleanup.controller.js';
import { CleanUpService } from './cleanup.service.js';
import { PageController } from './page.controller.js';
import { QueueController } from './queue.controller.js';
import { QueueService } from './queue.service.js';
import { ReportController } from './report.controller.js';
import { ReportService } from './report.service.js';

/** The endpoints of the older Python service, for its clients as they stand. They are deprecated. */
@Module({
  imports: [IdempotencyModule, LineageModule, PythonAnomalyModule, ReportModule, RetentionModule],
  controllers: [
    AddressController,
    AddressLineageController,
    AddressTypeController,
    CleanUpController,
    PageController,
    QueueController,
    ReportController,
  ],
  providers: [AddressLineageService, CleanUpService, QueueService, ReportService],
})
export class PythonWatcherModule {}
