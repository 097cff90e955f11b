import type { TestDatabase } from './database.js';

/**
 * Makes a database look like the coordinator of a Citus cluster with two workers, to the statements that ask about one
 * and distribute tables. Nothing is distributed: each call of a function of Citus writes a row to `call`, and the views
 * of its catalog follow from those. What Citus itself does with the calls is tested only where there is a cluster.
 */
export async function standInCluster(database: TestDatabase): Promise<void> {
  await database.sql(`
    CREATE TABLE call (id serial, text text NOT NULL);
    CREATE TABLE pg_dist_local_group (groupid int);
    INSERT INTO pg_dist_local_group VALUES (0);
    CREATE TABLE pg_dist_node (nodeid int, nodename text, nodeport int, noderole text, isactive bool, shouldhaveshards bool);
    INSERT INTO pg_dist_node VALUES (1, 'coordinator', 5432, 'primary', true, false),
                                    (2, 'worker-1', 5432, 'primary', true, true),
                                    (3, 'worker-2', 5432, 'primary', true, true),
                                    (4, 'standby-2', 5432, 'secondary', true, true);
    CREATE TABLE broken (from_nodename text, to_nodename text);
    CREATE FUNCTION citus_check_cluster_node_health()
    RETURNS TABLE (from_nodename text, from_nodeport int, to_nodename text, to_nodeport int, result bool)
    LANGUAGE sql AS $$
      SELECT n.nodename, 5432, m.nodename, 5432,
             NOT EXISTS (SELECT FROM broken b WHERE b.from_nodename = n.nodename AND b.to_nodename = m.nodename)
        FROM pg_dist_node n, pg_dist_node m $$;
    CREATE TABLE distributed (table_name regclass, citus_table_type text, shard_count bigint);
    CREATE VIEW citus_tables AS TABLE distributed;
    CREATE FUNCTION create_distributed_table(t regclass, c text, distribution_type text DEFAULT 'hash',
                                             colocate_with text DEFAULT 'default', shard_count int DEFAULT NULL)
    RETURNS void LANGUAGE sql AS $$
      INSERT INTO call (text) VALUES (format('distribute %s by %s, %s, %s shards', t, c, colocate_with, shard_count));
      INSERT INTO distributed
      VALUES (t, 'distributed',
              coalesce(shard_count,
                       (SELECT d.shard_count FROM distributed d WHERE d.table_name::text = colocate_with))) $$;
    CREATE FUNCTION truncate_local_data_after_distributing_table(t regclass) RETURNS void LANGUAGE sql AS $$
      INSERT INTO call (text) VALUES (format('truncate %s', t)) $$;
    CREATE FUNCTION undistribute_table(t regclass) RETURNS void LANGUAGE sql AS $$
      INSERT INTO call (text) VALUES (format('undistribute %s', t));
      DELETE FROM distributed d WHERE d.table_name = t $$;
    CREATE FUNCTION run_command_on_workers(command text)
    RETURNS TABLE (nodename text, nodeport int, success bool, result text) LANGUAGE sql AS $$
      INSERT INTO call (text)
      VALUES ('workers: ' || replace(command, quote_ident(current_database()), 'this_database'));
      SELECT n.nodename, n.nodeport, true, 'ALTER DATABASE' FROM pg_dist_node n WHERE n.shouldhaveshards $$;
    SET allow_system_table_mods = on;
    INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    SELECT 90000, 'citus', r.oid, n.oid, false, '13.2-1'
      FROM pg_roles r, pg_namespace n
     WHERE r.rolname = current_user AND n.nspname = 'public';
    RESET allow_system_table_mods`);
}

/** What was asked of the cluster, in order. */
export async function callsOf(database: TestDatabase): Promise<string[]> {
  return (await database.sql<{ text: string }>('SELECT text FROM call ORDER BY id')).map(({ text }) => text);
}
