import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { ExecutionEntity } from '../execution/execution.entity.js';
import { ExecutionService } from '../execution/execution.service.js';
import { statusOf } from '../execution/execution-status.js';
import { DatasetSearchService, type DescribedDataset } from '../lineage/dataset-search.service.js';
import { PipelineSearchService } from '../pipeline/pipeline-search.service.js';
import type { FoundDatasetDto, FoundExecutionDto, SearchQuery, SearchResultDto } from './search.dto.js';

const MOST = 10;

/** Finds whatever a text may name. */
@Injectable()
export class SearchService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly pipelines: PipelineSearchService,
    private readonly executions: ExecutionService,
    private readonly datasets: DatasetSearchService,
  ) {}

  async search({ q, limit = MOST }: SearchQuery): Promise<SearchResultDto> {
    const named = await this.transactions.read(async (manager) => ({
      pipelines: await this.pipelines.find(manager, q, limit),
      datasets: await this.datasets.find(manager, q, limit),
    }));
    const executions = await this.executions.find(q, limit);
    return {
      pipelines: named.pipelines,
      executions: executions.map(toFoundExecutionDto),
      datasets: named.datasets.map(toFoundDatasetDto),
    };
  }
}

function toFoundExecutionDto(execution: ExecutionEntity): FoundExecutionDto {
  return {
    id: execution.id,
    root_id: execution.rootId,
    pipeline_name: execution.pipelineName,
    external_id: execution.externalId,
    status: statusOf(execution),
    start_date: execution.startDate.toISOString(),
  };
}

function toFoundDatasetDto({ id, namespace, name, typeName }: DescribedDataset): FoundDatasetDto {
  return { id, namespace, name, address_type_name: typeName };
}
