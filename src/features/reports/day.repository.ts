import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  FIND_IDS_OF_NAME,
  FIND_PIPELINE_DAYS,
  LIST_DAYS,
  LIST_NAMES,
  LIST_NAMES_OF,
  LIST_TYPE_NAMES,
  REPORT_DAYS,
} from './day.sql.js';

/** What the executions of one pipeline and day add up to. */
interface DaySums {
  /** The UTC date of the starts. */
  readonly day: string;
  readonly executions: number;
  readonly failed: number;
  readonly totalRows: number;
  readonly inserts: number;
  readonly updates: number;
  readonly softDeletes: number;
  readonly seconds: number;
}

/** A day of one pipeline. */
export interface PipelineDay extends DaySums {
  readonly pipelineId: number;
  readonly succeeded: number;
  readonly aborted: number;
  readonly skipped: number;
  readonly lost: number;
  readonly maxSeconds: number;
}

/** A day of a pipeline, with its names. */
export interface NamedDay extends PipelineDay {
  readonly namespace: string;
  readonly pipelineName: string;
  readonly pipelineTypeName: string;
}

/** A day of one of many pipelines. */
export interface ReportedDay extends DaySums {
  readonly pipelineName: string;
  readonly pipelineTypeName: string;
}

/** The part of a report to read. */
export interface ReportPart {
  readonly from: string;
  readonly to: string;
  readonly limit: number;
  readonly offset: number;
}

/** Reads days by the functions of the database, which know how they are stored. */
@Injectable()
export class DayRepository {
  /** See `watcher_pipeline_days`. */
  findDays(
    manager: EntityManager,
    pipelineId: number,
    from: string,
    before: string,
    most: number,
  ): Promise<PipelineDay[]> {
    return manager.query(FIND_PIPELINE_DAYS, [pipelineId, from, before, most]);
  }

  /** See {@link LIST_DAYS}. */
  list(
    manager: EntityManager,
    pipelineIds: readonly number[] | null,
    range: { readonly from: string; readonly to: string; readonly after: number },
    most: number,
  ): Promise<NamedDay[]> {
    return manager.query(LIST_DAYS, [pipelineIds, range.from, range.to, range.after, most]);
  }

  /** See {@link REPORT_DAYS}. */
  async report(
    manager: EntityManager,
    pipelineIds: readonly number[] | null,
    { from, to, limit, offset }: ReportPart,
  ): Promise<{ total: number; days: ReportedDay[] }> {
    type Row = { total: number } & (ReportedDay | { day: null });
    const rows = await manager.query<Row[]>(REPORT_DAYS, [pipelineIds, from, to, limit, offset]);
    return { total: rows[0]?.total ?? 0, days: rows.flatMap((row) => (row.day === null ? [] : [row])) };
  }

  /** See {@link FIND_IDS_OF_NAME}. */
  async findIdsOfName(manager: EntityManager, key: string): Promise<number[]> {
    return (await manager.query<{ id: number }[]>(FIND_IDS_OF_NAME, [key])).map(({ id }) => id);
  }

  /** The names of pipelines (null: of all) that are not archived, sorted. */
  async listNames(manager: EntityManager, ids: readonly number[] | null, most: number): Promise<string[]> {
    const rows = await (ids === null
      ? manager.query<{ name: string }[]>(LIST_NAMES, [most])
      : manager.query<{ name: string }[]>(LIST_NAMES_OF, [most, ids]));
    return rows.map(({ name }) => name);
  }

  /** The names of types, sorted. */
  async listTypeNames(manager: EntityManager, most: number): Promise<string[]> {
    return (await manager.query<{ name: string }[]>(LIST_TYPE_NAMES, [most])).map(({ name }) => name);
  }
}
