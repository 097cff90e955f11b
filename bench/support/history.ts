import type pg from 'pg';
import { Forest, type Landmarks, LEVELS, SECONDS_APART } from './forest.ts';

/**
 * A history of any length for the questions of a service: one stretch of trees, repeated in time up to now, so that
 * what is recent is the same however much is older. Written in sets, without secondary indexes, which are created again
 * from their own definitions.
 */

/** The executions of a stretch, about. */
const STRETCH = 10_000;
const LANDMARKS = 20;
const PIPELINES = 100;
const DATASETS = 100;
/** How many stretches one statement adds. */
const AT_ONCE = 20;
const GROWING = [
  'pipeline_execution',
  'pipeline_execution_closure',
  'pipeline_execution_external_id',
  'execution_dataset',
  'anomaly',
  'incident',
];

const BASE = `
  INSERT INTO pipeline_type (name) VALUES ('step');
  INSERT INTO pipeline (name, pipeline_type_id, config_hash)
  SELECT 'pipeline ' || n, 1, repeat('0', 64) FROM generate_series(1, ${PIPELINES}) n;
  INSERT INTO address_type (name, name_key, group_name) VALUES ('postgres', 'postgres', 'database');
  INSERT INTO address (name, key, address_type_id, input_hash)
  SELECT 'table ' || n, sha256(('table ' || n)::bytea), 1, '' FROM generate_series(1, ${DATASETS}) n;
  INSERT INTO address_edge (source_address_id, target_address_id, pipeline_id, declared, first_seen)
  SELECT n, n + k, n, true, current_date FROM generate_series(1, ${DATASETS} - 3) n, generate_series(1, 3) k`;

/** Moves the stretch, the executions from $1, out of the tables; notes which of $2, the landmarks, each belongs to. */
const TAKE_OUT = [
  `CREATE TEMPORARY TABLE stretch AS
   SELECT e.id, e.parent_id, e.root_id, e.pipeline_id, e.start_date, e.end_date, e.completed_successfully, e.inserts,
          e.total_rows, e.config_version, e.end_hash, array_position($2::bigint[], e.root_id) AS landmark
     FROM pipeline_execution e WHERE e.id >= $1::bigint`,
  `CREATE TEMPORARY TABLE stretch_closure AS
   SELECT c.* FROM pipeline_execution_closure c WHERE c.child_execution_id >= $1::bigint`,
  `DELETE FROM pipeline_execution WHERE id >= $1::bigint`,
  `DELETE FROM pipeline_execution_closure WHERE child_execution_id >= $1::bigint`,
];

/** What stays, the executions before the stretch, starts $1 seconds later. */
const SHIFT = `
  UPDATE pipeline_execution
     SET start_date = start_date + $1::float8 * interval '1 s', end_date = end_date + $1::float8 * interval '1 s'`;

/**
 * Adds the stretches from $1 to $2, the ids each $3 after the last one, and all $4 seconds later. A landmark is open in
 * the stretch that $5 says, and everything else has ended; the root of every third other tree has failed.
 */
const REPEAT = `
  INSERT INTO pipeline_execution (id, parent_id, root_id, pipeline_id, external_id, start_date, end_date,
                                  completed_successfully, inserts, total_rows, config_version, end_hash, status,
                                  duration_seconds, throughput, date_recorded)
  SELECT o.id, o.parent_id, o.root_id, o.pipeline_id, CASE WHEN o.parent_id IS NULL THEN 'run ' || o.id END, o.start_date,
         o.end_date, o.succeeded, o.inserts, o.total_rows, o.config_version, o.end_hash,
         CASE WHEN o.succeeded THEN 'succeeded' WHEN NOT o.succeeded THEN 'failed' ELSE 'running' END, o.seconds,
         o.total_rows / nullif(o.seconds, 0), (o.start_date AT TIME ZONE 'UTC')::date
    FROM (SELECT n.*, extract(epoch FROM n.end_date - n.start_date) AS seconds
            FROM (SELECT s.id + k * $3::bigint AS id, s.parent_id + k * $3::bigint AS parent_id,
                         s.root_id + k * $3::bigint AS root_id, s.pipeline_id, s.inserts, s.total_rows, s.config_version,
                         s.end_hash, s.start_date + m.later AS start_date,
                         CASE WHEN m.is_open THEN NULL ELSE coalesce(s.end_date, s.start_date + interval '5 min') + m.later
                          END AS end_date,
                         CASE WHEN m.is_open THEN NULL
                              WHEN s.landmark IS NULL AND s.parent_id IS NULL THEN s.root_id % 3 <> 0
                              ELSE coalesce(s.completed_successfully, true) END AS succeeded
                    FROM generate_series($1::int, $2::int) k
                   CROSS JOIN stretch s
                   CROSS JOIN LATERAL (SELECT ($4::float8 + k * $3::bigint * ${SECONDS_APART}) * interval '1 s' AS later,
                                              s.end_date IS NULL AND s.landmark IS NOT NULL
                                              AND ($5::int[])[s.landmark] = k AS is_open) m) n) o
   ORDER BY o.id`;
const REPEAT_CLOSURE = `
  INSERT INTO pipeline_execution_closure (child_execution_id, parent_execution_id, depth)
  SELECT c.child_execution_id + k * $3::bigint, c.parent_execution_id + k * $3::bigint, c.depth
    FROM generate_series($1::int, $2::int) k
   CROSS JOIN stretch_closure c
   ORDER BY 1, 2`;

