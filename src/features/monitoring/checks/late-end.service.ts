import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ExecutionEvents } from '../../execution/execution.events.js';
import { CheckRepository } from './check.repository.js';

/** Records executions that ended after their deadline, together with their ends, for the next timeliness check. */
@Injectable()
export class LateEndService implements OnModuleInit {
  constructor(
    private readonly executionEvents: ExecutionEvents,
    private readonly checks: CheckRepository,
  ) {}

  onModuleInit(): void {
    this.executionEvents.ended.listen(async (manager, ended) => {
      const late = ended.filter((e) => e.deadline && e.endDate > e.deadline).map(({ id }) => id);
      if (late.length > 0) await this.checks.noteLateEnds(manager, late);
    });
  }
}
