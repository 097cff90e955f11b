import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ExecutionEvents } from './execution.events.js';
import { ExecutionRepository } from './execution.repository.js';

/** Writes `anomaly_flags`, for the module that finds anomalies. */
@Injectable()
export class ExecutionFlagService {
  constructor(
    private readonly executions: ExecutionRepository,
    private readonly events: ExecutionEvents,
  ) {}

  /** Adds to the flags of executions, by id; in the caller's transaction. */
  async flag(manager: EntityManager, flags: ReadonlyMap<number, Record<string, boolean>>): Promise<void> {
    if (flags.size > 0) await this.events.changed.emit(manager, await this.executions.flagAnomalies(manager, flags));
  }
}