/** What hangs on the executions from $1 to $2: ids of roots, datasets of every tenth, an anomaly of every hundredth. */
const BESIDE = [
  `INSERT INTO pipeline_execution_external_id (pipeline_id, external_id, execution_id)
   SELECT e.pipeline_id, e.external_id, e.id
     FROM pipeline_execution e
    WHERE e.id BETWEEN $1::bigint AND $2::bigint AND e.external_id IS NOT NULL`,
  `INSERT INTO execution_dataset (execution_id, dataset_id, io, rows, at)
   SELECT e.id, 1 + (e.id / 10 + k) % ${DATASETS}, CASE k WHEN 0 THEN 'I' ELSE 'O' END, 100, e.start_date
     FROM pipeline_execution e CROSS JOIN generate_series(0, 1) k
    WHERE e.id BETWEEN $1::bigint AND $2::bigint AND e.id % 10 = 0`,
  `INSERT INTO anomaly (id, execution_id, root_id, pipeline_id, metric, value, expected, lower, upper, direction, baseline,
                        detail, detected_at)
   SELECT nextval('anomaly_id_seq'), e.id, e.root_id, e.pipeline_id, 'duration', 900, 300, 100, 800, 'high', '{}',
          'Took three times as long as usual.', e.start_date
     FROM pipeline_execution e
    WHERE e.id BETWEEN $1::bigint AND $2::bigint AND e.id % 100 = 0`,
  `INSERT INTO incident (id, kind, pipeline_id, execution_id, root_id, opened_at, since, resolved_at, resolution)
   SELECT nextval('incident_id_seq'), 'failure', e.pipeline_id, e.id, e.root_id, e.end_date, e.end_date,
          e.end_date + interval '1 hour', 'recovered'
     FROM pipeline_execution e
    WHERE e.id BETWEEN $1::bigint AND $2::bigint AND e.status = 'failed' AND e.parent_id IS NULL`,
];

/** A history; {@link Landmarks} are old trees, except the latest of those of 50. */
export interface History extends Landmarks {
  /** How many executions it has. */
  readonly executions: number;
}

/**
 * Fills an empty, migrated database with about `executions`, at least 10,000, in trees of 1 to 500 that start every 30 s
 * per execution up to now, and 5,101 more in two large trees before them. Takes a superuser.
 */
export async function plantHistory(client: pg.Client, executions: number): Promise<History> {
  await client.query(BASE);
  await client.query(`SET synchronous_commit = off; SET session_replication_role = replica;
                      SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'`);
  const indexes = await dropIndexes(client);
  const forest = new Forest(client, PIPELINES);
  const largeTree = forest.nextId;
  forest.plant(5000, LEVELS, true);
  forest.plant(101, 101, true);
  const { deepest, nextId: first } = forest;
  const roots: number[] = [];
  const leaves: number[] = [];
  while (forest.nextId - first < STRETCH) {
    if (forest.nextId - first >= (roots.length * STRETCH) / LANDMARKS) {
      roots.push(forest.nextId);
      forest.plant(50, LEVELS, true);
      leaves.push(forest.deepest);
    }
    forest.plant(1 + Math.floor(forest.draw() * 500), LEVELS, false);
  }
  await forest.write();
  const span = forest.nextId - first;
  const copies = Math.max(1, Math.round(executions / span));
  const last = first + copies * span;
  const [take, takeClosure, ...rest] = TAKE_OUT as [string, string, ...string[]];
  await client.query(take, [first, roots]);
  for (const sql of [takeClosure, ...rest]) await client.query(sql, [first]);
  const later = Date.now() / 1000 - (Date.UTC(2025, 0, 1) / 1000 + last * SECONDS_APART);
  await client.query(SHIFT, [later]);
  // The landmarks are spread over the stretches.
  const kept = roots.map((_, index) => Math.round((index * (copies - 1)) / Math.max(1, roots.length - 1)));
  for (let from = 0; from < copies; from += AT_ONCE) {
    const to = Math.min(from + AT_ONCE, copies) - 1;
    await client.query(REPEAT, [from, to, span, later, kept]);
    await client.query(REPEAT_CLOSURE, [from, to, span]);
    for (const sql of BESIDE) await client.query(sql, [first + from * span, first + (to + 1) * span - 1]);
  }
  for (const definition of indexes) await client.query(definition);
  await client.query(`SELECT setval('pipeline_execution_id_seq', $1::bigint)`, [last]);
  await client.query('VACUUM ANALYZE');
  await client.query('RESET ALL; DROP TABLE stretch, stretch_closure');
  const moved = (ids: readonly number[]): number[] => ids.map((id, index) => id + (kept[index] ?? 0) * span);
  return { trees: moved(roots), leaves: moved(leaves), largeTree, deepest, executions: last - 1 };
}

/** Drops the indexes of the large tables that carry no constraint; returns their definitions. */
async function dropIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `SELECT i.indexname AS name, i.indexdef AS definition
       FROM pg_indexes i
      WHERE i.schemaname = current_schema() AND i.tablename = ANY ($1)
        AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = i.indexname)`,
    [GROWING],
  );
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`);
  return rows.map(({ definition }) => definition);
}
