import { Injectable } from '@nestjs/common';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { momentAt, type Page, pageLimit, positionOf, toPage } from '../../platform/http/page.js';
import { pipelineKey } from '../pipeline/pipeline-key.js';
import { PipelineNameService } from '../pipeline/pipeline-name.service.js';
import type { ListExecutionsQuery } from './execution-list.dto.js';
import { ExecutionSourceService } from './execution-source.service.js';
import { EXECUTION_LONG_COLUMNS, type ExecutionEntity, selectExecutions } from './execution.entity.js';
import { type Status, STATUS_CONDITIONS, STATUSES, TAKES_END } from './execution-status.js';

type Rows = SelectQueryBuilder<ExecutionEntity>;

/** Statuses that can still take an end come before those that an end leads to; see `list`. */
const IN_ORDER = STATUSES.toSorted((a, b) => Number(TAKES_END[b]) - Number(TAKES_END[a]));

/** A page to read. */
interface Reading {
  readonly query: ListExecutionsQuery;
  readonly isAscending: boolean;
  /** The position after which the page begins; undefined for the first page. */
  readonly start: Date | undefined;
  readonly id: number | undefined;
  /** The number of rows to read: one more than the page size. */
  readonly limit: number;
  /** The pipelines of the requested type. */
  readonly pipelineIds: readonly number[] | undefined;
  /** The executions that other modules know by the external id. */
  readonly externalIds: readonly number[];
}

/**
 * Lists executions by start. Each filter has an index; see the entity. Several statuses, or the pipelines of a type,
 * are separate index ranges: the first rows of each range are read and merged.
 */
@Injectable()
export class ExecutionListRepository {
  constructor(
    private readonly pipelines: PipelineNameService,
    private readonly sources: ExecutionSourceService,
  ) {}

  async list(manager: EntityManager, query: ListExecutionsQuery): Promise<Page<ExecutionEntity>> {
    const reading = await this.readingOf(manager, query);
    const found = new Map<number, ExecutionEntity>();
    // In sequence: an execution that ends between two reads then appears in both, never in neither.
    for (const state of statesOf(query)) {
      const first = firstOf(selectExecutions(manager, reading.limit), reading, state);
      const rows = await EXECUTION_LONG_COLUMNS.getMany(first);
      for (const execution of rows) found.set(execution.id, execution);
    }
    const rows = [...found.values()].toSorted(reading.isAscending ? byStart : (a, b) => byStart(b, a));
    const executions = await this.pipelines.name(manager, rows.slice(0, reading.limit));
    return toPage(executions, query, (execution) => [execution.startDate.getTime(), execution.id]);
  }

  private async readingOf(manager: EntityManager, query: ListExecutionsQuery): Promise<Reading> {
    const [start, id] = positionOf(query, 2) ?? [];
    const { pipeline_type_name: type, external_id: externalId } = query;
    return {
      query,
      isAscending: query.order === 'asc',
      start: start === undefined ? undefined : momentAt(start),
      id,
      limit: pageLimit(query) + 1,
      pipelineIds: type === undefined ? undefined : await this.pipelines.idsOfType(manager, type),
      externalIds: externalId === undefined ? [] : await this.sources.findByExternalId(manager, externalId),
    };
  }
}

function byStart(a: ExecutionEntity, b: ExecutionEntity): number {
  return a.startDate.getTime() - b.startDate.getTime() || a.id - b.id;
}

/** The statuses to query one by one; undefined means any. */
function statesOf({ status }: ListExecutionsQuery): readonly (Status | undefined)[] {
  const states = IN_ORDER.filter((state) => status?.includes(state));
  return states.length === 0 || states.length === STATUSES.length ? [undefined] : states;
}

/** The first executions with a status that match all filters. */
function firstOf(rows: Rows, reading: Reading, state: Status | undefined): Rows {
  const direction = reading.isAscending ? 'ASC' : 'DESC';
  rows.orderBy('e.startDate', direction).addOrderBy('e.id', direction).limit(reading.limit);
  return isByType(reading) ? filterByType(rows, reading, state) : filter(rows, reading, state);
}

/** True if the rows are found by type; false if a more selective filter is present. */
function isByType({ pipelineIds, query }: Reading): boolean {
  const { pipeline_id, pipeline_name, parent_id, external_id } = query;
  return pipelineIds !== undefined && (pipeline_id ?? pipeline_name ?? parent_id ?? external_id) === undefined;
}

/** Uses `watcher_first_executions`, which reads the first rows of each pipeline and merges them. */
function filterByType(rows: Rows, reading: Reading, state: Status | undefined): Rows {
  const { query, isAscending, start, id, limit, pipelineIds } = reading;
  return rows.where(
    `e.id = ANY (ARRAY(
       SELECT f.id
         FROM watcher_first_executions(:pipelineIds::bigint[], :range::text, :from::timestamptz, :to::timestamptz,
                :endedFrom::timestamptz, :root::bool, :start::timestamptz, :id::bigint, :limit::int) f))`,
    {
      pipelineIds,
      range: `${state ?? 'any'} ${isAscending ? 'asc' : 'desc'}`,
      from: query.start_date_gte ?? '-infinity',
      to: query.start_date_lt ?? 'infinity',
      endedFrom: query.end_date_gte ?? null,
      root: query.root ?? null,
      start: start ?? (isAscending ? '-infinity' : 'infinity'),
      id: id ?? 0,
      limit,
    },
  );
}

function filter(
  rows: Rows,
  { query, isAscending, start, id, pipelineIds, externalIds }: Reading,
  state: Status | undefined,
): Rows {
  if (state !== undefined) rows.andWhere(STATUS_CONDITIONS[state]);
  if (query.pipeline_id !== undefined) rows.andWhere('e.pipelineId = :pipelineId', { pipelineId: query.pipeline_id });
  if (query.pipeline_name !== undefined) {
    // A scalar sub-select lets the planner see a single pipeline and use its index.
    rows.andWhere('e.pipelineId = (SELECT n.id FROM pipeline n WHERE n.name_key = :pipelineName)', {
      pipelineName: pipelineKey(query.pipeline_name, query.pipeline_namespace),
    });
  }
  if (pipelineIds !== undefined) rows.andWhere('e.pipelineId = ANY (:pipelineIds)', { pipelineIds });
  if (query.parent_id !== undefined) rows.andWhere('e.parentId = :parentId', { parentId: query.parent_id });
  if (query.root !== undefined) rows.andWhere(query.root ? 'e.parentId IS NULL' : 'e.parentId IS NOT NULL');
  if (query.external_id !== undefined) {
    // Uses ix_pipeline_execution_external_id.
    rows.andWhere(
      `e.id = ANY (ARRAY(SELECT x.execution_id FROM pipeline_execution_external_id x
                          WHERE x.external_id = :externalId) || :externalIds::bigint[])`,
      { externalId: query.external_id, externalIds },
    );
  }
  if (query.start_date_gte !== undefined) rows.andWhere('e.startDate >= :from', { from: query.start_date_gte });
  if (query.start_date_lt !== undefined) rows.andWhere('e.startDate < :to', { to: query.start_date_lt });
  if (query.end_date_gte !== undefined) rows.andWhere('e.endDate >= :endedFrom', { endedFrom: query.end_date_gte });
  if (start === undefined) return rows;
  return isAscending
    ? rows.andWhere('(e.startDate, e.id) > (:start::timestamptz, :id::bigint)', { start, id })
    : rows.andWhere('(e.startDate, e.id) < (:start::timestamptz, :id::bigint)', { start, id });
}
