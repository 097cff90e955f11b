import { Injectable } from '@nestjs/common';
import { sqlStateOf, SqlState } from '../../platform/database/database-errors.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { ExecutionNotFoundError } from '../execution/execution.errors.js';
import { ExecutionService } from '../execution/execution.service.js';
import { statusOf } from '../execution/execution-status.js';
import { AddressRepository } from './address.repository.js';
import { ExecutionDatasetRepository, type Reported } from './execution-dataset.repository.js';
import { MOST_EDGES } from './lineage-declaration.service.js';
import { TooManyEdgesError } from './lineage.errors.js';
import { toAskedDataset } from './lineage.mapper.js';
import { LineageRepository } from './lineage.repository.js';
import type { ReportedDatasetDto } from './run-lineage.dto.js';

/** Takes what executions report to have read and written. */
@Injectable()
export class RunReportService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly executions: ExecutionService,
    private readonly addresses: AddressRepository,
    private readonly lineage: LineageRepository,
    private readonly reported: ExecutionDatasetRepository,
  ) {}

  /**
   * Replaces what an execution reported. Unless it has failed, its pipeline reads and writes these from now on; the
   * edges of its other runs are kept for as long as `LineageRepository` remembers them. Throws `ExecutionNotFoundError`.
   */
  async report(
    id: number,
    inputs: readonly ReportedDatasetDto[],
    outputs: readonly ReportedDatasetDto[],
  ): Promise<void> {
    if (inputs.length * outputs.length > MOST_EDGES) throw new TooManyEdgesError(MOST_EDGES, 'outputs');
    try {
      await this.transactions.run(async (manager) => {
        const execution = (await this.executions.glance(manager, [id])).get(id);
        if (!execution) throw new ExecutionNotFoundError(id);
        const status = statusOf(execution);
        const { ids } = await this.addresses.ensure(manager, [...inputs, ...outputs].map(toAskedDataset));
        const recent = await this.lineage.lock(manager, execution.pipelineId);
        const isNew = (await this.reported.findReported(manager, [id], 1)).length === 0;
        const at = (status === 'running' || status === 'expected' ? null : execution.endDate) ?? new Date();
        const rows = rowsOf(id, ids, inputs, outputs);
        await this.reported.replace(manager, execution, at, rows);
        if (status !== 'running' && status !== 'succeeded') return;
        const idsOf = (io: 'I' | 'O'): number[] => rows.filter((row) => row.io === io).map((row) => row.datasetId);
        const run = { sources: idsOf('I'), targets: idsOf('O'), at, recent, isNew: isNew && rows.length > 0 };
        await this.lineage.observe(manager, execution.pipelineId, run);
      }, `execution ${id}`);
    } catch (error) {
      // The pipeline was deleted between the read and the write, and the execution with it.
      if (sqlStateOf(error) === SqlState.foreignKeyViolation) throw new ExecutionNotFoundError(id);
      throw error;
    }
  }
}

/** One row for each dataset and direction; of two with the same name the last counts. */
function rowsOf(
  executionId: number,
  ids: readonly number[],
  inputs: readonly ReportedDatasetDto[],
  outputs: readonly ReportedDatasetDto[],
): Reported[] {
  const rows = new Map<string, Reported>();
  for (const [index, { rows: count, bytes, files }] of [...inputs, ...outputs].entries()) {
    const datasetId = ids[index] ?? 0;
    const io = index < inputs.length ? 'I' : 'O';
    const measures = { rows: count ?? null, bytes: bytes ?? null, files: files ?? null };
    rows.set(`${io}${datasetId}`, { executionId, datasetId, io, ...measures });
  }
  return [...rows.values()];
}
