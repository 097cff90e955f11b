import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { writtenMeanwhile } from '../../platform/database/database-errors.js';
import { insertWithSubscribers } from '../../platform/database/insert-with-subscribers.js';
import { ExecutionEntity } from './execution.entity.js';
import type { NewExecution } from './execution-start.repository.js';
import {
  COUNT_EXPECTED,
  FILL_EXPECTED,
  FORGET_EXPECTED,
  INSERT_EXPECTED,
  LOCK_EXPECTED,
  NOTE_EXPECTED,
  SHRINK_EXPECTED,
  STRETCH_EXPECTED,
} from './expected-execution.sql.js';

/** An expected execution to insert, with its id already assigned. */
export type NewExpectedExecution = Pick<
  ExecutionEntity,
  'id' | 'parentId' | 'rootId' | 'pipelineId' | 'configVersion' | 'startDate'
> & { readonly externalId: string };

/** The span of a child, as far as it is known. */
export interface ChildSpan {
  readonly parentId: number | null;
  readonly startDate: Date;
  readonly endDate: Date;
}

/** The SQL of expected executions; runs in the caller's transaction. */
@Injectable()
export class ExpectedExecutionRepository {
  async insert(manager: EntityManager, executions: readonly NewExpectedExecution[]): Promise<void> {
    const all = (column: keyof NewExpectedExecution): unknown[] => executions.map((execution) => execution[column]);
    await insertWithSubscribers(manager, ExecutionEntity, executions, {
      sql: INSERT_EXPECTED,
      parameters: [all('id'), all('pipelineId'), all('externalId'), all('startDate'), all('configVersion')],
    });
    await this.note(
      manager,
      executions.map(({ id }) => id),
    );
  }

  /** Counts up to 100,000. */
  async count(manager: EntityManager): Promise<number> {
    const [row] = await manager.query<{ expected: number }[]>(COUNT_EXPECTED);
    return row?.expected ?? 0;
  }

  /** Adds executions to the expected ones. */
  async note(manager: EntityManager, ids: readonly number[]): Promise<void> {
    if (ids.length > 0) await manager.query(NOTE_EXPECTED, [ids]);
  }

  /**
   * Starts expected executions. If another transaction has started one of them since it was read, throws a
   * serialization failure, and the transaction runs again.
   */
  async fill(manager: EntityManager, executions: readonly NewExecution[]): Promise<void> {
    const sorted = executions.toSorted((a, b) => a.id - b.id);
    const all = (column: keyof NewExecution): unknown[] => sorted.map((execution) => execution[column]);
    const [, filled]: [unknown, number] = await manager.query(FILL_EXPECTED, [
      all('id'),
      all('startDate'),
      all('watermark'),
      all('nextWatermark'),
      all('executionMetadata'),
      all('configVersion'),
      all('deadline'),
      all('startReceivedAt'),
      all('attempt'),
      all('retryOf'),
      all('superseded'),
      all('slowAt'),
    ]);
    if (filled !== sorted.length) throw writtenMeanwhile('an execution');
    await this.forget(
      manager,
      sorted.map(({ id }) => id),
    );
  }

  /** Removes executions from the expected ones. */
  async forget(manager: EntityManager, ids: readonly number[]): Promise<void> {
    if (ids.length > 0) await manager.query(FORGET_EXPECTED, [ids]);
  }

  /** See {@link STRETCH_EXPECTED}; at most one child per parent. */
  async stretch(manager: EntityManager, spans: readonly ChildSpan[]): Promise<ChildSpan[]> {
    const sorted = spans.toSorted((a, b) => (a.parentId ?? 0) - (b.parentId ?? 0));
    const [stretched]: [ChildSpan[], number] = await manager.query(STRETCH_EXPECTED, [
      sorted.map(({ parentId }) => parentId),
      sorted.map(({ startDate }) => startDate.toISOString()),
      sorted.map(({ endDate }) => endDate.toISOString()),
    ]);
    return stretched;
  }

  /** See {@link SHRINK_EXPECTED}; returns the parent if the execution was expected and has one. */
  async shrink(manager: EntityManager, id: number): Promise<number | null> {
    await manager.query(LOCK_EXPECTED, [id]);
    const [shrunk]: [{ parentId: number | null }[], number] = await manager.query(SHRINK_EXPECTED, [id]);
    return shrunk[0]?.parentId ?? null;
  }
}
