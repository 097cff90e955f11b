import type { TestDatabase } from './database.js';

/** An execution inserted directly into the database, for trees too large to be reported one by one. */
export interface Planted {
  readonly id: number;
  readonly parentId?: number | undefined;
  readonly pipelineId: number;
  /** Seconds since noon of 31 January 2026. */
  readonly start: number;
  /** The same; absent while it runs. */
  readonly end?: number;
  readonly failed?: boolean;
  /** How it ended, where that is neither success nor failure. */
  readonly status?: 'expected' | 'aborted' | 'skipped' | 'lost' | undefined;
  /** Rows processed. */
  readonly rows?: number;
}

const NOON = Date.UTC(2026, 0, 31, 12);

/** Seconds since noon of 31 January 2026 as a time on the wire. */
export function at(seconds: number): string {
  return new Date(NOON + seconds * 1000).toISOString();
}

/** Inserts executions, parents before their children, and their closure rows. */
export async function plant(database: TestDatabase, executions: readonly Planted[]): Promise<void> {
  const parents = new Map(executions.map(({ id, parentId }) => [id, parentId]));
  const rows = executions.map((execution) => ({
    ...execution,
    ancestors: lineOf(execution.id, parents),
    start: at(execution.start),
    end: execution.end === undefined ? null : at(execution.end),
  }));
  await database.sql(
    `INSERT INTO pipeline_execution (id, parent_id, root_id, pipeline_id, start_date, end_date, completed_successfully,
                                     status, total_rows, config_version)
     SELECT id, parent_id, root_id, pipeline_id, start_date, end_date, completed_successfully, status, total_rows, 1
       FROM jsonb_to_recordset($1::jsonb) AS item (id bigint, parent_id bigint, root_id bigint, pipeline_id bigint,
            start_date timestamptz, end_date timestamptz, completed_successfully bool, status text,
            total_rows bigint)`,
    [
      JSON.stringify(
        rows.map((row) => ({
          id: row.id,
          parent_id: row.parentId,
          root_id: row.ancestors.at(-1),
          pipeline_id: row.pipelineId,
          start_date: row.start,
          end_date: row.end,
          completed_successfully: row.end === null || row.status ? null : !row.failed,
          status: row.end === null ? null : row.status,
          total_rows: row.rows,
        })),
      ),
    ],
  );
  await database.sql(
    `INSERT INTO pipeline_execution_closure (child_execution_id, parent_execution_id, depth)
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::int[])`,
    [
      rows.flatMap(({ id, ancestors }) => ancestors.map(() => id)),
      rows.flatMap(({ ancestors }) => ancestors),
      rows.flatMap(({ ancestors }) => [...ancestors.keys()]),
    ],
  );
}

/** An execution and its ancestors, nearest first. */
function lineOf(id: number, parents: ReadonlyMap<number, number | undefined>): number[] {
  const line: number[] = [];
  for (let next: number | undefined = id; next !== undefined; next = parents.get(next)) line.push(next);
  return line;
}
