import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ExecutionEntity } from '../execution.entity.js';
import { FIND_LAST_SUCCESSES, FIND_SERIES } from './pipeline-series.sql.js';

/** An execution as a point of a series. */
export type SeriesPoint = Pick<
  ExecutionEntity,
  | 'id'
  | 'rootId'
  | 'startDate'
  | 'endDate'
  | 'completedSuccessfully'
  | 'status'
  | 'totalRows'
  | 'watermark'
  | 'nextWatermark'
>;

/** A success, as statistics see it. */
export type Success = Pick<ExecutionEntity, 'startDate' | 'totalRows'> & { readonly endDate: Date };

/** Reads the executions of one pipeline for charts. */
@Injectable()
export class PipelineSeriesRepository {
  /** See {@link FIND_SERIES}. */
  findSeries(
    manager: EntityManager,
    pipelineId: number,
    before: { readonly start: Date; readonly id: number },
    limit: number,
  ): Promise<SeriesPoint[]> {
    return manager.query(FIND_SERIES, [pipelineId, before.start, before.id, limit]);
  }

  /** See {@link FIND_LAST_SUCCESSES}. */
  findLastSuccesses(manager: EntityManager, pipelineId: number, limit: number): Promise<Success[]> {
    return manager.query(FIND_LAST_SUCCESSES, [pipelineId, limit]);
  }
}
