import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../config/config.js';
import { MetricsService } from './metrics.service.js';

/** How the connections of the pool are used: read from its counters, no query. */
@Injectable()
export class PoolMetrics {
  constructor(metrics: MetricsService, dataSource: DataSource, @Inject(CONFIG) config: Pick<Config, 'poolSize'>) {
    // TypeORM's driver for PostgreSQL keeps the pool of `pg` there; it types it as unknown.
    const pool = (): Pool => (dataSource.driver as unknown as { master: Pool }).master;
    metrics.registerGauge(
      'watcher_db_pool_connections',
      'Connections to the database that are open, by what they do.',
      ['state'],
      (gauge) => {
        const { totalCount, idleCount } = pool();
        gauge.set({ state: 'idle' }, idleCount);
        gauge.set({ state: 'busy' }, totalCount - idleCount);
      },
    );
    metrics.registerGauge('watcher_db_pool_waiting', 'Callers that wait for a connection.', [], (gauge) =>
      gauge.set(pool().waitingCount),
    );
    metrics.registerGauge(
      'watcher_db_pool_max_connections',
      'The most connections that the pool opens (WATCHER_POOL_SIZE).',
      [],
      (gauge) => gauge.set(config.poolSize),
    );
  }
}
