import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { JobModule } from '../jobs/job.module.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import { IdempotencyKeyEntity } from './idempotency-key.entity.js';
import { IdempotencyLedger } from './idempotency-ledger.js';
import { IdempotencySweepService } from './idempotency-sweep.service.js';
import { IdempotencyRepository } from './idempotency.repository.js';
import { IdempotencyService } from './idempotency.service.js';

/** Idempotent requests: a request sent twice takes effect once. */
@Module({
  imports: [JobModule, ObservabilityModule, TypeOrmModule.forFeature([IdempotencyKeyEntity])],
  providers: [IdempotencyLedger, IdempotencyRepository, IdempotencyService, IdempotencySweepService],
  exports: [IdempotencyService],
})
export class IdempotencyModule {}
