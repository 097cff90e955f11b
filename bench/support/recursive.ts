/** The same queries without a closure: by a recursive walk over `parent_id`. */

const TREE = `
  WITH RECURSIVE tree AS (
    SELECT e.id, e.parent_id, 0 AS depth, e.pipeline_id, e.start_date, e.end_date, e.completed_successfully
      FROM pipeline_execution e WHERE e.id = $1::bigint
    UNION ALL
    SELECT e.id, e.parent_id, tree.depth + 1, e.pipeline_id, e.start_date, e.end_date, e.completed_successfully
      FROM tree JOIN pipeline_execution e ON e.parent_id = tree.id)`;

export const CHILDREN = `
  WITH RECURSIVE tree AS (
    SELECT e.*, 0 AS depth FROM pipeline_execution e WHERE e.id = $1::bigint
    UNION ALL
    SELECT e.*, tree.depth + 1 FROM tree JOIN pipeline_execution e ON e.parent_id = tree.id WHERE tree.depth < 1)
  SELECT * FROM tree WHERE depth = 1`;

export const DOWNSTREAM = `
  WITH RECURSIVE tree AS (
    SELECT e.*, 0 AS depth FROM pipeline_execution e WHERE e.id = $1::bigint
    UNION ALL
    SELECT e.*, tree.depth + 1 FROM tree JOIN pipeline_execution e ON e.parent_id = tree.id)
  SELECT * FROM tree WHERE depth > 0`;

export const UPSTREAM = `
  WITH RECURSIVE line AS (
    SELECT e.*, 0 AS depth FROM pipeline_execution e WHERE e.id = $1::bigint
    UNION ALL
    SELECT e.*, line.depth + 1 FROM line JOIN pipeline_execution e ON e.id = line.parent_id)
  SELECT * FROM line WHERE depth > 0`;

export const ROOT_CAUSES = `${TREE},
  failed AS MATERIALIZED (SELECT * FROM tree WHERE completed_successfully = false),
  named AS (
    SELECT parent_id AS id FROM failed
    UNION
    SELECT tree.parent_id FROM named JOIN tree ON tree.id = named.id),
  cause AS MATERIALIZED (
    SELECT id, parent_id, depth, end_date FROM failed WHERE id NOT IN (SELECT id FROM named WHERE id IS NOT NULL)
     ORDER BY end_date, id LIMIT 101),
  line AS (
    SELECT cause.id AS cause_id, cause.depth, cause.id, cause.parent_id FROM cause
    UNION ALL
    SELECT line.cause_id, line.depth - 1, e.id, e.parent_id FROM line JOIN pipeline_execution e ON e.id = line.parent_id
     WHERE line.depth > 0)
  SELECT cause.id, cause.depth, cause.end_date,
         (SELECT jsonb_agg(jsonb_build_object(
                   'id', line.id,
                   'pipeline_name', (SELECT p.name FROM pipeline p
                                      WHERE p.id = (SELECT step.pipeline_id FROM pipeline_execution step
                                                     WHERE step.id = line.id)))
                   ORDER BY line.depth)
            FROM line WHERE line.cause_id = cause.id) AS path
    FROM cause
   ORDER BY cause.end_date, cause.id`;

export const BLOCKING = `${TREE},
  running AS MATERIALIZED (SELECT * FROM tree WHERE end_date IS NULL),
  named AS (
    SELECT parent_id AS id FROM running
    UNION
    SELECT tree.parent_id FROM named JOIN tree ON tree.id = named.id),
  blocking AS MATERIALIZED (
    SELECT id, depth, start_date, pipeline_id FROM running
     WHERE id NOT IN (SELECT id FROM named WHERE id IS NOT NULL)
     ORDER BY start_date, id LIMIT 101)
  SELECT blocking.id, blocking.depth, blocking.start_date,
         (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY recent.ms)
            FROM (SELECT date_part('epoch', s.end_date - s.start_date) * 1000 AS ms
                    FROM pipeline_execution s
                   WHERE s.pipeline_id = blocking.pipeline_id AND s.completed_successfully = true
                   ORDER BY s.start_date DESC, s.id DESC
                   LIMIT 20) recent) AS typical_ms
    FROM blocking
   ORDER BY blocking.start_date, blocking.id`;

export const SUBTREE = `
  WITH RECURSIVE tree AS (
    SELECT e.* FROM pipeline_execution e WHERE e.id = $1::bigint
    UNION ALL
    SELECT e.* FROM tree JOIN pipeline_execution e ON e.parent_id = tree.id)
  SELECT e.id, e.parent_id, e.pipeline_id, e.completed_successfully,
         round(date_part('epoch', e.start_date) * 1000)::bigint AS start_ms,
         round(date_part('epoch', e.end_date) * 1000)::bigint AS end_ms,
         e.total_rows, e.inserts, e.updates, e.soft_deletes
    FROM tree e
   LIMIT 10001`;
