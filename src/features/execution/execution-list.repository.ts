import { Injectable } from '@nestjs/common';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { momentAt, type Page, pageLimit, positionOf, toPage } from '../../platform/http/page.js';
import { PipelineNameService } from '../pipeline/pipeline-name.service.js';
import type { ListExecutionsQuery } from './execution.dto.js';
import { EXECUTION_LONG_COLUMNS, ExecutionEntity, selectExecutions } from './execution.entity.js';
import { type Status, STATUS_CONDITIONS, STATUSES } from './execution-status.js';

type Rows = SelectQueryBuilder<ExecutionEntity>;

/** A page to read: the query, where it begins, and how many rows it takes to know whether another one follows. */
interface Reading {
  readonly query: ListExecutionsQuery;
  readonly start: Date | undefined;
  readonly id: number | undefined;
  readonly rows: number;
  /** The pipelines of the type that the query names. */
  readonly pipelineIds: number[] | undefined;
}

/**
 * Lists executions by start. Each filter has its index, see the entity. Several states are several ranges of indexes, and
 * so are the pipelines of a type: of each range the first rows are taken, and the first of all of them are the page.
 */
@Injectable()
export class ExecutionListRepository {
  constructor(private readonly pipelines: PipelineNameService) {}

  async list(manager: EntityManager, query: ListExecutionsQuery): Promise<Page<ExecutionEntity>> {
    const [start, id] = positionOf(query, 2) ?? [];
    const pipelineIds =
      query.pipeline_type_name === undefined
        ? undefined
        : await this.pipelines.idsOfType(manager, query.pipeline_type_name);
    const reading: Reading = {
      query,
      start: start === undefined ? undefined : momentAt(start),
      id,
      rows: pageLimit(query) + 1,
      pipelineIds,
    };
    const rows = await EXECUTION_LONG_COLUMNS.getMany(this.page(manager, reading));
    const executions = await this.pipelines.name(manager, rows);
    return toPage(executions, query, (execution) => [execution.startDate.getTime(), execution.id]);
  }

  private page(manager: EntityManager, reading: Reading): Rows {
    const states = statesOf(reading.query);
    const [state] = states;
    const executions = selectExecutions(manager, reading.rows);
    if (states.length === 1 && !isByType(reading)) return this.range(executions, reading, state);
    const ranges = states.map((each) => {
      const ids = manager.createQueryBuilder(ExecutionEntity, 'e').select('e.id');
      return isByType(reading) ? this.ofType(ids, reading, each) : this.range(ids, reading, each);
    });
    const page = inOrder(executions, reading);
    page.where(`e.id = ANY (${ranges.map((range) => `ARRAY(${range.getQuery()})`).join(' || ')})`);
    for (const range of ranges) page.setParameters(range.getParameters());
    return page;
  }

  /** The first executions in a state (in any, where it is undefined) that pass all filters. */
  private range(rows: Rows, reading: Reading, state: Status | undefined): Rows {
    const { query, start, id, pipelineIds } = reading;
    filter(inOrder(rows, reading), query);
    if (state !== undefined) rows.andWhere(STATUS_CONDITIONS[state]);
    if (pipelineIds !== undefined) rows.andWhere('e.pipelineId = ANY (:pipelineIds)', { pipelineIds });
    if (start === undefined) return rows;
    return query.order === 'asc'
      ? rows.andWhere('(e.startDate, e.id) > (:start::timestamptz, :id::bigint)', { start, id })
      : rows.andWhere('(e.startDate, e.id) < (:start::timestamptz, :id::bigint)', { start, id });
  }

  /** The first of each pipeline of the type, by `watcher_first_executions`. */
  private ofType(rows: Rows, reading: Reading, state: Status | undefined): Rows {
    const { query, start, id, pipelineIds } = reading;
    const isAscending = query.order === 'asc';
    const name = `state_${state ?? 'any'}`;
    return rows.where(
      `e.id = ANY (ARRAY(SELECT f.id FROM watcher_first_executions(
           :pipelineIds::bigint[], :${name}::text, :from::timestamptz, :to::timestamptz, :endedFrom::timestamptz,
           :root::bool, :start::timestamptz, :id::bigint, :rows::int) f))`,
      {
        pipelineIds,
        [name]: `${state ?? 'any'} ${isAscending ? 'asc' : 'desc'}`,
        from: query.start_date_gte ?? '-infinity',
        to: query.start_date_lt ?? 'infinity',
        endedFrom: query.end_date_gte ?? null,
        root: query.root ?? null,
        start: start ?? (isAscending ? '-infinity' : 'infinity'),
        id: id ?? 0,
        rows: reading.rows,
      },
    );
  }
}

/** The states to ask for one by one; undefined stands for any. */
function statesOf({ status }: ListExecutionsQuery): readonly (Status | undefined)[] {
  const states = STATUSES.filter((state) => status?.includes(state));
  return states.length === 0 || states.length === STATUSES.length ? [undefined] : states;
}

/** Whether the type is what the rows are found by: not where another filter leaves fewer of them. */
function isByType({ pipelineIds, query }: Reading): boolean {
  const { pipeline_id, pipeline_name, parent_id, external_id } = query;
  return pipelineIds !== undefined && (pipeline_id ?? pipeline_name ?? parent_id ?? external_id) === undefined;
}

function inOrder(rows: Rows, { query, rows: limit }: Reading): Rows {
  const direction = query.order === 'asc' ? 'ASC' : 'DESC';
  return rows.orderBy('e.startDate', direction).addOrderBy('e.id', direction).limit(limit);
}

function filter(rows: Rows, query: ListExecutionsQuery): void {
  if (query.pipeline_id !== undefined) rows.andWhere('e.pipelineId = :pipelineId', { pipelineId: query.pipeline_id });
  if (query.pipeline_name !== undefined) {
    // A scalar sub-select, so that the planner sees one pipeline and takes that pipeline's index.
    rows.andWhere('e.pipelineId = (SELECT n.id FROM pipeline n WHERE lower(n.name) = lower(:pipelineName))', {
      pipelineName: query.pipeline_name,
    });
  }
  if (query.parent_id !== undefined) rows.andWhere('e.parentId = :parentId', { parentId: query.parent_id });
  if (query.root !== undefined) rows.andWhere(query.root ? 'e.parentId IS NULL' : 'e.parentId IS NOT NULL');
  if (query.external_id !== undefined) {
    // By ix_pipeline_execution_external_id.
    rows.andWhere(
      `e.id = ANY (ARRAY(SELECT x.execution_id FROM pipeline_execution_external_id x
                          WHERE x.external_id = :externalId))`,
      { externalId: query.external_id },
    );
  }
  if (query.start_date_gte !== undefined) rows.andWhere('e.startDate >= :from', { from: query.start_date_gte });
  if (query.start_date_lt !== undefined) rows.andWhere('e.startDate < :to', { to: query.start_date_lt });
  if (query.end_date_gte !== undefined) rows.andWhere('e.endDate >= :endedFrom', { endedFrom: query.end_date_gte });
}
