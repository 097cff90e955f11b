import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { momentAt, type Page, pageLimit, type PageQuery, positionOf, toPage } from '../../platform/http/page.js';
import { statusOf } from '../execution/execution-status.js';
import { PipelineNameService } from '../pipeline/pipeline-name.service.js';
import { ExecutionDatasetRepository } from './execution-dataset.repository.js';
import { LineageWalkService } from './lineage-walk.service.js';
import type { DatasetUseDto } from './run-lineage.dto.js';

/** Lists the executions that read or wrote a dataset. */
@Injectable()
export class DatasetUseService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly walks: LineageWalkService,
    private readonly pipelines: PipelineNameService,
    private readonly reported: ExecutionDatasetRepository,
  ) {}

  /** Newest first; `io` is `I` for readers and `O` for writers. Throws `DatasetNotFoundError`. */
  list(id: number, io: 'I' | 'O', query: PageQuery): Promise<Page<DatasetUseDto>> {
    const [at, before] = positionOf(query, 2) ?? [];
    return this.transactions.read(async (manager) => {
      await this.walks.require(manager, id);
      const uses = await this.reported.listOf(manager, id, io, {
        before: at === undefined ? 'infinity' : momentAt(at),
        id: before ?? 0,
        limit: pageLimit(query) + 1,
      });
      const pipelineIds = [...new Set(uses.map(({ pipelineId }) => pipelineId))];
      const names = new Map((await this.pipelines.describe(manager, pipelineIds)).map((one) => [one.id, one.name]));
      const page = toPage(uses, query, ({ at, executionId }) => [at.getTime(), executionId]);
      return page.map((use) => ({
        execution_id: use.executionId,
        pipeline_id: use.pipelineId,
        pipeline_name: names.get(use.pipelineId) ?? '',
        status: statusOf(use),
        at: use.at.toISOString(),
        rows: use.rows,
        bytes: use.bytes,
        files: use.files,
      }));
    });
  }
}
