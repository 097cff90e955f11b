import { Injectable } from '@nestjs/common';
import type { EntityManager, QueryDeepPartialEntity, SelectQueryBuilder } from 'typeorm';

import { nameKey } from '../common/name.js';
import { type Page, pageLimit, positionOf, type PageQuery, toPage } from '../common/page.js';
import { together } from '../database/together.js';
import type { Configuration } from './configuration.js';
import { PipelineConfigHistoryEntity } from './pipeline-config-history.entity.js';
import type { ListPipelinesQuery } from './pipeline.dto.js';
import { PipelineEntity } from './pipeline.entity.js';
import {
  FIND_FOR_REGISTRATION,
  INSERT_PIPELINE,
  LOCK_PIPELINES,
  RECORD_PROGRESS,
  SET_NEXT_WATERMARK,
} from './pipeline.sql.js';

/** What registration needs to know of a pipeline that is there, and the stored name of the type it was told. */
export interface KnownPipeline {
  readonly id: number;
  readonly name: string;
  readonly active: boolean;
  readonly load_lineage: boolean;
  readonly watermark: string | null;
  readonly next_watermark: string | null;
  readonly config_hash: string;
  readonly given_type_name: string | null;
}

/** A pipeline to insert. */
export interface NewPipeline {
  readonly configuration: Configuration;
  readonly hash: string;
  readonly pipelineTypeId: number;
  readonly nextWatermark: string | null;
}

export type InsertedPipeline = Pick<KnownPipeline, 'id' | 'active' | 'load_lineage' | 'watermark'>;

/** What all successful loads of a transaction come to for one pipeline; the watermark is the latest start's that has one. */
export interface PipelineProgress {
  readonly pipelineId: number;
  readonly watermarkStartDate: Date | null;
  readonly nextWatermark: string | null;
  readonly lastTargetInsert: Date | null;
  readonly lastTargetUpdate: Date | null;
  readonly lastTargetSoftDelete: Date | null;
}

/** Owns all SQL of `pipeline` and of its configuration history. */
@Injectable()
export class PipelineRepository {
  async findForRegistration(
    manager: EntityManager,
    name: string,
    typeName: string,
  ): Promise<KnownPipeline | undefined> {
    const [known]: KnownPipeline[] = await manager.query(FIND_FOR_REGISTRATION, [nameKey(name), nameKey(typeName)]);
    return known;
  }

  /** The new row, or undefined when the name is taken already. Safe to race. */
  async insertIfAbsent(manager: EntityManager, pipeline: NewPipeline): Promise<InsertedPipeline | undefined> {
    const { configuration } = pipeline;
    const [inserted]: InsertedPipeline[] = await manager.query(INSERT_PIPELINE, [
      configuration.name,
      pipeline.pipelineTypeId,
      configuration.pipeline_metadata && JSON.stringify(configuration.pipeline_metadata),
      pipeline.nextWatermark,
      configuration.freshness_number,
      configuration.freshness_datepart,
      configuration.timeliness_number,
      configuration.timeliness_datepart,
      pipeline.hash,
      nameKey(configuration.name),
    ]);
    return inserted;
  }

  async setNextWatermark(manager: EntityManager, id: number, nextWatermark: string): Promise<void> {
    await manager.query(SET_NEXT_WATERMARK, [id, nextWatermark]);
  }

  /** Moves pipelines on, see {@link RECORD_PROGRESS}; the locks and the update go out together. */
  async recordProgress(manager: EntityManager, progress: readonly PipelineProgress[]): Promise<void> {
    const items = progress.map((pipeline) => ({
      pipeline_id: pipeline.pipelineId,
      watermark_start_date: pipeline.watermarkStartDate,
      next_watermark: pipeline.nextWatermark,
      last_target_insert: pipeline.lastTargetInsert,
      last_target_update: pipeline.lastTargetUpdate,
      last_target_soft_delete: pipeline.lastTargetSoftDelete,
    }));
    const ids = progress.map(({ pipelineId }) => pipelineId);
    // A single row is locked by its update.
    const locks = ids.length > 1 ? [manager.query(LOCK_PIPELINES, [ids])] : [];
    await together([...locks, manager.query(RECORD_PROGRESS, [JSON.stringify(items)])]);
  }

  async update(manager: EntityManager, id: number, change: Partial<PipelineEntity>): Promise<void> {
    const renamed = change.name === undefined ? change : { ...change, nameKey: nameKey(change.name) };
    await manager.update(PipelineEntity, { id }, renamed as QueryDeepPartialEntity<PipelineEntity>);
  }

  async addHistory(
    manager: EntityManager,
    change: Omit<PipelineConfigHistoryEntity, 'id' | 'changedAt'>,
  ): Promise<void> {
    await manager.insert(PipelineConfigHistoryEntity, change as QueryDeepPartialEntity<PipelineConfigHistoryEntity>);
  }

  findById(manager: EntityManager, id: number): Promise<PipelineEntity | null> {
    return this.withType(manager).where('p.id = :id', { id }).getOne();
  }

  /** The row with its type, locked against other writers until the transaction ends. */
  lock(manager: EntityManager, key: number | string): Promise<PipelineEntity | null> {
    const pipeline = this.withType(manager).setLock('for_no_key_update', undefined, ['p']);
    return (
      typeof key === 'number'
        ? pipeline.where('p.id = :key', { key })
        : pipeline.where('p.nameKey = :key', { key: nameKey(key) })
    ).getOne();
  }

  /** Oldest first, by pk_pipeline or ix_pipeline_pipeline_type. */
  async list(manager: EntityManager, query: ListPipelinesQuery): Promise<Page<PipelineEntity>> {
    const rows = this.withType(manager)
      .orderBy('p.id')
      .limit(pageLimit(query) + 1);
    if (query.name !== undefined) rows.andWhere('p.nameKey = :name', { name: nameKey(query.name) });
    if (query.active !== undefined) rows.andWhere('p.active = :active', { active: query.active });
    if (query.pipeline_type_name !== undefined) {
      rows.andWhere('t.nameKey = :typeName', { typeName: nameKey(query.pipeline_type_name) });
    }
    const [after] = positionOf(query, 1) ?? [];
    if (after !== undefined) rows.andWhere('p.id > :after', { after });
    return toPage(await rows.getMany(), query, (pipeline) => [pipeline.id]);
  }

  /** Newest first, by uq_pipeline_config_history_version. */
  async listHistory(manager: EntityManager, id: number, query: PageQuery): Promise<Page<PipelineConfigHistoryEntity>> {
    const rows = manager
      .createQueryBuilder(PipelineConfigHistoryEntity, 'h')
      .where('h.pipelineId = :id', { id })
      .orderBy('h.configVersion', 'DESC')
      .limit(pageLimit(query) + 1);
    const [before] = positionOf(query, 1) ?? [];
    if (before !== undefined) rows.andWhere('h.configVersion < :before::bigint', { before });
    return toPage(await rows.getMany(), query, (change) => [change.configVersion]);
  }

  private withType(manager: EntityManager): SelectQueryBuilder<PipelineEntity> {
    return manager.createQueryBuilder(PipelineEntity, 'p').innerJoinAndSelect('p.pipelineType', 't');
  }
}
