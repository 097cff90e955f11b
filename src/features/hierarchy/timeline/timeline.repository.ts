import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ExecutionEntity } from '../../execution/execution.entity.js';
import { FIND_AMONG, FIND_BARS, FIND_BELOW, FIND_USUAL } from './timeline.sql.js';

/** The place of an execution in a tree: 0 levels below the top is the top itself. */
export interface Place {
  readonly id: number;
  readonly depth: number;
}

/** What is drawn of an execution. */
export type Bar = Pick<
  ExecutionEntity,
  | 'id'
  | 'parentId'
  | 'pipelineId'
  | 'startDate'
  | 'endDate'
  | 'status'
  | 'completedSuccessfully'
  | 'totalRows'
  | 'deadline'
>;

/** Reads trees for a timeline. */
@Injectable()
export class TimelineRepository {
  /** See {@link FIND_BELOW}. */
  findBelow(manager: EntityManager, id: number, maxDepth: number, limit: number): Promise<Place[]> {
    return manager.query(FIND_BELOW, [id, maxDepth, limit]);
  }

  /** See {@link FIND_AMONG}. */
  findAmong(manager: EntityManager, id: number, maxDepth: number, ids: readonly number[]): Promise<Place[]> {
    return manager.query(FIND_AMONG, [id, maxDepth, ids]);
  }

  /** In the order of the places; executions that were deleted meanwhile are left out. */
  async findBars(manager: EntityManager, places: readonly Place[]): Promise<Bar[]> {
    const bars: Bar[] = await manager.query(FIND_BARS, [places.map(({ id }) => id)]);
    const byId = new Map(bars.map((bar) => [bar.id, bar]));
    return places.flatMap(({ id }) => byId.get(id) ?? []);
  }

  /** The usual durations of pipelines in milliseconds, by id; null without a success. */
  async findUsual(manager: EntityManager, ids: readonly number[]): Promise<Map<number, number | null>> {
    if (ids.length === 0) return new Map();
    const rows = await manager.query<{ id: number; usualMs: number | null }[]>(FIND_USUAL, [ids]);
    return new Map(rows.map(({ id, usualMs }) => [id, usualMs]));
  }
}
