import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DEPTHS_OF, HEIGHTS_OF } from './tree-move.sql.js';

/** How deep executions are in their trees; in the caller's transaction, under the tree lock. */
@Injectable()
export class TreeDepthService {
  /** The number of executions above each. */
  depthsOf(manager: EntityManager, ids: readonly number[]): Promise<Map<number, number>> {
    return byId(manager, DEPTHS_OF, ids);
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
