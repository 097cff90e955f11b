import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type PipelineProgress, PipelineRepository } from './pipeline.repository.js';

/** What a successful execution changes in its pipeline. */
export interface SuccessfulRun {
  readonly pipelineId: number;
  /** Its place in the order of the runs: when it started, by a clock that was not ahead of the service's. */
  readonly startedAt: Date;
  readonly nextWatermark: string | null;
  /** When rows were inserted, updated, soft-deleted; null where none were. */
  readonly lastTargetInsert: Date | null;
  readonly lastTargetUpdate: Date | null;
  readonly lastTargetSoftDelete: Date | null;
}

/** How far pipelines have loaded: watermarks never move back to an execution that started earlier. */
@Injectable()
export class PipelineWatermarkService {
  constructor(private readonly pipelines: PipelineRepository) {}

  /** Records the successes of the caller's transaction; each pipeline's row is written once, in the order of the ids. */
  async recordSuccesses(manager: EntityManager, runs: readonly SuccessfulRun[]): Promise<void> {
    const byPipeline = Map.groupBy(runs, (run) => run.pipelineId);
    const progress = [...byPipeline.entries()]
      .map(([pipelineId, ofPipeline]) => sumUp(pipelineId, ofPipeline))
      .toSorted((a, b) => a.pipelineId - b.pipelineId);
    if (progress.length > 0) await this.pipelines.recordProgress(manager, progress);
  }
}

function sumUp(pipelineId: number, runs: readonly SuccessfulRun[]): PipelineProgress {
  const newest = runs
    .filter((run) => run.nextWatermark !== null)
    .reduce<SuccessfulRun | undefined>((best, run) => (best && best.startedAt > run.startedAt ? best : run), undefined);
  return {
    pipelineId,
    watermarkStartDate: newest?.startedAt ?? null,
    nextWatermark: newest?.nextWatermark ?? null,
    lastTargetInsert: latest(runs.map((run) => run.lastTargetInsert)),
    lastTargetUpdate: latest(runs.map((run) => run.lastTargetUpdate)),
    lastTargetSoftDelete: latest(runs.map((run) => run.lastTargetSoftDelete)),
  };
}

function latest(dates: readonly (Date | null)[]): Date | null {
  return dates.reduce((best, date) => (date && (!best || date > best) ? date : best), null);
}
