import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type PipelineProgress, PipelineRepository } from './pipeline.repository.js';

/** What one successful execution loaded into its pipeline's target. */
export interface Load {
  readonly pipelineId: number;
  /** When the execution started: loads move the watermark in the order of their starts. */
  readonly startDate: Date;
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

  /** Records the loads of the caller's transaction; each pipeline's row is touched once, in the order of the ids. */
  async recordLoads(manager: EntityManager, loads: readonly Load[]): Promise<void> {
    const byPipeline = Map.groupBy(loads, (load) => load.pipelineId);
    const progress = [...byPipeline.entries()]
      .map(([pipelineId, ofPipeline]) => sumUp(pipelineId, ofPipeline))
      .filter(movesAnything)
      .toSorted((a, b) => a.pipelineId - b.pipelineId);
    if (progress.length > 0) await this.pipelines.recordProgress(manager, progress);
  }
}

function sumUp(pipelineId: number, loads: readonly Load[]): PipelineProgress {
  const newest = loads
    .filter((load) => load.nextWatermark !== null)
    .reduce<Load | undefined>((best, load) => (best && best.startDate > load.startDate ? best : load), undefined);
  return {
    pipelineId,
    watermarkStartDate: newest?.startDate ?? null,
    nextWatermark: newest?.nextWatermark ?? null,
    lastTargetInsert: latest(loads.map((load) => load.lastTargetInsert)),
    lastTargetUpdate: latest(loads.map((load) => load.lastTargetUpdate)),
    lastTargetSoftDelete: latest(loads.map((load) => load.lastTargetSoftDelete)),
  };
}

function movesAnything(progress: PipelineProgress): boolean {
  return Boolean(
    progress.watermarkStartDate ??
    progress.lastTargetInsert ??
    progress.lastTargetUpdate ??
    progress.lastTargetSoftDelete,
  );
}

function latest(dates: readonly (Date | null)[]): Date | null {
  return dates.reduce((best, date) => (date && (!best || date > best) ? date : best), null);
}
