import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { LAST_WATERMARK_PATCHES, RECORD_GREATEST, REPLACE_PROGRESS } from './pipeline.sql.js';

/** A successful run of a pipeline whose runs may be heard of in any order. */
export interface Success {
  readonly pipelineId: number;
  readonly startedAt: Date;
  readonly nextWatermark: string | null;
  /** When it loaded rows; null if it did not. */
  readonly loadedAt: Date | null;
}

/** What is left of the progress of a pipeline whose successes at some times turned out to be none. */
export interface LeftProgress {
  readonly pipelineId: number;
  readonly watermark: string | null;
  readonly watermarkStartDate: Date | null;
  readonly withdrawn: readonly Date[];
  readonly loadedAt: Date | null;
}

/** The SQL on the progress of pipelines whose runs may be heard of in any order; runs in the caller's transaction. */
@Injectable()
export class PipelineProgressRepository {
  /** See {@link RECORD_GREATEST}. */
  async recordGreatest(manager: EntityManager, successes: readonly Success[]): Promise<void> {
    const items = successes.map((success) => ({
      pipeline_id: success.pipelineId,
      start_date: success.startedAt,
      next_watermark: success.nextWatermark,
      loaded_at: success.loadedAt,
    }));
    const ids = [...new Set(items.map(({ pipeline_id }) => pipeline_id))];
    await manager.query(RECORD_GREATEST, [JSON.stringify(items), ids]);
  }

  /** See {@link LAST_WATERMARK_PATCHES}. */
  lastWatermarkPatches(
    manager: EntityManager,
    ids: readonly number[],
  ): Promise<{ pipelineId: number; at: Date; watermark: string | null }[]> {
    return manager.query(LAST_WATERMARK_PATCHES, [ids]);
  }

  /** See {@link REPLACE_PROGRESS}. */
  async replaceProgress(manager: EntityManager, progress: readonly LeftProgress[]): Promise<void> {
    const items = progress.map((left) => ({
      pipeline_id: left.pipelineId,
      watermark: left.watermark,
      watermark_start_date: left.watermarkStartDate,
      withdrawn: left.withdrawn,
      loaded_at: left.loadedAt,
    }));
    await manager.query(REPLACE_PROGRESS, [JSON.stringify(items), items.map(({ pipeline_id }) => pipeline_id)]);
  }
}
