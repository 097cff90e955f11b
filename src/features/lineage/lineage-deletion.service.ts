import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ExecutionEvents } from '../execution/execution.events.js';
import { ExecutionDatasetRepository } from './execution-dataset.repository.js';

/** Deletes what deleted executions reported, with them. The database deletes the edges of a pipeline with it. */
@Injectable()
export class LineageDeletionService implements OnModuleInit {
  constructor(
    private readonly events: ExecutionEvents,
    private readonly reported: ExecutionDatasetRepository,
  ) {}

  onModuleInit(): void {
    this.events.deleting.listen((manager, executions) =>
      this.reported.delete(
        manager,
        executions.map(({ id }) => id),
      ),
    );
  }
}
