import { SUCCEEDED } from './conditions.js';

/**
 * Walks the current edges from datasets, level by level: the datasets that are reached, each once, with the least
 * number of steps; the first ones and their aliases have depth 0. Ends after `max_depth` levels, or with the first
 * dataset beyond `most`: levels are filled in the order of the ids, so a limit cuts the same ones each time. Cycles and
 * diamonds cost nothing, because a dataset that was seen is not walked again. By ix_address_edge_forward,
 * ix_address_edge_backward, pk_address_alias and ix_address_alias_b.
 */
const WALK = `
  CREATE OR REPLACE FUNCTION watcher_lineage_walk(origins bigint[], is_upstream boolean, max_depth integer, most integer)
  RETURNS TABLE (ids bigint[], depths integer[])
  LANGUAGE plpgsql STABLE ROWS 1 SET plan_cache_mode = force_generic_plan AS $$
  DECLARE
    frontier bigint[] := origins;
    found bigint[];
    level integer := 0;
    has_aliases boolean := EXISTS (SELECT FROM address_alias);
  BEGIN
    ids := origins;
    depths := array_fill(0, ARRAY[cardinality(origins)]);
    LOOP
      found := frontier;
      WHILE has_aliases AND cardinality(found) > 0 LOOP
        found := ARRAY(
          SELECT a.b_id AS id FROM address_alias a WHERE a.a_id = ANY (found)
           UNION
          SELECT a.a_id FROM address_alias a WHERE a.b_id = ANY (found)
          EXCEPT
          SELECT seen.id FROM unnest(ids) AS seen (id)
           ORDER BY id LIMIT most + 1 - cardinality(ids));
        ids := ids || found;
        depths := depths || array_fill(level, ARRAY[cardinality(found)]);
        frontier := frontier || found;
      END LOOP;
      EXIT WHEN level >= max_depth OR cardinality(ids) > most;
      IF is_upstream THEN
        frontier := ARRAY(
          SELECT e.source_address_id AS id FROM address_edge e
           WHERE e.target_address_id = ANY (frontier) AND e.removed_at IS NULL
          EXCEPT
          SELECT seen.id FROM unnest(ids) AS seen (id)
           ORDER BY id LIMIT most + 1 - cardinality(ids));
      ELSE
        frontier := ARRAY(
          SELECT e.target_address_id AS id FROM address_edge e
           WHERE e.source_address_id = ANY (frontier) AND e.removed_at IS NULL
          EXCEPT
          SELECT seen.id FROM unnest(ids) AS seen (id)
           ORDER BY id LIMIT most + 1 - cardinality(ids));
      END IF;
      EXIT WHEN cardinality(frontier) = 0;
      level := level + 1;
      ids := ids || frontier;
      depths := depths || array_fill(level, ARRAY[cardinality(frontier)]);
    END LOOP;
    RETURN NEXT;
  END $$`;

/** The same downstream with one of the shortest paths, at most 50 levels and 10,000 datasets; for the view. */
const PATHS = `
  CREATE OR REPLACE FUNCTION watcher_lineage_paths(origin bigint)
  RETURNS TABLE (target_address_id bigint, depth integer, lineage_path bigint[])
  LANGUAGE plpgsql STABLE ROWS 100 SET plan_cache_mode = force_generic_plan AS $$
  DECLARE
    seen bigint[] := ARRAY[origin];
    frontier bigint[] := ARRAY[origin];
    paths text[] := ARRAY[ARRAY[origin]::text];
  BEGIN
    FOR level IN 0..50 LOOP
      RETURN QUERY SELECT f.id, level, f.path::bigint[] FROM unnest(frontier, paths) AS f (id, path);
      EXIT WHEN cardinality(seen) >= 10000;
      SELECT array_agg(next.id ORDER BY next.id), array_agg(next.path ORDER BY next.id)
        INTO frontier, paths
        FROM (SELECT e.target_address_id AS id, min((f.path::bigint[] || e.target_address_id)::text) AS path
                FROM unnest(frontier, paths) AS f (id, path)
                JOIN address_edge e ON e.source_address_id = f.id
               WHERE e.removed_at IS NULL
                 AND NOT EXISTS (SELECT FROM unnest(seen) AS known (id) WHERE known.id = e.target_address_id)
               GROUP BY e.target_address_id
               ORDER BY e.target_address_id
               LIMIT 10000 - cardinality(seen)) next;
      EXIT WHEN frontier IS NULL;
      seen := seen || frontier;
    END LOOP;
  END $$`;

const ADDRESS_LINEAGE = `
  CREATE OR REPLACE VIEW address_lineage AS
  SELECT e.source_address_id, e.target_address_id, e.pipeline_id, e.declared, e.first_seen, e.last_seen
    FROM address_edge e
   WHERE e.removed_at IS NULL;

  COMMENT ON VIEW address_lineage IS
    'One row for each pair of datasets that a pipeline connects now: it reads the source and writes the target.';
  COMMENT ON COLUMN address_lineage.source_address_id IS 'The dataset that the pipeline reads.';
  COMMENT ON COLUMN address_lineage.target_address_id IS 'The dataset that the pipeline writes.';
  COMMENT ON COLUMN address_lineage.pipeline_id IS 'The pipeline; several may connect the same pair.';
  COMMENT ON COLUMN address_lineage.declared IS 'Whether the pipeline declares it; false where only its runs show it.';
  COMMENT ON COLUMN address_lineage.first_seen IS 'The day (UTC) of the first declaration or run.';
  COMMENT ON COLUMN address_lineage.last_seen IS 'The day (UTC) of the last run that read and wrote so; null if none did.'`;

