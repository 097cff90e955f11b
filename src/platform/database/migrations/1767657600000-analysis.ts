import type { MigrationInterface, QueryRunner } from 'typeorm';

const DROP_VIEWS = `
  DROP VIEW IF EXISTS v_blocking, v_pipeline_typical_duration, v_root_cause, v_execution_self_time, v_execution_tree,
                      v_execution`;

/**
 * The index for a pipeline's last successes, and the views for SQL users (docs/sql.md). A database with its earlier
 * form (`Analysis1767312000000`, before executions had deadlines) keeps the index, and the views are recreated.
 */
export class Analysis1767657600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(DROP_VIEWS);
    await runner.query(`
      CREATE INDEX IF NOT EXISTS ix_pipeline_execution_pipeline_succeeded
          ON pipeline_execution (pipeline_id, start_date, id)
       WHERE completed_successfully = true`);
    await runner.query(CREATE_EXECUTION);
    await runner.query(CREATE_EXECUTION_TREE);
    await runner.query(CREATE_SELF_TIME);
    await runner.query(CREATE_ROOT_CAUSE);
    await runner.query(CREATE_TYPICAL_DURATION);
    await runner.query(CREATE_BLOCKING);
    await runner.query(INHERIT_COMMENTS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DROP_VIEWS);
    await runner.query(`DROP INDEX ix_pipeline_execution_pipeline_succeeded`);
  }
}

const CREATE_EXECUTION = `
  CREATE VIEW v_execution AS
  SELECT e.id, e.parent_id, e.root_id, e.pipeline_id, p.name AS pipeline_name,
         p.pipeline_type_id, t.name AS pipeline_type_name, e.external_id, e.start_date, e.end_date,
         CASE WHEN e.end_date IS NULL THEN 'running' WHEN e.completed_successfully THEN 'succeeded' ELSE 'failed' END
           AS status,
         e.completed_successfully,
         extract(epoch FROM e.end_date - e.start_date)::double precision AS duration_seconds,
         e.total_rows, e.inserts, e.updates, e.soft_deletes,
         e.total_rows / nullif(extract(epoch FROM e.end_date - e.start_date), 0)::double precision AS throughput,
         e.watermark, e.next_watermark, e.execution_metadata, e.error_message, e.config_version, e.deadline
    FROM pipeline_execution e
    JOIN pipeline p ON p.id = e.pipeline_id
    JOIN pipeline_type t ON t.id = p.pipeline_type_id;

  COMMENT ON VIEW v_execution IS 'One row for each execution, as the API shows it.';
  COMMENT ON COLUMN v_execution.id IS 'The execution.';
  COMMENT ON COLUMN v_execution.parent_id IS 'The execution that it runs under; null for a root.';
  COMMENT ON COLUMN v_execution.root_id IS 'The top of its tree: its own id where it has no parent.';
  COMMENT ON COLUMN v_execution.pipeline_id IS 'The pipeline that it is a run of.';
  COMMENT ON COLUMN v_execution.pipeline_name IS 'The name of that pipeline.';
  COMMENT ON COLUMN v_execution.pipeline_type_id IS 'The type of that pipeline.';
  COMMENT ON COLUMN v_execution.pipeline_type_name IS 'The name of that type.';
  COMMENT ON COLUMN v_execution.external_id IS 'The caller''s own id of the run.';
  COMMENT ON COLUMN v_execution.start_date IS 'When it started.';
  COMMENT ON COLUMN v_execution.end_date IS 'When it ended; null while it runs.';
  COMMENT ON COLUMN v_execution.status IS 'running until it ends, then succeeded or failed.';
  COMMENT ON COLUMN v_execution.completed_successfully IS 'Whether it did what it was meant to; null while it runs.';
  COMMENT ON COLUMN v_execution.duration_seconds IS 'End minus start in seconds; null while it runs.';
  COMMENT ON COLUMN v_execution.total_rows IS 'Rows that it handled in all.';
  COMMENT ON COLUMN v_execution.inserts IS 'Rows that it inserted.';
  COMMENT ON COLUMN v_execution.updates IS 'Rows that it updated.';
  COMMENT ON COLUMN v_execution.soft_deletes IS 'Rows that it soft-deleted.';
  COMMENT ON COLUMN v_execution.throughput IS
    'total_rows a second of duration_seconds; null where either is missing or the duration is 0.';
  COMMENT ON COLUMN v_execution.watermark IS 'From where it loads: its own copy.';
  COMMENT ON COLUMN v_execution.next_watermark IS 'Up to where it loads: its own copy.';
  COMMENT ON COLUMN v_execution.execution_metadata IS 'What its start and its end left with it, merged.';
  COMMENT ON COLUMN v_execution.error_message IS 'Why it failed.';
  COMMENT ON COLUMN v_execution.config_version IS 'The version of the pipeline''s configuration that it runs with.';
  COMMENT ON COLUMN v_execution.deadline IS
    'When it is late: its start plus the timeliness threshold that holds for it; null without one.'`;

