import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ExecutionEvents } from '../../execution/execution.events.js';
import { PipelineEvents } from '../../pipeline/pipeline.events.js';
import { IncidentRepository } from './incident.repository.js';

/** Deletes the incidents of deleted executions and pipelines, with them. */
@Injectable()
export class IncidentDeletionService implements OnModuleInit {
  constructor(
    private readonly executionEvents: ExecutionEvents,
    private readonly pipelineEvents: PipelineEvents,
    private readonly incidents: IncidentRepository,
  ) {}

  onModuleInit(): void {
    this.executionEvents.deleting.listen((manager, executions) =>
      this.incidents.deleteOfExecutions(
        manager,
        executions.map(({ id }) => id),
      ),
    );
    this.pipelineEvents.deleting.listen((manager, pipelines) =>
      this.incidents.deleteOfPipelines(
        manager,
        pipelines.map(({ pipelineId }) => pipelineId),
      ),
    );
  }
}
