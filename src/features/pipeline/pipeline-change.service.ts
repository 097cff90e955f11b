import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager, QueryDeepPartialEntity } from 'typeorm';
import { PIPELINE_CHANGE_LONG_COLUMNS, PipelineChangeEntity } from './pipeline-change.entity.js';
import { type PipelineChange, PipelineEvents } from './pipeline.events.js';
import { PipelineNotFoundError } from './pipeline.errors.js';
import { PipelineRepository } from './pipeline.repository.js';
import { FIND_WATERMARK_PATCHES } from './pipeline.sql.js';

/** The most characters of a caller's name that are stored. */
const MAX_NAME = 255;

/** A change of the watermark by PATCH. */
export interface WatermarkPatch {
  readonly id: number;
  readonly at: Date;
  readonly by: string | null;
  readonly watermark: string | null;
}

/** Records the changes that callers make to pipelines, and lists them. */
@Injectable()
export class PipelineChangeService implements OnModuleInit {
  constructor(
    private readonly pipelines: PipelineRepository,
    private readonly events: PipelineEvents,
  ) {}

  onModuleInit(): void {
    this.events.changed.listen((manager, changes) => this.add(manager, changes));
  }

  private async add(manager: EntityManager, changes: readonly PipelineChange[]): Promise<void> {
    const rows = changes.map(({ pipelineId, kind, at, by, before, after }) => {
      const changedBy = [...by].slice(0, MAX_NAME).join('');
      return { pipelineId, kind, changedAt: at, changedBy, before, after };
    });
    await manager.insert(PipelineChangeEntity, rows as QueryDeepPartialEntity<PipelineChangeEntity>[]);
  }

  /** Whether the watermark of a pipeline has ever been set. Throws `PipelineNotFoundError`. */
  async hasMoved(manager: EntityManager, pipelineId: number): Promise<boolean> {
    const pipeline = await this.pipelines.findById(manager, pipelineId);
    if (!pipeline) throw new PipelineNotFoundError(pipelineId);
    if (pipeline.watermark !== null) return true;
    return (await this.findWatermarkPatches(manager, pipelineId, Number.MAX_SAFE_INTEGER, 1)).length > 0;
  }

  /**
   * The changes before the one with the id `before`, newest first, without their long values (see
   * `PIPELINE_CHANGE_LONG_COLUMNS`). Index: ix_pipeline_change_pipeline.
   */
  findBefore(
    manager: EntityManager,
    pipelineId: number,
    before: number,
    limit: number,
  ): Promise<PipelineChangeEntity[]> {
    const rows = PIPELINE_CHANGE_LONG_COLUMNS.select(manager, 'c', limit)
      .where('c.pipelineId = :pipelineId AND c.id < :before', { pipelineId, before })
      .orderBy('c.id', 'DESC')
      .limit(limit);
    return PIPELINE_CHANGE_LONG_COLUMNS.getMany(rows);
  }

  /** The changes of the watermark by PATCH, likewise. Index: ix_pipeline_change_watermark. */
  findWatermarkPatches(
    manager: EntityManager,
    pipelineId: number,
    before: number,
    limit: number,
  ): Promise<WatermarkPatch[]> {
    return manager.query(FIND_WATERMARK_PATCHES, [pipelineId, before, limit]);
  }
}