const CREATE_EXECUTION_TREE = `
  CREATE VIEW v_execution_tree AS
  SELECT c.parent_execution_id AS top_id, c.depth, e.*
    FROM pipeline_execution_closure c
    JOIN v_execution e ON e.id = c.child_execution_id;

  COMMENT ON VIEW v_execution_tree IS
    'One row for each execution below each of its ancestors, and one for each with itself. Ask for one top_id.';
  COMMENT ON COLUMN v_execution_tree.top_id IS 'The execution whose tree it is: an ancestor, or the execution itself.';
  COMMENT ON COLUMN v_execution_tree.depth IS 'The levels between the two: 0 for itself, 1 for a direct child.'`;

/**
 * By the children's closure rows (ix_pipeline_execution_closure_parent), execution by execution: a window over all
 * parents would have to be computed for the whole table, even for a few of them.
 */
const CREATE_SELF_TIME = `
  CREATE VIEW v_execution_self_time AS
  SELECT e.id, e.parent_id, e.root_id, e.pipeline_id, e.start_date, e.end_date,
         extract(epoch FROM time.total)::double precision AS total_seconds,
         extract(epoch FROM time.total - coalesce(covered.total, '0'))::double precision AS self_seconds
    FROM pipeline_execution e
   CROSS JOIN LATERAL (
          SELECT coalesce(e.end_date, greatest(now(), e.start_date)) - e.start_date AS total) time
   CROSS JOIN LATERAL (
          SELECT sum(upper(stretch) - lower(stretch)) AS total
            FROM (SELECT range_agg(tstzrange(greatest(child.start_date, e.start_date),
                                             least(coalesce(child.end_date, now()), e.start_date + time.total))) AS ranges
                    FROM pipeline_execution_closure c
                    JOIN pipeline_execution child ON child.id = c.child_execution_id
                   WHERE c.parent_execution_id = e.id AND c.depth = 1
                     AND greatest(child.start_date, e.start_date)
                           < least(coalesce(child.end_date, now()), e.start_date + time.total)) children
           CROSS JOIN unnest(children.ranges) AS stretch) covered;

  COMMENT ON VIEW v_execution_self_time IS
    'How long each execution took, and how much of that none of its children ran. What runs counts until now().';
  COMMENT ON COLUMN v_execution_self_time.total_seconds IS 'Its duration in seconds; so far, while it runs.';
  COMMENT ON COLUMN v_execution_self_time.self_seconds IS 'The part of it in which none of its children ran.'`;

const CREATE_ROOT_CAUSE = `
  CREATE VIEW v_root_cause AS
  SELECT e.*
    FROM v_execution_tree e
   WHERE e.completed_successfully = false
     AND NOT EXISTS (
           SELECT FROM pipeline_execution_closure c
             JOIN pipeline_execution below ON below.id = c.child_execution_id
            WHERE c.parent_execution_id = e.id AND c.depth > 0 AND below.completed_successfully = false);

  COMMENT ON VIEW v_root_cause IS
    'Where the trouble began: the failed executions of each tree that have no failed descendant. Ask for one top_id.'`;

