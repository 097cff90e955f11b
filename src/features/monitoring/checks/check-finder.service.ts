import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ExecutionDeadlineService } from '../../execution/execution-deadline.service.js';
import { type Check, CheckRepository, type Findings } from './check.repository.js';
import { LostService } from './lost.service.js';
import { MissedService } from './missed.service.js';

/** How far back a start may have missed a changed threshold because the two overlapped; starts take far less. */
const OVERLAP_MS = 60 * 60 * 1000;

/** Opens and resolves the incidents of each kind of check, in the caller's transaction. */
@Injectable()
export class CheckFinderService {
  constructor(
    private readonly checks: CheckRepository,
    private readonly deadlines: ExecutionDeadlineService,
    private readonly lost: LostService,
    private readonly missed: MissedService,
  ) {}

  /** One check of a kind runs at a time, across all replicas. */
  async find(manager: EntityManager, check: Check, now: Date): Promise<Findings> {
    await this.checks.lock(manager, check);
    switch (check) {
      case 'freshness':
        return this.checks.freshness(manager, now);
      case 'timeliness':
        await this.deadlines.settle(manager, new Date(now.getTime() - OVERLAP_MS));
        return this.checks.timeliness(manager, now);
      case 'lost':
        return this.lost.find(manager, now);
      case 'missed':
        return this.missed.find(manager, now);
    }
  }
}
