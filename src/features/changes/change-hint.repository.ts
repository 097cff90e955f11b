import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Moment } from './change-cursor.js';
import { DELETE_OLD_HINTS, FIND_HINTS, FIND_SNAPSHOT, FIND_TREE_HINTS } from './change-hint.sql.js';

/** What was committed after a moment, and the moment of the answer. */
export interface Hints extends Moment {
  /** The number of transactions. */
  readonly hints: number;
  /** Whether anything may have changed. */
  readonly everything: boolean;
  readonly incidents: boolean;
  readonly roots: readonly number[];
  readonly pipelines: readonly number[];
}

/** The same for one tree. */
export interface TreeHints extends Moment {
  readonly hints: number;
  readonly everything: boolean;
  /** Executions that changed, some of other trees. */
  readonly executions: readonly number[];
}

/** Reads hints; {@link ChangeLog} writes them. */
@Injectable()
export class ChangeHintRepository {
  async findMoment(manager: EntityManager): Promise<Moment> {
    return only<Moment>(await manager.query(FIND_SNAPSHOT));
  }

  /** See {@link FIND_HINTS}; at most `most` roots and pipelines. */
  async findHints(manager: EntityManager, { snapshot, at }: Moment, most: number): Promise<Hints> {
    return only<Hints>(await manager.query(FIND_HINTS, [snapshot, new Date(at), most]));
  }

  /** See {@link FIND_TREE_HINTS}. */
  async findTreeHints(manager: EntityManager, { snapshot, at }: Moment, rootId: number): Promise<TreeHints> {
    return only<TreeHints>(await manager.query(FIND_TREE_HINTS, [snapshot, new Date(at), [rootId]]));
  }

  /** See {@link DELETE_OLD_HINTS}; returns how many there were. */
  async deleteOld(manager: EntityManager, limit: number): Promise<number> {
    const [, deleted]: [unknown, number] = await manager.query(DELETE_OLD_HINTS, [limit]);
    return deleted;
  }
}

function only<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Error('a statement that always has one row had none');
  return row;
}
