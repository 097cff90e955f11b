import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type LeftProgress, PipelineProgressRepository, type Success } from './pipeline-progress.repository.js';
import { type PipelineProgress, PipelineRepository } from './pipeline.repository.js';

export type { LeftProgress, Success };

/** The changes that a successful execution makes to its pipeline. */
export interface SuccessfulRun {
  readonly pipelineId: number;
  /** Its position in the order of the runs: its start, or if that was ahead of the service's clock, its receipt. */
  readonly startedAt: Date;
  readonly nextWatermark: string | null;
  /** The times at which rows were inserted, updated and soft-deleted; null if none were. */
  readonly lastTargetInsert: Date | null;
  readonly lastTargetUpdate: Date | null;
  readonly lastTargetSoftDelete: Date | null;
}

/** Moves the watermarks of pipelines; an execution that started earlier never moves one back. */
@Injectable()
export class PipelineWatermarkService {
  constructor(
    private readonly pipelines: PipelineRepository,
    private readonly progress: PipelineProgressRepository,
  ) {}

  /** Records successful runs in the caller's transaction; writes each pipeline's row once, in the order of the ids. */
  async recordSuccesses(manager: EntityManager, runs: readonly SuccessfulRun[]): Promise<void> {
    const byPipeline = Map.groupBy(runs, (run) => run.pipelineId);
    const progress = [...byPipeline.entries()]
      .map(([pipelineId, ofPipeline]) => sumUp(pipelineId, ofPipeline))
      .toSorted((a, b) => a.pipelineId - b.pipelineId);
    if (progress.length > 0) await this.pipelines.recordProgress(manager, progress);
  }

  /**
   * Records successful runs of pipelines whose watermark is the greatest `next_watermark` of their successes, in
   * whatever order these are heard of: a run for an earlier period never moves it back.
   */
  async recordGreatest(manager: EntityManager, successes: readonly Success[]): Promise<void> {
    if (successes.length > 0) await this.progress.recordGreatest(manager, successes);
  }

  /** The last change of each watermark by PATCH, by pipeline; none for most. */
  async lastPatches(
    manager: EntityManager,
    pipelineIds: readonly number[],
  ): Promise<Map<number, { readonly at: Date; readonly watermark: string | null }>> {
    const rows = await this.progress.lastWatermarkPatches(manager, pipelineIds);
    return new Map(rows.map((row) => [row.pipelineId, row]));
  }

  /** Replaces the progress of pipelines of which a success was withdrawn. */
  async replace(manager: EntityManager, progress: readonly LeftProgress[]): Promise<void> {
    if (progress.length > 0) await this.progress.replaceProgress(manager, progress);
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
