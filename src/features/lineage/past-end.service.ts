import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type EndedExecution, ExecutionEvents } from '../execution/execution.events.js';
import { ExecutionDatasetRepository } from './execution-dataset.repository.js';

/** An end that is younger than this is the present: what was reported just before it is right to that precision. */
const PRESENT_MS = 1000;

/**
 * Corrects when executions read and wrote that reported it while they ran, and then end in the past, as backfills do.
 * Ends in the present cost no statement.
 */
@Injectable()
export class PastEndService implements OnModuleInit {
  constructor(
    private readonly executionEvents: ExecutionEvents,
    private readonly reported: ExecutionDatasetRepository,
  ) {}

  onModuleInit(): void {
    this.executionEvents.ended.listen((manager, ended) => this.backdate(manager, ended));
  }

  private async backdate(manager: EntityManager, ended: readonly EndedExecution[]): Promise<void> {
    const present = Date.now() - PRESENT_MS;
    const past = ended.filter((execution) => execution.endDate.getTime() < present && isEndKnown(execution));
    if (past.length > 0) await this.reported.backdate(manager, past);
  }
}

/** A lost execution may have run on; the source of a restated one writes its datasets with each of its states. */
function isEndKnown({ status, isRestated }: EndedExecution): boolean {
  return status !== 'lost' && isRestated !== true;
}
