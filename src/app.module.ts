import { type DynamicModule, Module } from '@nestjs/common';
import { AccessModule } from './access/access.module.js';
import { ConfigModule } from './config/config.module.js';
import type { Config } from './config/config.js';
import { DatabaseModule } from './database/database.module.js';
import { ExecutionModule } from './execution/execution.module.js';
import { HierarchyModule } from './hierarchy/hierarchy.module.js';
import { MonitoringModule } from './monitoring/monitoring.module.js';
import { ObservabilityModule } from './observability/observability.module.js';
import { PipelineModule } from './pipeline/pipeline.module.js';

/** What the service is made of. */
@Module({})
export class AppModule {
  static register(config: Config): DynamicModule {
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
        MonitoringModule,
      ],
    };
  }
}
