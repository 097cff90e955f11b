import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ExecutionEvents } from '../execution/execution.events.js';
import { PipelineEvents } from '../pipeline/pipeline.events.js';
import { AnomalyRepository } from './anomaly.repository.js';

/** Deletes what is known of deleted executions and pipelines, with them. */
@Injectable()
export class AnomalyDeletionService implements OnModuleInit {
  constructor(
    private readonly executionEvents: ExecutionEvents,
    private readonly pipelineEvents: PipelineEvents,
    private readonly anomalies: AnomalyRepository,
  ) {}

  onModuleInit(): void {
    this.executionEvents.deleting.listen((manager, executions) =>
      this.anomalies.deleteOfExecutions(
        manager,
        executions.map(({ id }) => id),
      ),
    );
    this.pipelineEvents.deleting.listen((manager, pipelines) =>
      this.anomalies.deleteOfPipelines(
        manager,
        pipelines.map(({ pipelineId }) => pipelineId),
      ),
    );
  }
}
