import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { PipelineNotFoundError } from '../pipeline/pipeline.errors.js';
import type { PipelineExpectationDto } from './anomaly.dto.js';
import { toExpectedDurationDto, toExpectedMetricDto } from './anomaly.mapper.js';
import { ExpectationRepository } from './expectation.repository.js';
import { History } from './history.js';
import { type JudgedPipeline, JudgingRepository } from './judging.repository.js';
import { MAXIMUM_RUNS, MINIMUM_RUNS } from './rule.js';
import { Zone } from './slots.js';

/** After all runs of a pipeline. */
const LATEST = { startDate: new Date('9999-12-31T23:59:59.999Z'), id: Number.MAX_SAFE_INTEGER } as const;

/** Shows what is usual for the runs of a pipeline. */
@Injectable()
export class PipelineExpectationService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly judging: JudgingRepository,
    private readonly expectations: ExpectationRepository,
  ) {}

  get(pipelineId: number): Promise<PipelineExpectationDto> {
    return this.transactions.read(async (manager) => {
      const pipeline = (await this.judging.findPipelines(manager, [pipelineId])).get(pipelineId);
      if (!pipeline) throw new PipelineNotFoundError(pipelineId);
      const history = await this.historyOf(manager, pipeline);
      const now = Zone.of(pipeline.zone).local(Date.now());
      return {
        pipeline_id: pipelineId,
        successes: history.runs.length,
        judged: pipeline.isWatched && history.runs.length >= MINIMUM_RUNS,
        metrics: history.expect(now).map(toExpectedMetricDto),
        durations: (await this.expectations.list(manager, pipelineId)).map(toExpectedDurationDto),
      };
    });
  }

  private async historyOf(manager: EntityManager, pipeline: JudgedPipeline): Promise<History> {
    const past = await this.judging.findPast(manager, [{ pipelineId: pipeline.id, ...LATEST }], MAXIMUM_RUNS);
    const rules = await this.judging.findRules(manager, [pipeline.id]);
    return new History(past.get(pipeline.id) ?? [], pipeline, new Map(rules.map((rule) => [rule.metric, rule])));
  }
}
