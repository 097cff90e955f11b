import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ExecutionEvents } from '../../features/execution/execution.events.js';
import { OpenLineageRunRepository } from './receive/openlineage-run.repository.js';

/** Deletes what was heard of runs whose executions are deleted. */
@Injectable()
export class RunDeletionService implements OnModuleInit {
  constructor(
    private readonly events: ExecutionEvents,
    private readonly runs: OpenLineageRunRepository,
  ) {}

  onModuleInit(): void {
    this.events.deleting.listen((manager, executions) =>
      this.runs.deleteOfExecutions(
        manager,
        executions.map(({ id }) => id),
      ),
    );
  }
}
