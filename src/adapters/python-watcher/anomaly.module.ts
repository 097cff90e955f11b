import { Module } from '@nestjs/common';
import { AnomalyRecordsModule } from '../../features/anomalies/anomaly-records.module.js';
import { ExecutionModule } from '../../features/execution/execution.module.js';
import { IdempotencyModule } from '../../platform/idempotency/idempotency.module.js';
import { PythonAnomalyController } from './anomaly-rule.controller.js';
import { PythonAnomalyService } from './anomaly-rule.service.js';

/** The anomaly rules of the older service. */
@Module({
  imports: [AnomalyRecordsModule, ExecutionModule, IdempotencyModule],
  controllers: [PythonAnomalyController],
  providers: [PythonAnomalyService],
})
export class PythonAnomalyModule {}