const CREATE_TYPICAL_DURATION = `
  CREATE VIEW v_pipeline_typical_duration AS
  SELECT p.id AS pipeline_id, p.name AS pipeline_name, recent.successes, recent.typical_duration_seconds
    FROM pipeline p
   CROSS JOIN LATERAL (
          SELECT count(*) AS successes, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS typical_duration_seconds
            FROM (SELECT extract(epoch FROM e.end_date - e.start_date)::double precision AS seconds
                    FROM pipeline_execution e
                   WHERE e.pipeline_id = p.id AND e.completed_successfully = true
                   ORDER BY e.start_date DESC, e.id DESC
                   LIMIT 20) success) recent;

  COMMENT ON VIEW v_pipeline_typical_duration IS 'What each pipeline usually takes.';
  COMMENT ON COLUMN v_pipeline_typical_duration.pipeline_id IS 'The pipeline.';
  COMMENT ON COLUMN v_pipeline_typical_duration.pipeline_name IS 'Its name.';
  COMMENT ON COLUMN v_pipeline_typical_duration.successes IS
    'How many successes typical_duration_seconds is made of: the last 20, or all where there are fewer.';
  COMMENT ON COLUMN v_pipeline_typical_duration.typical_duration_seconds IS
    'The median duration of its last 20 successes, newest start first; null where it never succeeded.'`;

const CREATE_BLOCKING = `
  CREATE VIEW v_blocking AS
  SELECT e.*, time.elapsed_seconds, typical.typical_duration_seconds,
         CASE WHEN typical.typical_duration_seconds IS NOT NULL
              THEN greatest(0, typical.typical_duration_seconds - time.elapsed_seconds) END AS expected_remaining_seconds
    FROM v_execution_tree e
    JOIN v_pipeline_typical_duration typical ON typical.pipeline_id = e.pipeline_id
   CROSS JOIN LATERAL (
          SELECT greatest(0, extract(epoch FROM now() - e.start_date))::double precision AS elapsed_seconds) time
   WHERE e.end_date IS NULL
     AND NOT EXISTS (
           SELECT FROM pipeline_execution_closure c
             JOIN pipeline_execution below ON below.id = c.child_execution_id
            WHERE c.parent_execution_id = e.id AND c.depth > 0 AND below.end_date IS NULL);

  COMMENT ON VIEW v_blocking IS
    'What is waited for: the running executions of each tree that have no running descendant. Ask for one top_id.';
  COMMENT ON COLUMN v_blocking.elapsed_seconds IS 'How long it has been running, until now().';
  COMMENT ON COLUMN v_blocking.typical_duration_seconds IS
    'What its pipeline usually takes, see v_pipeline_typical_duration; null where it never succeeded.';
  COMMENT ON COLUMN v_blocking.expected_remaining_seconds IS
    'typical_duration_seconds less elapsed_seconds; 0 once that is past, null where nothing is typical.'`;

/** Columns that a view takes from another keep their comments, which PostgreSQL does not copy. */
const INHERIT_COMMENTS = `
  DO $$
  DECLARE item record;
  BEGIN
    FOR item IN
      SELECT heir.attrelid::regclass AS view, heir.attname AS name,
             coalesce(col_description('v_execution'::regclass, base.attnum),
                      col_description('v_execution_tree'::regclass, tree.attnum)) AS comment
        FROM unnest(ARRAY['v_execution_tree', 'v_execution_self_time', 'v_root_cause', 'v_blocking']::regclass[]) AS view
        JOIN pg_attribute heir ON heir.attrelid = view AND col_description(view, heir.attnum) IS NULL
        LEFT JOIN pg_attribute base ON base.attrelid = 'v_execution'::regclass AND base.attname = heir.attname
        LEFT JOIN pg_attribute tree ON tree.attrelid = 'v_execution_tree'::regclass AND tree.attname = heir.attname
    LOOP
      EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', item.view, item.name, item.comment);
    END LOOP;
  END $$`;
