import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type EndedExecution, ExecutionEvents } from '../execution/execution.events.js';
import { WarningService } from '../monitoring/incidents/warning.service.js';

/** Resolves the incidents of slow executions with their ends. Only ends of executions that were slow look for one. */
@Injectable()
export class SlowEndService implements OnModuleInit {
  constructor(
    private readonly executionEvents: ExecutionEvents,
    private readonly warnings: WarningService,
  ) {}

  onModuleInit(): void {
    this.executionEvents.ended.listen((manager, ended) => this.resolve(manager, ended));
  }

  private async resolve(manager: EntityManager, ended: readonly EndedExecution[]): Promise<void> {
    const now = new Date();
    const slow = ended.filter(({ slowAt }) => slowAt !== null && slowAt <= now).map(({ id }) => id);
    if (slow.length > 0) await this.warnings.resolveEnded(manager, 'slow', slow, now);
  }
}
