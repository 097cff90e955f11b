import type { EntityManager } from 'typeorm';
import { BIG_TABLES, type BigTable } from './big-tables.js';
import { FIND_BROKEN_CONNECTIONS, FIND_EXTENSION, FIND_GROUP, FIND_NODES, FIND_TABLES } from './sharding.sql.js';

/** A big table and where it is. */
export type TableState = BigTable & {
  /** About how many rows it has. */
  readonly rows: number;
  /** Over how many shards it is distributed; null while it is on one node. */
  readonly shards: number | null;
};

/** A cluster as its coordinator sees it. */
export interface Cluster {
  /** The version of Citus. */
  readonly version: string;
  /** The nodes that take shards, as `host:port`. */
  readonly nodes: readonly string[];
  readonly tables: readonly TableState[];
}

/** Says why a database can't be sharded, and what to do. */
export class ShardingError extends Error {}

/** The version of the Citus extension of this database; undefined without it. */
export async function extensionOf(manager: EntityManager): Promise<string | undefined> {
  const [extension] = await manager.query<{ version: string }[]>(FIND_EXTENSION);
  return extension?.version;
}

/**
 * Reads the state of the cluster. Throws a {@link ShardingError} if there is none, if the node is no coordinator, if no
 * node takes shards, or if nodes don't reach each other.
 */
export async function readCluster(manager: EntityManager): Promise<Cluster> {
  const version = await extensionOf(manager);
  if (version === undefined)
    throw new ShardingError(
      'the database does not have the extension citus: install it on every node, CREATE EXTENSION citus in this database on each, and add the nodes by citus_add_node',
    );
  const [group] = await manager.query<{ group: number }[]>(FIND_GROUP);
  if (group?.group !== 0)
    throw new ShardingError('DATABASE_URL names a worker of the cluster: it must name the coordinator');
  const nodes = await manager.query<{ host: string; port: number }[]>(FIND_NODES);
  if (nodes.length === 0)
    throw new ShardingError('no node of the cluster takes shards: add workers by citus_add_node(host, port)');
  const broken = await manager.query<{ from: string; to: string }[]>(FIND_BROKEN_CONNECTIONS);
  if (broken.length > 0)
    throw new ShardingError(
      `nodes of the cluster do not reach each other: ${broken.map(({ from, to }) => `${from} to ${to}`).join(', ')}`,
    );
  return { version, nodes: nodes.map(({ host, port }) => `${host}:${port}`), tables: await readTables(manager) };
}

async function readTables(manager: EntityManager): Promise<TableState[]> {
  type Row = { table: string; rows: number; shards: number | null };
  const rows = await manager.query<Row[]>(FIND_TABLES, [BIG_TABLES.map(({ table }) => table)]);
  return BIG_TABLES.map((big) => {
    const row = rows.find(({ table }) => table === big.table);
    if (!row)
      throw new ShardingError(
        `the table ${big.table} does not exist yet: start the service once, or run npm run migration:run`,
      );
    return { ...big, rows: row.rows, shards: row.shards };
  });
}
