import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { CONFIG, type Config } from '../config/config.js';
import { DatabaseState } from './database-state.service.js';
import { DatabaseWatch } from './database-watch.js';
import { dataSourceOptions } from './data-source.js';
import { GuardedReads } from './guarded-reads.js';
import { migrate } from './migrate.js';
import { TransactionRunner } from './transaction-runner.js';

/** One connection pool for the whole service; the schema is up to date before any module gets the pool. */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [CONFIG],
      useFactory: (config: Config) => ({
        ...dataSourceOptions(config.databaseUrl ?? '', config.poolSize),
        autoLoadEntities: true,
        migrate: config.migrate,
        shards: config.shards,
        // Fails at once; the process manager can restart the service if that helps.
        retryAttempts: 0,
      }),
      dataSourceFactory: async (
        options?: DataSourceOptions & { readonly migrate?: boolean; readonly shards?: number },
      ) => {
        if (!options) throw new Error('the data source has no options');
        const dataSource = await new DataSource(options).initialize();
        if (options.migrate) await migrate(dataSource, options.shards);
        return dataSource;
      },
    }),
  ],
  providers: [DatabaseState, DatabaseWatch, GuardedReads, TransactionRunner],
  exports: [DatabaseState, DatabaseWatch, TransactionRunner],
})
export class DatabaseModule {}
