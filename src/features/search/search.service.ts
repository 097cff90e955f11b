import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { ExecutionEntity } from '../execution/execution.entity.js';
import { ExecutionService } from '../execution/execution.service.js';
import { statusOf } from '../execution/execution-status.js';
import { PipelineSearchService } from '../pipeline/pipeline-search.service.js';
import type { FoundExecutionDto, SearchQuery, SearchResultDto } from './search.dto.js';

const MOST = 10;

/** Finds whatever a text may name. */
@Injectable()
export class SearchService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly pipelines: PipelineSearchService,
    private readonly executions: ExecutionService,
  ) {}

  async search({ q, limit = MOST }: SearchQuery): Promise<SearchResultDto> {
    const pipelines = await this.transactions.read((manager) => this.pipelines.find(manager, q, limit));
    const executions = await this.executions.find(q, limit);
    return { pipelines, executions: executions.map(toFoundExecutionDto) };
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
