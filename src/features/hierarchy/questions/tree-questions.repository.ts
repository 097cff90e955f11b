import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Page, pageLimit, type PageQuery, positionOf, toPage } from '../../../platform/http/page.js';
import { EXECUTION_LONG_COLUMNS, type ExecutionEntity, selectExecutions } from '../../execution/execution.entity.js';
import { PipelineNameService } from '../../pipeline/pipeline-name.service.js';
import { BLOCKING, ROOT_CAUSES, SUBTREES, TYPICAL } from './tree-questions.sql.js';
import type { Forest, SubtreeRow } from './subtree.js';

/** A failed execution without a failed descendant. */
export interface RootCause {
  readonly execution: ExecutionEntity;
  readonly depth: number;
  /** From the requested execution down to this one. */
  readonly path: readonly { readonly id: number; readonly pipeline_name: string }[];
}

/** A running execution without a running descendant. */
export interface Blocking {
  readonly execution: ExecutionEntity;
  readonly depth: number;
  /** The median duration of its pipeline's last 20 successes, in milliseconds. */
  readonly typicalMs: number | null;
}

interface RootCauseRow {
  readonly id: number;
  readonly end_ms: number;
  /** From the root of the whole tree; null once the preceding paths of the page have reached the limit. */
  readonly path: RootCause['path'] | null;
}

interface BlockingRow {
  readonly id: number;
  readonly depth: number;
  readonly start_ms: number;
  readonly pipeline_id: number;
}

/** The position from which the first page starts: a time before all others. */
const BEFORE_ALL = [Number.MIN_SAFE_INTEGER, 0];

/** Reads the analyses of a tree through its closure; see `tree-questions.sql.ts`. */
@Injectable()
export class TreeQuestionsRepository {
  constructor(private readonly pipelines: PipelineNameService) {}

  /** First failure first. */
  async rootCauses(manager: EntityManager, id: number, query: PageQuery): Promise<Page<RootCause>> {
    const rows = await this.page<RootCauseRow>(manager, ROOT_CAUSES, id, query, (row) => [row.end_ms, row.id]);
    const withoutPath = rows.items.findIndex(({ path }) => path === null);
    return this.withExecutions(manager, withoutPath === -1 ? rows : rows.first(withoutPath), (execution, row) => {
      const whole = row.path ?? unreachable();
      const path = whole.slice(whole.findIndex((step) => step.id === id));
      return { execution, depth: path.length - 1, path };
    });
  }

  /** Longest running first. */
  async blocking(manager: EntityManager, id: number, query: PageQuery): Promise<Page<Blocking>> {
    const rows = await this.page<BlockingRow>(manager, BLOCKING, id, query, (row) => [row.start_ms, row.id]);
    const typicalMs = await this.typicalMs(manager, rows.items);
    return this.withExecutions(manager, rows, (execution, row) => ({
      execution,
      depth: row.depth,
      typicalMs: typicalMs.get(row.pipeline_id) ?? null,
    }));
  }

  /** By pipeline; null for a pipeline that has never succeeded. */
  private async typicalMs(
    manager: EntityManager,
    rows: readonly BlockingRow[],
  ): Promise<ReadonlyMap<number, number | null>> {
    const ids = [...new Set(rows.map((row) => row.pipeline_id))];
    if (ids.length === 0) return new Map();
    const typical = await manager.query<{ pipeline_id: number; typical_ms: number | null }[]>(TYPICAL, [ids]);
    return new Map(typical.map((row) => [row.pipeline_id, row.typical_ms]));
  }

  /** One or two executions with their descendants: at most `limit` executions of each tree, level by level. */
  async subtrees(manager: EntityManager, id: number, otherId: number | null, limit: number): Promise<Forest> {
    const executions: SubtreeRow[] = await manager.query(SUBTREES, [id, otherId, limit]);
    const pipelineIds = [...new Set(executions.map((execution) => execution.pipeline_id))];
    return { executions, pipelines: await this.pipelines.describe(manager, pipelineIds) };
  }

  private async page<Row>(
    manager: EntityManager,
    statement: string,
    id: number,
    query: PageQuery,
    position: (row: Row) => readonly number[],
  ): Promise<Page<Row>> {
    const after = positionOf(query, 2) ?? BEFORE_ALL;
    const rows: Row[] = await manager.query(statement, [id, ...after, pageLimit(query) + 1]);
    return toPage(rows, query, position);
  }

  /** Uses pk_pipeline_execution. */
  private async withExecutions<Row extends { readonly id: number }, Item>(
    manager: EntityManager,
    page: Page<Row>,
    join: (execution: ExecutionEntity, row: Row) => Item,
  ): Promise<Page<Item>> {
    const ids = page.items.map(({ id }) => id);
    if (ids.length === 0) return new Page([]);
    const executions = await this.pipelines.name(
      manager,
      await EXECUTION_LONG_COLUMNS.getMany(
        selectExecutions(manager, ids.length).where('e.id = ANY(:ids::bigint[])', { ids }),
      ),
    );
    const byId = new Map(executions.map((execution) => [execution.id, execution]));
    return page.map((row) => join(byId.get(row.id) ?? unreachable(), row));
  }
}

function unreachable(): never {
  throw new Error('an execution disappeared between two reads');
}
