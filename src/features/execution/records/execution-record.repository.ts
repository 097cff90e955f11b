import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { writtenMeanwhile } from '../../../platform/database/database-errors.js';
import { insertWithSubscribers } from '../../../platform/database/insert-with-subscribers.js';
import { ExecutionEntity } from '../execution.entity.js';
import { durationSeconds, throughput } from '../execution-measures.js';
import { COMPLETED_SUCCESSFULLY, type Status } from '../execution-status.js';
import type { StartedPipeline } from '../execution-start.repository.js';
import { LOCK_TREE, LOCK_TREE_SHARED } from '../tree-lock.sql.js';
import {
  GREATEST_WATERMARK,
  INSERT_RECORDS,
  LATEST_SUCCESSES,
  LOST_AMONG,
  NEWEST,
  SET_SUPERSEDED,
  SPAN_EXPECTED,
  UPDATE_RECORDS,
} from './execution-record.sql.js';

/** The whole state of an execution, by a source that derives it anew from all it knows. */
export interface ExecutionRecord {
  readonly id: number;
  /** Used by an insert; an existing execution keeps its place in the tree. */
  readonly parentId: number | null;
  readonly rootId: number;
  readonly pipelineId: number;
  readonly externalId: string;
  readonly startDate: Date;
  readonly isStartEstimated: boolean;
  readonly endDate: Date | null;
  readonly status: Status;
  readonly rows: number | null;
  readonly watermark: string | null;
  readonly nextWatermark: string | null;
  /** Merged into what is there. */
  readonly metadata: Readonly<Record<string, unknown>> | null;
  /** The member of the metadata that is removed, if it has to be; in place of `metadata`. */
  readonly withoutMetadata: string | null;
  /** Undefined keeps what is there. */
  readonly errorMessage: string | null | undefined;
  /** Whether it stays lost if it was found lost. */
  readonly keepsLost: boolean;
  readonly attempt: number;
  /** Whether it has no usual length: neither a deadline nor a time from which it is slow; its duration is not compared. */
  readonly isEndless: boolean;
}

/** A record with the pipeline that it belongs to. */
export interface PlacedRecord {
  readonly record: ExecutionRecord;
  readonly pipeline: StartedPipeline;
  readonly deadline: Date | null;
  readonly slowAt: Date | null;
}

/** What an update of a record returns. */
export type Recorded = Pick<ExecutionEntity, 'id' | 'rootId' | 'parentId' | 'superseded'>;

/** An expected execution: the moment at which it was heard of itself, if it was, and one for want of any other. */
export interface OwnSpan {
  readonly id: number;
  readonly own: Date | null;
  readonly fallback: Date | null;
}

/** A successful execution, with its end. */
export type PastSuccess = Pick<ExecutionEntity, 'id' | 'inserts'> & { readonly endDate: Date };

/** A watermark, and the start of the execution that moved it there. */
export interface Moved {
  readonly nextWatermark: string;
  readonly startDate: Date;
}

type Changed = Pick<ExecutionEntity, 'id' | 'rootId'>;

/** The SQL of records; runs in the caller's transaction. */
@Injectable()
export class ExecutionRecordRepository {
  async lockTree(manager: EntityManager, mode: 'shared' | 'exclusive'): Promise<void> {
    await manager.query(mode === 'exclusive' ? LOCK_TREE : LOCK_TREE_SHARED);
  }

  async insert(manager: EntityManager, records: readonly PlacedRecord[]): Promise<void> {
    if (records.length === 0) return;
    await insertWithSubscribers(
      manager,
      ExecutionEntity,
      records.map(({ record: { id, parentId } }) => ({ id, parentId })),
      { sql: INSERT_RECORDS, parameters: [JSON.stringify(records.map(rowOf))] },
    );
  }

  /** Throws a serialization failure if one of them is gone, and the transaction runs again. */
  async update(manager: EntityManager, records: readonly PlacedRecord[]): Promise<Map<number, Recorded>> {
    if (records.length === 0) return new Map();
    const sorted = records.toSorted((a, b) => a.record.id - b.record.id);
    const ids = sorted.map(({ record }) => record.id);
    const [rows]: [Recorded[], number] = await manager.query(UPDATE_RECORDS, [JSON.stringify(sorted.map(rowOf)), ids]);
    if (rows.length !== sorted.length) throw writtenMeanwhile('an execution');
    return new Map(rows.map((row) => [row.id, row]));
  }

  async lostAmong(manager: EntityManager, ids: readonly number[]): Promise<number[]> {
    if (ids.length === 0) return [];
    return (await manager.query<{ id: number }[]>(LOST_AMONG, [ids])).map(({ id }) => id);
  }

  async newest(manager: EntityManager, pipelineId: number, limit: number): Promise<number[]> {
    return (await manager.query<{ id: number }[]>(NEWEST, [pipelineId, limit])).map(({ id }) => id);
  }

  /** See {@link LATEST_SUCCESSES}. */
  latestSuccesses(manager: EntityManager, pipelineId: number, limit: number): Promise<PastSuccess[]> {
    return manager.query(LATEST_SUCCESSES, [pipelineId, limit]);
  }

  /** See {@link GREATEST_WATERMARK}. */
  async greatestWatermark(manager: EntityManager, pipelineId: number, since: Date | null): Promise<Moved | undefined> {
    const [row] = await manager.query<Moved[]>(GREATEST_WATERMARK, [pipelineId, since]);
    return row;
  }

  async setSuperseded(manager: EntityManager, ranks: ReadonlyMap<number, boolean>): Promise<Changed[]> {
    const sorted = [...ranks].toSorted(([a], [b]) => a - b);
    const [rows]: [Changed[], number] = await manager.query(SET_SUPERSEDED, [
      sorted.map(([id]) => id),
      sorted.map(([, superseded]) => superseded),
    ]);
    return rows;
  }

  async span(
    manager: EntityManager,
    spans: readonly OwnSpan[],
  ): Promise<(Changed & { readonly parentId: number | null })[]> {
    const sorted = spans.toSorted((a, b) => a.id - b.id);
    const [rows]: [(Changed & { readonly parentId: number | null })[], number] = await manager.query(SPAN_EXPECTED, [
      sorted.map(({ id }) => id),
      sorted.map(({ own }) => own),
      sorted.map(({ fallback }) => fallback),
    ]);
    return rows;
  }
}

function rowOf({ record, pipeline, deadline, slowAt }: PlacedRecord): Record<string, unknown> {
  const { startDate, endDate, rows } = record;
  const measured = { startDate, endDate, totalRows: rows };
  return {
    id: record.id,
    parent_id: record.parentId,
    root_id: record.rootId,
    pipeline_id: record.pipelineId,
    external_id: record.externalId,
    start_date: startDate,
    start_date_estimated: record.isStartEstimated,
    end_date: endDate,
    status: record.status,
    completed_successfully: COMPLETED_SUCCESSFULLY[record.status],
    total_rows: rows,
    inserts: rows,
    watermark: record.watermark,
    next_watermark: record.nextWatermark,
    execution_metadata: record.metadata,
    without_metadata: record.withoutMetadata,
    error_message: record.errorMessage ?? null,
    keeps_error: record.errorMessage === undefined,
    keeps_lost: record.keepsLost,
    attempt: record.attempt,
    deadline,
    slow_at: slowAt,
    endless: record.isEndless,
    config_version: pipeline.config_version,
    duration_seconds: durationSeconds(measured),
    throughput: throughput(measured),
  };
}
