import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { ConsoleModule } from '../adapters/console/console.module.js';
import { OpenLineageModule } from '../adapters/openlineage/openlineage.module.js';
import { PythonWatcherModule } from '../adapters/python-watcher/python-watcher.module.js';
import { AnomalyModule } from '../features/anomalies/anomaly.module.js';
import { BatchModule } from '../features/batch/batch.module.js';
import { ExecutionModule } from '../features/execution/execution.module.js';
import { HierarchyModule } from '../features/hierarchy/hierarchy.module.js';
import { LineageModule } from '../features/lineage/lineage.module.js';
import { MonitoringModule } from '../features/monitoring/monitoring.module.js';
import { OverviewModule } from '../features/overview/overview.module.js';
import { PipelineModule } from '../features/pipeline/pipeline.module.js';
import { ReportModule } from '../features/reports/report.module.js';
import { RetentionModule } from '../features/retention/retention.module.js';
import { SearchModule } from '../features/search/search.module.js';
import { AccessModule } from '../platform/auth/access.module.js';
import { ConfigModule } from '../platform/config/config.module.js';
import type { Config } from '../platform/config/config.js';
import { DatabaseModule } from '../platform/database/database.module.js';
import { ObservabilityModule } from '../platform/observability/observability.module.js';

/** No other module depends on these; removing one here only disables its feature. */
export const OPTIONAL_MODULES: readonly Type[] = [
  AnomalyModule,
  BatchModule,
  ConsoleModule,
  LineageModule,
  MonitoringModule,
  OpenLineageModule,
  OverviewModule,
  PythonWatcherModule,
  ReportModule,
  RetentionModule,
  SearchModule,
];

/** Settings that leave a module out. */
const SWITCHES: ReadonlyMap<Type, 'anomalies' | 'console' | 'openlineage' | 'pythonCompat'> = new Map<
  Type,
  'anomalies' | 'console' | 'openlineage' | 'pythonCompat'
>([
  [AnomalyModule, 'anomalies'],
  [ConsoleModule, 'console'],
  [OpenLineageModule, 'openlineage'],
  [PythonWatcherModule, 'pythonCompat'],
]);

@Module({})
export class AppModule {
  static register(config: Config, optional: readonly Type[] = OPTIONAL_MODULES): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.register(config),
        DatabaseModule,
        AccessModule,
        ObservabilityModule,
        PipelineModule,
        ExecutionModule,
        HierarchyModule,
        ...optional.filter((module) => {
          const setting = SWITCHES.get(module);
          return setting === undefined || config[setting];
        }),
      ],
    };
  }
}
