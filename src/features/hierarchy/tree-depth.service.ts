import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DEPTHS_OF, HEIGHTS_OF, LINES_OF } from './tree-move.sql.js';

/** Where executions are in their trees; in the caller's transaction, under the tree lock. */
@Injectable()
export class TreeDepthService {
  /** The number of executions above each. */
  depthsOf(manager: EntityManager, ids: readonly number[]): Promise<Map<number, number>> {
    return byId(manager, DEPTHS_OF, ids);
  }

  /** Each with those above it, up to its root. */
  async linesOf(manager: EntityManager, ids: readonly number[]): Promise<number[][]> {
    if (ids.length === 0) return [];
    const rows = await manager.query<{ id: number; above: number }[]>(LINES_OF, [ids]);
    return [...Map.groupBy(rows, ({ id }) => id).values()].map((line) => line.map(({ above }) => above));
  }

  /** The number of levels below each. */
  heightsOf(manager: EntityManager, ids: readonly number[]): Promise<Map<number, number>> {
    return byId(manager, HEIGHTS_OF, ids);
  }
}

async function byId(manager: EntityManager, statement: string, ids: readonly number[]): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map();
  const rows = await manager.query<{ id: number; levels: number }[]>(statement, [ids]);
  return new Map(rows.map(({ id, levels }) => [id, levels]));
}
