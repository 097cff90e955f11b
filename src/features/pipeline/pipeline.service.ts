import { Injectable } from '@nestjs/common';
import { readInGroups } from '../../platform/batching/group-read.js';
import { completePage } from '../../platform/http/bounded-list.js';
import type { Page, PageQuery } from '../../platform/http/page.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { CONFIG_HISTORY_LONG_COLUMNS } from './pipeline-config-history.entity.js';
import type { PipelineConfigurationChangeDto, PipelineDto } from './pipeline.dto.js';
import type { ListPipelinesQuery } from './pipeline-list.dto.js';
import { PIPELINE_LONG_COLUMNS, type PipelineEntity } from './pipeline.entity.js';
import type { ListedPipelineDto } from './pipeline-status.dto.js';
import { PipelineStatusService } from './pipeline-status.service.js';
import { PipelineNotFoundError } from './pipeline.errors.js';
import { toPipelineConfigurationChangeDto, toPipelineDto } from './pipeline.mapper.js';
import { PipelineRepository } from './pipeline.repository.js';

/** Reads and lists pipelines. */
@Injectable()
export class PipelineService {
  private readonly find: (id: number) => Promise<PipelineEntity | undefined>;

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly pipelines: PipelineRepository,
    private readonly statuses: PipelineStatusService,
  ) {
    this.find = readInGroups(transactions, (manager, ids: readonly number[]) => pipelines.findEach(manager, ids));
  }

  async get(id: number): Promise<PipelineDto> {
    const pipeline = await this.find(id);
    if (!pipeline) throw new PipelineNotFoundError(id);
    return toPipelineDto(pipeline);
  }

  async list(query: ListPipelinesQuery): Promise<Page<ListedPipelineDto>> {
    const page = await this.transactions.read((manager) => this.pipelines.list(manager, query));
    const pipelines = (await completePage(this.transactions, PIPELINE_LONG_COLUMNS, page)).map(toPipelineDto);
    if (query.include !== 'status') return pipelines;
    const listed = await this.statuses.complete(pipelines.items);
    return pipelines.map((_, index) => listed[index] as ListedPipelineDto);
  }

  async history(id: number, query: PageQuery): Promise<Page<PipelineConfigurationChangeDto>> {
    const page = await this.transactions.read(async (manager) => {
      if (!(await this.pipelines.findById(manager, id))) throw new PipelineNotFoundError(id);
      return this.pipelines.listHistory(manager, id, query);
    });
    return (await completePage(this.transactions, CONFIG_HISTORY_LONG_COLUMNS, page)).map(
      toPipelineConfigurationChangeDto,
    );
  }
}