const ADDRESS_LINEAGE_CLOSURE = `
  CREATE OR REPLACE VIEW address_lineage_closure AS
  SELECT a.id AS source_address_id, reached.target_address_id, reached.depth, reached.lineage_path
    FROM address a
   CROSS JOIN LATERAL watcher_lineage_paths(a.id) reached;

  COMMENT ON VIEW address_lineage_closure IS
    'One row for each dataset and each one downstream of it, and one for each with itself. Ask for one source_address_id: it walks.';
  COMMENT ON COLUMN address_lineage_closure.source_address_id IS 'The dataset from which the walk begins.';
  COMMENT ON COLUMN address_lineage_closure.target_address_id IS 'A dataset downstream, or the same one.';
  COMMENT ON COLUMN address_lineage_closure.depth IS 'The least number of steps, at most 50; 0 for itself.';
  COMMENT ON COLUMN address_lineage_closure.lineage_path IS 'The datasets of one of the shortest paths, both ends included.'`;

/**
 * The execution that wrote each dataset last, at the moment $2 or before, other than the reader $3 (arrays in step).
 * Where none was reported, the last success of the pipelines whose current edges lead to the dataset stands in, at most
 * 100 of them. By ix_execution_dataset_dataset, ix_address_edge_backward and
 * ix_pipeline_execution_pipeline_succeeded_end.
 */
const LAST_WRITERS = `
  CREATE OR REPLACE FUNCTION watcher_last_writers(datasets bigint[], moments timestamptz[], readers bigint[])
  RETURNS TABLE (place integer, execution_id bigint, is_reported boolean)
  LANGUAGE plpgsql STABLE ROWS 10 SET plan_cache_mode = force_generic_plan AS $$
  DECLARE
    pipeline bigint;
    candidate bigint;
    ended timestamptz;
    latest timestamptz;
  BEGIN
    FOR n IN 1..cardinality(datasets) LOOP
      SELECT w.execution_id INTO execution_id
        FROM execution_dataset w
       WHERE w.dataset_id = datasets[n] AND w.io = 'O' AND w.at <= moments[n] AND w.execution_id <> readers[n]
       ORDER BY w.at DESC, w.execution_id DESC
       LIMIT 1;
      is_reported := FOUND;
      latest := NULL;
      IF NOT is_reported THEN
        FOR pipeline IN
          SELECT DISTINCT e.pipeline_id FROM address_edge e
           WHERE e.target_address_id = datasets[n] AND e.removed_at IS NULL
           ORDER BY e.pipeline_id LIMIT 100
        LOOP
          SELECT x.id, x.end_date INTO candidate, ended
            FROM pipeline_execution x
           WHERE x.pipeline_id = pipeline AND x.completed_successfully = true AND x.end_date <= moments[n]
             AND x.id <> readers[n]
           ORDER BY x.end_date DESC
           LIMIT 1;
          IF FOUND AND (latest IS NULL OR ended > latest) THEN
            execution_id := candidate;
            latest := ended;
          END IF;
        END LOOP;
      END IF;
      place := n;
      IF execution_id IS NOT NULL THEN RETURN NEXT; END IF;
    END LOOP;
  END $$`;

/**
 * What the latest successful runs of pipelines read (`I`) and wrote (`O`): of each pipeline the run that started last
 * among its newest 20 successes and reported datasets; those that started at the same moment count together, so that
 * the order of their reports does not matter. At most `most` rows. A loop, because a LIMIT for each pipeline can't be
 * pushed down to shards. By pk_pipeline_lineage, ix_pipeline_execution_pipeline_succeeded and pk_execution_dataset.
 */
const LAST_RUN_DATASETS = `
  CREATE OR REPLACE FUNCTION watcher_last_run_datasets(pipeline_ids bigint[], most integer)
  RETURNS TABLE (pipeline_id bigint, io text, dataset_id bigint)
  LANGUAGE plpgsql STABLE ROWS 10 SET plan_cache_mode = force_generic_plan AS $$
  DECLARE
    pipeline bigint;
    run record;
    latest timestamptz;
    added integer;
  BEGIN
    FOR pipeline IN
      SELECT l.pipeline_id FROM pipeline_lineage l
       WHERE l.pipeline_id = ANY (pipeline_ids) AND cardinality(l.recent) > 0
       ORDER BY l.pipeline_id
    LOOP
      latest := NULL;
      FOR run IN
        SELECT s.id, s.start_date FROM pipeline_execution s
         WHERE s.pipeline_id = pipeline AND s.${SUCCEEDED}
         ORDER BY s.start_date DESC, s.id DESC
         LIMIT 20
      LOOP
        EXIT WHEN run.start_date < latest;
        RETURN QUERY
        SELECT pipeline, d.io::text, d.dataset_id FROM execution_dataset d
         WHERE d.execution_id = run.id
         ORDER BY d.io, d.dataset_id
         LIMIT most;
        GET DIAGNOSTICS added = ROW_COUNT;
        IF added > 0 THEN latest := run.start_date; END IF;
        most := most - added;
        IF most <= 0 THEN RETURN; END IF;
      END LOOP;
    END LOOP;
  END $$`;

/** The views and functions of the lineage module, two of them under the names of the older service's tables. */
export const LINEAGE_VIEWS = {
  views: ['address_lineage', 'address_lineage_closure'],
  functions: [
    'watcher_lineage_walk(bigint[], boolean, integer, integer)',
    'watcher_lineage_paths(bigint)',
    'watcher_last_writers(bigint[], timestamptz[], bigint[])',
    'watcher_last_run_datasets(bigint[], integer)',
  ],
  statements: [WALK, PATHS, ADDRESS_LINEAGE, ADDRESS_LINEAGE_CLOSURE, LAST_WRITERS, LAST_RUN_DATASETS],
};
