import { Injectable } from '@nestjs/common';
import type { EntityManager, QueryDeepPartialEntity } from 'typeorm';
import { nameKey } from '../../platform/values/name.js';
import { type Page, pageLimit, positionOf, toPage } from '../../platform/http/page.js';
import type { ListPipelineTypesQuery } from './pipeline-type.dto.js';
import { PipelineTypeEntity } from './pipeline-type.entity.js';
import { CHANGED_NOW, INSERT_PIPELINE_TYPE } from './pipeline.sql.js';
import { thresholdsOf, TYPE_PAIRS, wirePairs } from './threshold-pairs.js';

export type NewPipelineType = Pick<PipelineTypeEntity, 'name'> & Partial<PipelineTypeEntity>;

/** All SQL on `pipeline_type`. */
@Injectable()
export class PipelineTypeRepository {
  /** Inserts the type unless its name exists. Safe for concurrent calls. */
  async insertIfAbsent(manager: EntityManager, type: NewPipelineType): Promise<{ created: boolean }> {
    const inserted: unknown[] = await manager.query(INSERT_PIPELINE_TYPE, [
      type.name,
      type.muteFreshnessCheck ?? false,
      type.muteTimelinessCheck ?? false,
      JSON.stringify(wirePairs(TYPE_PAIRS, { ...thresholdsOf(TYPE_PAIRS, {}), ...type })),
      nameKey(type.name),
      type.muteAnomalyCheck ?? false,
    ]);
    return { created: inserted.length > 0 };
  }

  findById(manager: EntityManager, id: number): Promise<PipelineTypeEntity | null> {
    return manager.findOneBy(PipelineTypeEntity, { id });
  }

  findByName(manager: EntityManager, name: string): Promise<PipelineTypeEntity | null> {
    return manager.findOneBy(PipelineTypeEntity, { nameKey: nameKey(name) });
  }

  /** Reads the row and locks it against other writers until the transaction ends. */
  lock(manager: EntityManager, key: number | string): Promise<PipelineTypeEntity | null> {
    const where = typeof key === 'number' ? { id: key } : { nameKey: nameKey(key) };
    return manager.findOne(PipelineTypeEntity, { where, lock: { mode: 'for_no_key_update' } });
  }

  async update(manager: EntityManager, id: number, change: Partial<PipelineTypeEntity>): Promise<void> {
    const renamed = change.name === undefined ? change : { ...change, nameKey: nameKey(change.name) };
    const changed = { ...renamed, updatedAt: () => CHANGED_NOW } as QueryDeepPartialEntity<PipelineTypeEntity>;
    await manager.update(PipelineTypeEntity, { id }, changed);
  }

  /** Oldest first. Index: pk_pipeline_type. */
  async list(manager: EntityManager, query: ListPipelineTypesQuery): Promise<Page<PipelineTypeEntity>> {
    const rows = manager
      .createQueryBuilder(PipelineTypeEntity, 't')
      .orderBy('t.id')
      .limit(pageLimit(query) + 1);
    if (query.name !== undefined) rows.andWhere('t.nameKey = :name', { name: nameKey(query.name) });
    const [after] = positionOf(query, 1) ?? [];
    if (after !== undefined) rows.andWhere('t.id > :after', { after });
    return toPage(await rows.getMany(), query, (type) => [type.id]);
  }
}
