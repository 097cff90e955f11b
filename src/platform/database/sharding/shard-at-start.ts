import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { extensionOf, readCluster } from './cluster.js';
import { shard } from './sharding.js';
import { FIND_ANY_EXECUTION } from './sharding.sql.js';

const logger = new Logger('Sharding');

/**
 * After the migrations: distributes the big tables if WATCHER_SHARDS asks for it and they are empty. A database with
 * executions is left as it is, since distributing it makes starts wait; the log says how to do it.
 */
export async function shardAtStart(source: DataSource, shards: number | undefined): Promise<void> {
  if ((await extensionOf(source.manager)) === undefined) {
    if (shards !== undefined)
      logger.warn('WATCHER_SHARDS has no effect: the database does not have the extension citus');
    return;
  }
  if (shards === undefined) {
    logger.log('the database has the extension citus; without WATCHER_SHARDS nothing is distributed (watcher shard)');
    return;
  }
  const cluster = await readCluster(source.manager);
  if (cluster.tables.every((table) => table.shards !== null)) return;
  const [executions] = await source.query<{ found: boolean }[]>(FIND_ANY_EXECUTION);
  if (executions?.found)
    logger.warn('WATCHER_SHARDS has no effect on a database with executions: `watcher shard` distributes them');
  else await shard(source, cluster, shards);
}
