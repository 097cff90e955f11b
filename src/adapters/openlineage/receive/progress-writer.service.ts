import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ExecutionRecordService } from '../../../features/execution/records/execution-record.service.js';
import {
  type LeftProgress,
  PipelineWatermarkService,
  type Success,
} from '../../../features/pipeline/pipeline-watermark.service.js';
import { toDate } from '../event/event-time.js';
import { type DerivedRun, deriveRun } from '../state/derived-run.js';
import type { RunState } from '../state/run-state.js';
import { OpenLineageRunRepository } from './openlineage-run.repository.js';
import { isSame, type PlacedChange, startOf } from './run-change.js';

/** How many of the latest successes are looked through for one that loaded data. */
const MOST_SUCCESSES = 1000;

/** Derives the watermarks of pipelines, and when data was loaded last, from the successes of their runs. */
@Injectable()
export class ProgressWriterService {
  constructor(
    private readonly watermarks: PipelineWatermarkService,
    private readonly executions: ExecutionRecordService,
    private readonly runs: OpenLineageRunRepository,
  ) {}

  /** After the executions were written. */
  async write(manager: EntityManager, placed: readonly PlacedChange[]): Promise<void> {
    const changes = placed.map(({ change: { before, after, was, is }, place }) => ({
      was: before && was && successOf(before.state, was, before.pipelineId),
      is: successOf(after, is, place.pipelineId),
    }));
    const news = changes.filter(({ was, is }) => !isSame(was, is));
    await this.watermarks.recordGreatest(
      manager,
      news.flatMap(({ is }) => is ?? []),
    );
    const withdrawn = news.flatMap(({ was }) => was ?? []);
    const left: LeftProgress[] = [];
    for (const [pipelineId, successes] of Map.groupBy(withdrawn, (success) => success.pipelineId)) {
      left.push(await this.leftOf(manager, pipelineId, successes));
    }
    await this.watermarks.replace(manager, left);
  }

  /** What is left of the progress of a pipeline without these successes. */
  private async leftOf(
    manager: EntityManager,
    pipelineId: number,
    withdrawn: readonly Success[],
  ): Promise<LeftProgress> {
    const patch = (await this.watermarks.lastPatches(manager, [pipelineId])).get(pipelineId);
    const greatest = await this.executions.greatestWatermark(manager, pipelineId, patch?.at ?? null);
    const loads = withdrawn.flatMap(({ loadedAt }) => loadedAt ?? []);
    return {
      pipelineId,
      watermark: greatest?.nextWatermark ?? patch?.watermark ?? null,
      watermarkStartDate: greatest?.startDate ?? patch?.at ?? null,
      withdrawn: loads,
      loadedAt: loads.length > 0 ? await this.lastLoad(manager, pipelineId) : null,
    };
  }

  private async lastLoad(manager: EntityManager, pipelineId: number): Promise<Date | null> {
    const successes = await this.executions.latestSuccesses(manager, pipelineId, MOST_SUCCESSES);
    const runs = await this.runs.findOfExecutions(
      manager,
      successes.map(({ id }) => id),
    );
    const loading = new Set(runs.filter(({ state }) => deriveRun(state).loads).map((run) => run.executionId));
    return successes.find(({ id, inserts }) => loading.has(id) || (inserts ?? 0) > 0)?.endDate ?? null;
  }
}

function successOf(state: RunState, run: DerivedRun, pipelineId: number): Success | undefined {
  if (run.status !== 'succeeded') return undefined;
  return {
    pipelineId,
    startedAt: startOf(state, run),
    nextWatermark: run.nextWatermark,
    loadedAt: run.loads && run.end !== null ? toDate(run.end) : null,
  };
}
