import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { itemsOf } from '../../platform/http/items.js';
import { ExecutionService } from '../execution/execution.service.js';
import { ImpactService } from './impact.service.js';
import type { ImpactDto } from './impact.dto.js';
import { ReportedDatasetDto, type ReportLineageDto, type RunLineageDto } from './run-lineage.dto.js';
import { RunLineageService } from './run-lineage.service.js';
import { RunReportService } from './run-report.service.js';

/** Takes and answers the lineage of executions. */
@Injectable()
export class RunQuestionsService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly executions: ExecutionService,
    private readonly runs: RunLineageService,
    private readonly impacts: ImpactService,
    private readonly reports: RunReportService,
  ) {}

  lineage(id: number, depth: number): Promise<RunLineageDto> {
    return this.transactions.read((manager) => this.runs.of(manager, id, depth));
  }

  async report(id: number, request: ReportLineageDto): Promise<RunLineageDto> {
    const inputs = itemsOf('inputs', request.inputs, ReportedDatasetDto);
    const outputs = itemsOf('outputs', request.outputs, ReportedDatasetDto);
    await this.reports.report(id, inputs, outputs);
    return this.lineage(id, 0);
  }

  /** What depends on what an execution should have written; of a superseded attempt, the last one. */
  async impact(id: number): Promise<ImpactDto> {
    const asked = await this.executions.require(id);
    const last = asked.superseded ? (await this.executions.attempts(id)).at(-1)?.id : undefined;
    const execution = last === undefined ? asked : await this.executions.require(last);
    const origins = await this.transactions.read((manager) => this.runs.outputsOf(manager, [execution]));
    return this.impacts.impactOf(origins, execution.endDate ?? execution.startDate, true);
  }
}
