import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { FIND_GREATEST, FIND_SUCCESSES } from './pipeline-history.sql.js';
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
  ): Promise<Omit<SuccessfulRun, 'isForward'>[]> {
    return manager.query(FIND_SUCCESSES, [pipelineId, new Date(start), run, limit]);
  }

  /** See {@link FIND_GREATEST}. */
  async findGreatest(
    manager: EntityManager,
    pipelineId: number,
    { start, run }: MovesPosition,
    since: Date | null,
    limit: number,
  ): Promise<string | null> {
    const values = [pipelineId, new Date(start), run, since, limit];
    const [row] = await manager.query<{ watermark: string | null }[]>(FIND_GREATEST, values);
    return row?.watermark ?? null;
  }
}
