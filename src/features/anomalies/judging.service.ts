import { setImmediate as othersGoFirst } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { ExecutionFlagService } from '../execution/execution-flag.service.js';
import { ExpectationService } from './expectation.service.js';
import { History, toAnomaly } from './history.js';
import {
  type JudgedExecution,
  type JudgedPipeline,
  JudgingRepository,
  type NewAnomaly,
  type PastRun,
} from './judging.repository.js';
import type { Metric } from './metric.js';
import { MAXIMUM_RUNS } from './rule.js';
import { type Finding, VerdictService } from './verdict.service.js';

/** Executions judged in a transaction. */
const BATCH = 200;
/** Read beside the history of the newest run, for further runs of the pipeline in the same batch. */
const FURTHER_RUNS = 50;

/**
 * Compares successful runs with the earlier ones of their pipelines, in batches: each is one transaction, with its
 * anomalies, incidents and messages. Superseded attempts, runs of failed trees and of muted or inactive pipelines are
 * left out.
 */
@Injectable()
export class JudgingService {
  constructor(
    private readonly judging: JudgingRepository,
    private readonly verdicts: VerdictService,
    private readonly expectations: ExpectationService,
    private readonly flags: ExecutionFlagService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'alertMaxAge'>,
  ) {}

  /** Judges the next batch in the caller's transaction; returns whether there may be more. */
  async judgeNext(manager: EntityManager, now: Date): Promise<boolean> {
    if (!(await this.judging.tryLock(manager))) return false;
    const ids = await this.judging.take(manager, BATCH);
    if (ids.length === 0) return false;
    const executions = await this.find(manager, ids);
    const pipelineIds = [...new Set(executions.map(({ pipelineId }) => pipelineId))];
    const pipelines = await this.judging.findPipelines(manager, pipelineIds);
    const watched = executions.filter(({ pipelineId }) => pipelines.get(pipelineId)?.isWatched);
    if (watched.length > 0) await this.judge(manager, watched, pipelines, now);
    return ids.length === BATCH;
  }

  /** The executions to judge, in the order of their ends; those below others first. */
  private async find(manager: EntityManager, ids: readonly number[]): Promise<JudgedExecution[]> {
    const found = await this.judging.findExecutions(manager, ids);
    const successes = found.filter((one) => one.completedSuccessfully && one.endDate && !one.superseded);
    const rootIds = [...new Set(successes.filter((one) => one.id !== one.rootId).map(({ rootId }) => rootId))];
    const roots = rootIds.length > 0 ? await this.judging.findExecutions(manager, rootIds) : [];
    const failed = new Set(roots.filter((root) => root.completedSuccessfully === false).map(({ id }) => id));
    return successes.filter(({ rootId }) => !failed.has(rootId)).toSorted(byEnd);
  }

  private async judge(
    manager: EntityManager,
    executions: readonly JudgedExecution[],
    pipelines: ReadonlyMap<number, JudgedPipeline>,
    now: Date,
  ): Promise<void> {
    const rules = Map.groupBy(
      await this.judging.findRules(manager, [...pipelines.keys()]),
      ({ pipelineId }) => pipelineId,
    );
    const oldest = now.getTime() - this.config.alertMaxAge;
    const findings: Finding[] = [];
    const histories = new Map<number, readonly PastRun[]>();
    let waiting = executions;
    while (waiting.length > 0) {
      const past = await this.findPast(manager, waiting);
      const later: JudgedExecution[] = [];
      for (const [pipelineId, ofPipeline] of Map.groupBy(waiting, (one) => one.pipelineId)) {
        // Requests don't wait for the whole batch.
        await othersGoFirst();
        const ofMetrics = new Map((rules.get(pipelineId) ?? []).map((rule) => [rule.metric, rule] as const));
        const runs = past.get(pipelineId) ?? [];
        const history = new History(runs, pipelines.get(pipelineId) as JudgedPipeline, ofMetrics);
        const isAll = runs.length < MAXIMUM_RUNS + FURTHER_RUNS;
        const newest = newestOf(ofPipeline);
        for (const execution of ofPipeline) {
          const position = history.positionOf(execution.id);
          const isKnown = position !== undefined && (isAll || position >= MAXIMUM_RUNS);
          if (isKnown) findings.push(findingOf(execution, history, position, oldest));
          // The newest is not among the runs only if it was superseded meanwhile.
          else if (execution !== newest && !isAll) later.push(execution);
        }
        // The first history of a pipeline is its newest.
        if (!histories.has(pipelineId)) histories.set(pipelineId, runs);
      }
      waiting = later;
    }
    const anomalies = findings.flatMap((finding) => finding.anomalies);
    if (anomalies.length > 0) {
      await this.judging.insertAnomalies(manager, anomalies, now);
      await this.flags.flag(manager, flagsOf(anomalies));
    }
    await this.verdicts.settle(
      manager,
      findings.toSorted((a, b) => byEnd(a.execution, b.execution)),
      now,
    );
    await this.expectations.learn(manager, histories, now);
  }

  private findPast(
    manager: EntityManager,
    executions: readonly JudgedExecution[],
  ): Promise<ReadonlyMap<number, PastRun[]>> {
    const newest = [...Map.groupBy(executions, ({ pipelineId }) => pipelineId).values()].map(newestOf);
    return this.judging.findPast(manager, newest, MAXIMUM_RUNS + FURTHER_RUNS);
  }
}

function findingOf(execution: JudgedExecution, history: History, position: number, oldest: number): Finding {
  const verdicts = history.judge(position);
  const local = history.localAt(position);
  return {
    execution,
    verdicts,
    anomalies: verdicts.filter(({ direction }) => direction).map((verdict) => toAnomaly(execution, verdict, local)),
    isHistory: (execution.endDate as Date).getTime() < oldest,
    alertWanted: history.hasRules,
  };
}

function flagsOf(anomalies: readonly NewAnomaly[]): Map<number, Record<Metric, boolean>> {
  const flags = new Map<number, Record<string, boolean>>();
  for (const { executionId, metric } of anomalies)
    flags.set(executionId, { ...flags.get(executionId), [metric]: true });
  return flags;
}

function newestOf(executions: readonly JudgedExecution[]): JudgedExecution {
  return executions.reduce((a, b) => ((b.startDate.getTime() - a.startDate.getTime() || b.id - a.id) > 0 ? b : a));
}

function byEnd(a: JudgedExecution, b: JudgedExecution): number {
  const [endA, endB] = [a.endDate as Date, b.endDate as Date];
  return endA.getTime() - endB.getTime() || b.startDate.getTime() - a.startDate.getTime() || b.id - a.id;
}
