import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../config/config.js';
import { MetricsService } from './metrics.service.js';

/** Metrics of the pool's connections, read from its counters without a query. */
@Injectable()
export class PoolMetrics {
  constructor(metrics: MetricsService, dataSource: DataSource, @Inject(CONFIG) config: Pick<Config, 'poolSize'>) {
    // TypeORM's driver for PostgreSQL keeps the pool of `pg` there, typed as unknown.
    const pool = (): Pool => (dataSource.driver as unknown as { master: Pool }).master;
    metrics.registerGauge(
      'watcher_db_pool_connections',
      'Open connections to the database, by state.',
      ['state'],
      (gauge) => {
        const { totalCount, idleCount } = pool();
        gauge.set({ state: 'idle' }, idleCount);
        gauge.set({ state: 'busy' }, totalCount - idleCount);
      },
    );
    metrics.registerGauge('watcher_db_pool_waiting', 'Callers waiting for a connection.', [], (gauge) =>
      gauge.set(pool().waitingCount),
    );
    metrics.registerGauge(
      'watcher_db_pool_max_connections',
      'Maximum number of connections of the pool (WATCHER_POOL_SIZE).',
      [],
      (gauge) => gauge.set(config.poolSize),
    );
  }
}
