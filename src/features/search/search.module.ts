import { Module } from '@nestjs/common';
import { ExecutionModule } from '../execution/execution.module.js';
import { DatasetSearchModule } from '../lineage/dataset-search.module.js';
import { PipelineModule } from '../pipeline/pipeline.module.js';
import { SearchController } from './search.controller.js';
import { SearchService } from './search.service.js';

/** One search over pipelines, executions and datasets. */
@Module({
  imports: [DatasetSearchModule, ExecutionModule, PipelineModule],
  controllers: [SearchController],
  providers: [SearchService],
})
export class SearchModule {}
