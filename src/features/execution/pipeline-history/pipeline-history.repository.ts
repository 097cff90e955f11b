import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { FIND_SUCCESSES } from './pipeline-history.sql.js';
import type { MovesPosition, SuccessfulRun } from './watermark-moves.js';

/** Reads the executions from which the history of a pipeline follows. */
@Injectable()
export class PipelineHistoryRepository {
  /** The next successful executions, newest first; by ix_pipeline_execution_pipeline_succeeded. */
  findSuccesses(
    manager: EntityManager,
    pipelineId: number,
    { start, run }: MovesPosition,
    limit: number,
  ): Promise<SuccessfulRun[]> {
    return manager.query(FIND_SUCCESSES, [pipelineId, new Date(start), run, limit]);
  }
}
