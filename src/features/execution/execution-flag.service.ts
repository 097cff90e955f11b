import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ExecutionEntity } from './execution.entity.js';
import { ExecutionEvents } from './execution.events.js';
import { ExecutionRepository } from './execution.repository.js';

/** Writes `anomaly_flags`, for the module that finds anomalies. */
@Injectable()
export class ExecutionFlagService {
  constructor(
    private readonly executions: ExecutionRepository,
    private readonly events: ExecutionEvents,
  ) {}

  /** The execution; undefined if it does not exist. */
  find(manager: EntityManager, id: number): Promise<ExecutionEntity | undefined> {
    return this.executions.findById(manager, id);
  }

  /** Adds to the flags of executions, by id; in the caller's transaction. */
  async flag(manager: EntityManager, flags: ReadonlyMap<number, Record<string, boolean>>): Promise<void> {
    if (flags.size > 0) await this.events.changed.emit(manager, await this.executions.flagAnomalies(manager, flags));
  }
}
