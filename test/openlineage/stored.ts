import type { Json } from '../support/watcher.js';
import { type Folded, type OpenFailure, openFailures, pipelineKey } from './oracle.js';

type Database = { readonly sql: (statement: string, values?: unknown[]) => Promise<Json[]> };

const RUNS = `
  SELECT r.run_id, p.namespace, p.name, above.run_id AS parent, e.status AS state,
         (extract(epoch FROM e.start_date) * 1000)::float8 AS start, (extract(epoch FROM e.end_date) * 1000)::float8 AS end,
         e.total_rows::float8 AS rows, e.inserts::float8 AS inserts, e.error_message AS error,
         e.watermark, e.next_watermark, e.attempt, e.superseded,
         r.parent_refused AS refused
    FROM openlineage_run r
    JOIN pipeline_execution e ON e.id = r.execution_id
    JOIN pipeline p ON p.id = e.pipeline_id
    LEFT JOIN openlineage_run above ON above.execution_id = e.parent_id
   WHERE r.run_id = ANY($1)
   ORDER BY r.run_id`;
const CLOSURE = `
  SELECT up.run_id || ' ' || down.run_id || ' ' || c.depth AS row
    FROM pipeline_execution_closure c
    JOIN openlineage_run up ON up.execution_id = c.parent_execution_id
    JOIN openlineage_run down ON down.execution_id = c.child_execution_id
   WHERE down.run_id = ANY($1)`;
const PIPELINES = `
  SELECT p.namespace, p.name, p.watermark, (extract(epoch FROM p.last_target_insert) * 1000)::float8 AS last_target_insert
    FROM pipeline p
   WHERE p.id IN (SELECT e.pipeline_id FROM openlineage_run r JOIN pipeline_execution e ON e.id = r.execution_id
                   WHERE r.run_id = ANY($1))`;
const USES = `
  SELECT r.run_id, a.namespace || E'\\n' || a.name AS dataset, d.io, d.rows::float8 AS rows
    FROM execution_dataset d
    JOIN openlineage_run r ON r.execution_id = d.execution_id
    JOIN address a ON a.id = d.dataset_id
   WHERE r.run_id = ANY($1)`;
const EDGES = `
  SELECT s.namespace || E'\\n' || s.name AS source, t.namespace || E'\\n' || t.name AS target, p.namespace, p.name
    FROM address_edge l
    JOIN address s ON s.id = l.source_address_id
    JOIN address t ON t.id = l.target_address_id
    JOIN pipeline p ON p.id = l.pipeline_id
   WHERE p.id IN (SELECT e.pipeline_id FROM openlineage_run r JOIN pipeline_execution e ON e.id = r.execution_id
                   WHERE r.run_id = ANY($1))`;

const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).toSorted();

/** What the database holds of these runs, with nothing in it that depends on the order in which they came. */
export async function storedState(database: Database, { runs, forgotten }: Folded): Promise<Json> {
  const ids = [...runs.map(({ runId }) => runId), ...forgotten];
  const rows = await database.sql(RUNS, [ids]);
  // A run that is named by a claim that no longer counts may be there as an expected one that nothing is below.
  const parents = new Set(rows.map(({ parent }) => parent));
  const isForgotten = (runId: string): boolean => forgotten.includes(runId) && !parents.has(runId);
  const counted = ids.filter((runId) => !isForgotten(runId));
  const [closure, pipelines, uses, edges] = await Promise.all(
    [CLOSURE, PIPELINES, USES, EDGES].map((statement) => database.sql(statement, [counted])),
  );
  return {
    runs: rows
      .filter(({ run_id: runId }) => !isForgotten(runId))
      .map(({ run_id: runId, namespace, name, ...row }) => ({ runId, pipeline: pipelineKey(namespace, name), ...row })),
    closure: closure?.map(({ row }) => row).toSorted(),
    pipelines: sorted(
      (pipelines ?? []).map((row) => [pipelineKey(row.namespace, row.name), row.watermark, row.last_target_insert]),
    ),
    uses: sorted((uses ?? []).map((row) => [row.run_id, row.dataset, row.io, row.rows])),
    edges: sorted((edges ?? []).map((row) => [row.source, row.target, pipelineKey(row.namespace, row.name)])),
  };
}

/** The same of what the events come to. */
export function expectedState(folded: Folded): Json {
  return {
    runs: folded.runs.map(({ nextWatermark, ...run }) => ({
      ...run,
      next_watermark: nextWatermark,
      inserts: run.rows,
      error: run.error === null ? null : expect.stringContaining(run.error),
    })),
    closure: folded.closure.toSorted(),
    pipelines: sorted(folded.pipelines.map((row) => [row.pipeline, row.watermark, row.lastTargetInsert])),
    uses: sorted(folded.uses.map((row) => [row.runId, row.dataset, row.io, row.rows])),
    edges: sorted(folded.edges.flatMap((row) => (row.made ? [[row.source, row.target, row.pipeline]] : []))),
  };
}

const FAILURES = `
  SELECT p.namespace, p.name, i.occurrences,
         (SELECT r.run_id::text FROM openlineage_run r WHERE r.execution_id = i.execution_id) AS last,
         (SELECT array_agg(r.run_id::text ORDER BY r.run_id)
            FROM jsonb_to_recordset(i.root_causes) AS cause (execution_id bigint)
            JOIN openlineage_run r ON r.execution_id = cause.execution_id) AS causes
    FROM incident i
    JOIN pipeline p ON p.id = i.pipeline_id
   WHERE i.kind = 'failure' AND i.resolved_at IS NULL
     AND p.id IN (SELECT e.pipeline_id FROM openlineage_run r JOIN pipeline_execution e ON e.id = r.execution_id
                   WHERE r.run_id = ANY($1))`;

/** Checks the open failures of the pipelines of these runs. */
export async function expectFailures(database: Database, folded: Folded): Promise<void> {
  const rows = await database.sql(FAILURES, [folded.runs.map(({ runId }) => runId)]);
  const stored = rows.map(({ namespace, name, occurrences, last, causes }) => ({
    pipeline: pipelineKey(namespace, name),
    occurrences,
    last,
    rootCauses: causes ?? [],
  }));
  const byPipeline = (a: OpenFailure, b: OpenFailure): number => (a.pipeline < b.pipeline ? -1 : 1);
  expect(stored.toSorted(byPipeline)).toEqual(openFailures(folded).toSorted(byPipeline));
}
