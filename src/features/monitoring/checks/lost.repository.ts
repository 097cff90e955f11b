import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SEVERITY_OF } from '../incidents/incident.entity.js';
import { COUNT_LOST_BELOW, OPEN_LOST, RESOLVE_ENDED, RESOLVE_LOST } from './lost.sql.js';

/** A tree with newly lost executions. */
export interface LostTree {
  readonly rootId: number;
  /** The number of newly lost executions. */
  readonly executions: number;
}

/** A tree whose root is among them. */
export interface LostRoot extends LostTree {
  readonly pipelineId: number;
  /** The last sign of life of the root. */
  readonly since: Date;
}

/** The statements about incidents of lost executions. Each runs inside the caller's transaction. */
@Injectable()
export class LostRepository {
  /** Opens an incident for each of the roots; returns the incidents. */
  open(manager: EntityManager, roots: readonly LostRoot[], now: Date): Promise<{ id: number; since: Date }[]> {
    const all = (field: keyof LostRoot): unknown[] => roots.map((root) => root[field]);
    return manager.query(OPEN_LOST, [
      now,
      all('rootId'),
      all('pipelineId'),
      all('since'),
      all('executions'),
      SEVERITY_OF.lost,
    ]);
  }

  /** Counts executions that were lost after their roots. */
  async countBelow(manager: EntityManager, trees: readonly LostTree[]): Promise<void> {
    const roots = trees.map(({ rootId }) => rootId);
    const counts = trees.map(({ executions }) => executions);
    await manager.query(COUNT_LOST_BELOW, [roots, counts]);
  }

  /** Resolves the incidents of pipelines that have succeeded since; returns the ids of the incidents. */
  resolve(manager: EntityManager, now: Date): Promise<number[]> {
    return idsOf(manager, RESOLVE_LOST, [now]);
  }

  /** Resolves the incidents of executions whose end was reported; returns the ids of the incidents. */
  resolveEnded(manager: EntityManager, executionIds: readonly number[], now: Date): Promise<number[]> {
    return idsOf(manager, RESOLVE_ENDED, [executionIds, now]);
  }
}

async function idsOf(manager: EntityManager, statement: string, parameters: readonly unknown[]): Promise<number[]> {
  const [rows]: [{ id: number }[], number] = await manager.query(statement, [...parameters]);
  return rows.map(({ id }) => id);
}
