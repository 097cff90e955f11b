/** The version of the Citus extension of this database; no row without it. */
export const FIND_EXTENSION = `
  SELECT x.extversion AS version FROM pg_extension x WHERE x.extname = 'citus'`;

/** The group of this node: 0 on the coordinator. */
export const FIND_GROUP = `
  SELECT g.groupid AS "group" FROM pg_dist_local_group g`;

/** The nodes that take shards. */
export const FIND_NODES = `
  SELECT n.nodename AS host, n.nodeport AS port
    FROM pg_dist_node n
   WHERE n.noderole = 'primary' AND n.isactive AND n.shouldhaveshards
   ORDER BY n.nodeid`;

/** The connections between nodes that fail. */
export const FIND_BROKEN_CONNECTIONS = `
  SELECT h.from_nodename AS "from", h.to_nodename AS "to"
    FROM citus_check_cluster_node_health() h
   WHERE h.result IS NOT TRUE`;

/**
 * Of the tables named $1: how many rows they have, by statistics or else by size, and over how many shards they are
 * distributed; null for a table of one node.
 */
export const FIND_TABLES = `
  SELECT c.relname AS "table",
         (CASE WHEN c.reltuples < 0 THEN pg_relation_size(c.oid) / 150 ELSE c.reltuples END)::float8 AS rows,
         (SELECT s.shard_count FROM citus_tables s
           WHERE s.table_name = c.oid::regclass AND s.citus_table_type = 'distributed')::int AS shards
    FROM pg_class c
   WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY ($1::text[])`;

/** Whether there is any execution. */
export const FIND_ANY_EXECUTION = `
  SELECT EXISTS (SELECT FROM pipeline_execution) AS found`;

/** No start and no end happens until the transaction ends. */
export const LOCK_BIG_TABLES = `
  LOCK TABLE pipeline_execution, pipeline_execution_closure, execution_dataset IN ACCESS EXCLUSIVE MODE`;

/** Distributes the table $1 by the column $2 over $3 shards. */
export const DISTRIBUTE = `
  SELECT create_distributed_table($1::regclass, $2::text, shard_count := $3::int)`;

/** Distributes the table $1 by the column $2, with equal values on the same node as those of `pipeline_execution`. */
export const DISTRIBUTE_BESIDE = `
  SELECT create_distributed_table($1::regclass, $2::text, colocate_with := 'pipeline_execution')`;

/** Deletes the rows that the coordinator keeps of a table that has been distributed. */
export const TRUNCATE_LOCAL = `
  SELECT truncate_local_data_after_distributing_table($1::regclass)`;

/** Brings the rows of a distributed table back to the coordinator. */
export const UNDISTRIBUTE = `
  SELECT undistribute_table($1::regclass)`;

/**
 * Settings of new connections to the coordinator: two allow the queries of the older guides, which join the tree by the
 * parent; the other two keep a statement about several shards on one connection, which is four times as fast here.
 */
export const SET_COORDINATOR = `
  DO $$
  BEGIN
    EXECUTE format('ALTER DATABASE %I SET citus.enable_repartition_joins = on', current_database());
    EXECUTE format('ALTER DATABASE %I SET citus.enable_single_hash_repartition_joins = on', current_database());
    EXECUTE format('ALTER DATABASE %I SET citus.multi_shard_modify_mode = sequential', current_database());
    EXECUTE format('ALTER DATABASE %I SET citus.max_adaptive_executor_pool_size = 1', current_database());
  END $$`;

export const RESET_COORDINATOR = `
  DO $$
  BEGIN
    EXECUTE format('ALTER DATABASE %I RESET citus.enable_repartition_joins', current_database());
    EXECUTE format('ALTER DATABASE %I RESET citus.enable_single_hash_repartition_joins', current_database());
    EXECUTE format('ALTER DATABASE %I RESET citus.multi_shard_modify_mode', current_database());
    EXECUTE format('ALTER DATABASE %I RESET citus.max_adaptive_executor_pool_size', current_database());
  END $$`;

/** How long a statement waits for a lock on a worker: the `lock_timeout` of a transaction does not reach it. */
export const SET_WORKERS = `
  SELECT w.nodename AS host, w.result
    FROM run_command_on_workers(format('ALTER DATABASE %I SET lock_timeout = %L', current_database(), '2s')) w
   WHERE NOT w.success`;

export const RESET_WORKERS = `
  SELECT w.nodename AS host, w.result
    FROM run_command_on_workers(format('ALTER DATABASE %I RESET lock_timeout', current_database())) w
   WHERE NOT w.success`;
