import type pg from 'pg';

/** Creates a pipeline; returns its id. */
export async function seedPipeline(pool: pg.Pool, name: string): Promise<number> {
  const { rows } = await pool.query<{ id: string }>(
    `WITH type AS (INSERT INTO pipeline_type (name) VALUES ($1::text) RETURNING id)
     INSERT INTO pipeline (name, pipeline_type_id, config_hash) SELECT $1::text, id, repeat('0', 64) FROM type
     RETURNING id`,
    [name],
  );
  return Number(rows[0]?.id);
}

/**
 * Creates open executions, each a tree of its own, closure included; returns their ids. Set-based: only for the
 * initial data of a benchmark, never for a measurement.
 */
export async function seedOpen(pool: pg.Pool, pipelineId: number, count: number): Promise<number[]> {
  const { rows } = await pool.query<{ id: string }>(
    `WITH drawn AS (
       SELECT nextval(pg_get_serial_sequence('pipeline_execution', 'id')) AS id FROM generate_series(1, $2::int)
     ), executions AS (
       INSERT INTO pipeline_execution (id, root_id, pipeline_id, start_date, config_version, date_recorded)
       SELECT id, id, $1::bigint, now() - interval '1 minute', 1, current_date FROM drawn RETURNING id
     ), closure AS (
       INSERT INTO pipeline_execution_closure (parent_execution_id, child_execution_id, depth)
       SELECT id, id, 0 FROM drawn
     )
     SELECT id FROM executions`,
    [pipelineId, count],
  );
  return rows.map(({ id }) => Number(id));
}

/**
 * Creates ended executions in trees of five (one parent, four children), spread over the past year, closure included.
 */
export async function seedHistory(pool: pg.Pool, pipelineId: number, count: number): Promise<void> {
  const step = 250_000;
  for (let done = 0; done < count; done += step) {
    const trees = Math.ceil(Math.min(step, count - done) / 5);
    await pool.query(
      `WITH base AS (SELECT coalesce(max(id), 0) AS id FROM pipeline_execution), node AS (
         SELECT base.id + (tree - 1) * 5 + position AS id, base.id + (tree - 1) * 5 + 1 AS root_id, position,
                now() - interval '1 year' * (tree::float8 / $2::int) AS start_date
           FROM base, generate_series(1, $2::int) AS tree, generate_series(1, 5) AS position
       ), executions AS (
         INSERT INTO pipeline_execution (id, parent_id, root_id, pipeline_id, start_date, end_date, completed_successfully,
                                         inserts, total_rows, watermark, next_watermark, config_version, end_hash,
                                         status, duration_seconds, throughput, date_recorded)
         SELECT id, CASE WHEN position > 1 THEN root_id END, root_id, $1::bigint, start_date,
                start_date + interval '5 minutes', id % 50 <> 0, 100, 100, '2026-01-01', '2026-01-02', 1, repeat('0', 64),
                CASE WHEN id % 50 <> 0 THEN 'succeeded' ELSE 'failed' END, 300, 100 / 300.0,
                (start_date AT TIME ZONE 'UTC')::date
           FROM node
       )
       INSERT INTO pipeline_execution_closure (parent_execution_id, child_execution_id, depth)
       SELECT id, id, 0 FROM node
       UNION ALL
       SELECT root_id, id, 1 FROM node WHERE position > 1`,
      [pipelineId, trees],
    );
    await pool.query(
      `SELECT setval(pg_get_serial_sequence('pipeline_execution', 'id'), (SELECT max(id) FROM pipeline_execution))`,
    );
  }
  await pool.query('VACUUM ANALYZE pipeline_execution, pipeline_execution_closure');
}
