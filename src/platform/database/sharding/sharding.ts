import type { DataSource, EntityManager } from 'typeorm';
import { withBriefLock } from '../migrations/brief-lock.js';
import { type Cluster, ShardingError, type TableState } from './cluster.js';
import {
  DISTRIBUTE,
  DISTRIBUTE_BESIDE,
  LOCK_BIG_TABLES,
  RESET_COORDINATOR,
  RESET_WORKERS,
  SET_COORDINATOR,
  SET_WORKERS,
  TRUNCATE_LOCAL,
  UNDISTRIBUTE,
} from './sharding.sql.js';

/**
 * Distributes the big tables over `shards` shards, in one transaction, during which starts and ends wait. Tables that
 * are distributed already are left alone, so that it can be repeated after an interruption. Then sets what new
 * connections need. Throws a {@link ShardingError} if executions have another number of shards already.
 */
export async function shard(source: DataSource, { tables }: Cluster, shards: number): Promise<void> {
  const [executions] = tables;
  const number = executions?.shards ?? shards;
  if (number !== shards)
    throw new ShardingError(
      `the executions have ${number} shards already; alter_distributed_table changes the number (docs/operate.md)`,
    );
  const rest = tables.filter((table) => table.shards === null);
  if (rest.length > 0) await inOneTransaction(source, (manager) => distribute(manager, rest, shards));
  for (const { table } of tables) await source.query(TRUNCATE_LOCAL, [table]);
  await source.query(SET_COORDINATOR);
  await onWorkers(source, SET_WORKERS);
}

/** Brings the big tables back to the coordinator, in one transaction, and takes the settings back. */
export async function unshard(source: DataSource, { tables }: Cluster): Promise<void> {
  const distributed = tables.filter((table) => table.shards !== null).toReversed();
  if (distributed.length > 0)
    await inOneTransaction(source, async (manager) => {
      for (const { table } of distributed) await manager.query(UNDISTRIBUTE, [table]);
    });
  await source.query(RESET_COORDINATOR);
  await onWorkers(source, RESET_WORKERS);
}

async function distribute(manager: EntityManager, tables: readonly TableState[], shards: number): Promise<void> {
  for (const { table, column } of tables) {
    if (table === 'pipeline_execution') await manager.query(DISTRIBUTE, [table, column, shards]);
    else await manager.query(DISTRIBUTE_BESIDE, [table, column]);
  }
}

async function inOneTransaction(source: DataSource, work: (manager: EntityManager) => Promise<void>): Promise<void> {
  const runner = source.createQueryRunner();
  try {
    await withBriefLock(runner, async () => {
      await runner.query(LOCK_BIG_TABLES);
      await work(runner.manager);
    });
  } finally {
    await runner.release();
  }
}

async function onWorkers(source: DataSource, statement: string): Promise<void> {
  const failed = await source.query<{ host: string; result: string }[]>(statement);
  if (failed.length > 0)
    throw new ShardingError(
      `the setting lock_timeout failed on ${failed.map(({ host, result }) => `${host} (${result})`).join(', ')}; run the command again`,
    );
}
