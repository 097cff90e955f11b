import { Injectable, type OnModuleInit } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { SweepService } from '../../platform/jobs/sweep.service.js';
import { LineageRepository } from './lineage.repository.js';

const DAY_MS = 86_400_000;
const SEEN_WITHIN_DAYS = 400;
const BATCH = 1000;

/** Deletes edges that nobody declares and no run has shown for 400 days. */
@Injectable()
export class EdgeSweepService implements OnModuleInit {
  constructor(
    private readonly sweeps: SweepService,
    private readonly transactions: TransactionRunner,
    private readonly lineage: LineageRepository,
  ) {}

  onModuleInit(): void {
    this.sweeps.register('edge-sweep', (signal) => this.sweep(signal));
  }

  /** Deletes what is too old now. */
  async sweep(signal: AbortSignal): Promise<void> {
    const before = new Date(Date.now() - SEEN_WITHIN_DAYS * DAY_MS);
    for (let deleted = BATCH; deleted === BATCH && !signal.aborted;) {
      deleted = await this.transactions.run((manager) => this.lineage.deleteUnseen(manager, before, BATCH));
    }
  }
}
