import type { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { type DataSourceOptions, DefaultNamingStrategy } from 'typeorm';
import { parseJson } from '../values/exact-json.js';
import { connectionOptions } from './connection.js';
import { Access1767484800000 } from './migrations/1767484800000-access.js';
import { Idempotency1767571200000 } from './migrations/1767571200000-idempotency.js';
import { Analysis1767657600000 } from './migrations/1767657600000-analysis.js';
import { IncidentLife1767747500000 } from './migrations/1767747500000-incident-life.js';
import { Initial1767225600000 } from './migrations/1767225600000-initial.js';
import { NameKeys1767837600000 } from './migrations/1767837600000-name-keys.js';
import { Monitoring1767398400000 } from './migrations/1767398400000-monitoring.js';
import { ExecutionStatus1767744000000 } from './migrations/1767744000000-execution-status.js';
import { WatermarkMoves1767920400000 } from './migrations/1767920400000-watermark-moves.js';
import { ExecutionLife1768006800000 } from './migrations/1768006800000-execution-life.js';
import { FailureLook1768006850000 } from './migrations/1768006850000-failure-look.js';
import { Heartbeats1768093200000 } from './migrations/1768093200000-heartbeats.js';
import { Schedules1768179600000 } from './migrations/1768179600000-schedules.js';
import { Archived1768266000000 } from './migrations/1768266000000-archived.js';
import { Namespaces1768352400000 } from './migrations/1768352400000-namespaces.js';
import { PipelineChanges1768438800000 } from './migrations/1768438800000-pipeline-changes.js';
import { ChangeHints1768525200000 } from './migrations/1768525200000-change-hints.js';
import { Session1768700000000 } from './migrations/1768700000000-session.js';
import { AlertIncident1768800000000 } from './migrations/1768800000000-alert-incident.js';
import { Lineage1769000000000 } from './migrations/1769000000000-lineage.js';
import { Anomalies1769100000000 } from './migrations/1769100000000-anomalies.js';
import { PipelineDay1769200000000 } from './migrations/1769200000000-pipeline-day.js';
import { Impact1769300000000 } from './migrations/1769300000000-impact.js';
import { OpenLineage1769500000000 } from './migrations/1769500000000-openlineage.js';
import { Retention1769600000000 } from './migrations/1769600000000-retention.js';
import { FailedRoots1769700000000 } from './migrations/1769700000000-failed-roots.js';
import { DatasetFields1769900000000 } from './migrations/1769900000000-dataset-fields.js';
import { DatasetNameKeys1770000000000 } from './migrations/1770000000000-dataset-name-keys.js';
import { EndlessExecutions1770100000000 } from './migrations/1770100000000-endless-executions.js';
import { VIEWS_MIGRATIONS } from './migrations/views.js';

/** Oldest first; each file's name and class contain the time when it was written. */
const MIGRATIONS = [
  Initial1767225600000,
  Monitoring1767398400000,
  Access1767484800000,
  Idempotency1767571200000,
  Analysis1767657600000,
  ExecutionStatus1767744000000,
  IncidentLife1767747500000,
  NameKeys1767837600000,
  WatermarkMoves1767920400000,
  ExecutionLife1768006800000,
  FailureLook1768006850000,
  Heartbeats1768093200000,
  Schedules1768179600000,
  Archived1768266000000,
  Namespaces1768352400000,
  PipelineChanges1768438800000,
  ChangeHints1768525200000,
  Session1768700000000,
  AlertIncident1768800000000,
  Lineage1769000000000,
  Anomalies1769100000000,
  PipelineDay1769200000000,
  Impact1769300000000,
  OpenLineage1769500000000,
  Retention1769600000000,
  FailedRoots1769700000000,
  DatasetFields1769900000000,
  DatasetNameKeys1770000000000,
  EndlessExecutions1770100000000,
  ...VIEWS_MIGRATIONS,
];

/** The table in which TypeORM records the migrations that have run. */
export const MIGRATIONS_TABLE = 'watcher_migration';

/** Names columns of an embedded type `prefix_name`; TypeORM's default would be `prefixName`. */
class SnakeCasePrefixes extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string | undefined, prefixes: string[]): string {
    return [...prefixes, customName ?? propertyName].join('_');
  }
}

/**
 * The settings for every connection to the database: of the application, the command line, and the tests.
 * @throws ConfigurationError for a certificate that can't be used
 */
export function dataSourceOptions(url: string, poolSize: number) {
  const connection = connectionOptions(url);
  return {
    type: 'postgres',
    database: connection.database,
    migrations: MIGRATIONS,
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsTransactionMode: 'each',
    namingStrategy: new SnakeCasePrefixes(),
    poolSize,
    connectTimeoutMS: 3000,
    // Ids and counts are at most 2^53-1 by the contract, so a double represents each exactly.
    parseInt8: true,
    useUTC: true,
    logging: false,
    // Statements that don't wait for one another go out together, each with its own answer or error.
    // The pool is made of these options, after those that TypeORM has names for.
    extra: { ...connection, pipeline: true, onConnect: tolerateErrors, types: { getTypeParser } },
  } as const satisfies DataSourceOptions;
}

/** JSON without loss; everything else as `pg` reads it. */
const getTypeParser: typeof pg.types.getTypeParser = (type, format) => {
  const isJson = type === pg.types.builtins.JSON || type === pg.types.builtins.JSONB;
  return isJson ? parseJson : (pg.types.getTypeParser(type, format) as unknown);
};

/**
 * If a connection ends between the moment when pg's pool stops listening for its errors and the moment when TypeORM
 * begins, the error would end the process. The user of the connection gets the error anyway.
 */
function tolerateErrors(client: EventEmitter): void {
  client.on('error', () => undefined);
}

/** The same for the TypeORM command line, which has no modules to register the entities. */
export function commandLineOptions(url: string): DataSourceOptions {
  return { ...dataSourceOptions(url, 2), entities: [fileURLToPath(new URL('../../**/*.entity.js', import.meta.url))] };
}
