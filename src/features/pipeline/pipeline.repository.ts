import { Injectable } from '@nestjs/common';
import type { EntityManager, QueryDeepPartialEntity, SelectQueryBuilder } from 'typeorm';
import { nameKey } from '../../platform/values/name.js';
import { type Page, pageLimit, positionOf, type PageQuery, toPage } from '../../platform/http/page.js';
import { CONFIG_HISTORY_LONG_COLUMNS, PipelineConfigHistoryEntity } from './pipeline-config-history.entity.js';
import type { ListPipelinesQuery } from './pipeline-list.dto.js';
import { PIPELINE_LONG_COLUMNS, PipelineEntity } from './pipeline.entity.js';
import {
  CHANGED_NOW,
  DESCRIBE_PIPELINES,
  FIND_IDS_OF_TYPE,
  FIND_IDS_BY_KEY,
  FIND_LOAD_LINEAGE,
  FIND_NAMES,
  FORGET_PIPELINE,
  OUTLINE_PIPELINES,
  RECORD_PROGRESS,
  RECORD_PROGRESS_OF_ONE,
} from './pipeline.sql.js';
import type { Schedule } from './schedule.js';
import {
  DESCRIBE_FOUND,
  FIND_BEGINNING,
  FIND_CONTAINING,
  HAS_METADATA,
  HAS_NAME,
  HAS_PART,
  IN_NAMESPACE,
} from './pipeline-search.sql.js';
import { DESCRIBE_AFFECTED, FIND_STATUS } from './pipeline-status.sql.js';
import { STATE_CONDITIONS } from './pipeline-state.js';
import { SET_NEXT_EXPECTED, TAKE_DUE } from './pipeline-schedule.sql.js';

/** How many executions the status of a pipeline has. */
const RECENT = 30;

/** Columns that lists don't show, and that may be long. */
const UNSHOWN = ['usedNextWatermark'];

/** The successful runs of one pipeline in a transaction, combined; the latest start with a watermark sets it. */
export interface PipelineProgress {
  readonly pipelineId: number;
  readonly watermarkStartDate: Date | null;
  readonly nextWatermark: string | null;
  readonly lastTargetInsert: Date | null;
  readonly lastTargetUpdate: Date | null;
  readonly lastTargetSoftDelete: Date | null;
}

/** The name and the type of a pipeline. */
export interface PipelineDescription {
  readonly id: number;
  readonly name: string;
  readonly pipeline_type_id: number;
  readonly pipeline_type_name: string;
}

/** A pipeline, and whether an execution that starts now inherits a `next_watermark`. */
export interface PipelineOutline {
  readonly id: number;
  /** See `pipelineKey`. */
  readonly key: string;
  readonly hasNextWatermark: boolean;
}

/** A pipeline whose next expected start is due. */
export interface DuePipeline extends Schedule {
  readonly pipelineId: number;
  /** The first expected start that no check has judged. */
  readonly expectedAt: Date;
  /** Expected starts before this moment are due. */
  readonly missedBefore: Date;
  /** Whether it is active and its schedule not muted. */
  readonly isWatched: boolean;
}

/** How a pipeline is doing: its last executions as arrays, newest first, null if it has none. */
export interface PipelineStatus {
  readonly pipelineId: number;
  readonly ids: readonly number[] | null;
  readonly rootIds: readonly number[] | null;
  readonly starts: readonly Date[] | null;
  readonly ends: readonly (Date | null)[] | null;
  readonly statuses: string[] | null;
  readonly staleAt: Date | null;
  readonly openIncidents: number;
}

/** A pipeline that lineage leads to. */
export interface AffectedPipeline {
  readonly id: number;
  readonly namespace: string;
  readonly name: string;
  readonly typeName: string;
  readonly active: boolean;
  readonly nextExpectedAt: Date | null;
  /** Its metadata, unless it is longer than 4 kB. */
  readonly shortMetadata: Record<string, unknown> | null;
}

/** A pipeline as a search shows it. */
export interface FoundPipeline {
  readonly id: number;
  readonly namespace: string;
  readonly name: string;
  readonly pipeline_type_name: string;
  readonly active: boolean;
  readonly archived: boolean;
}

/** All SQL on `pipeline` and its configuration history. */
@Injectable()
export class PipelineRepository {
  findNames(manager: EntityManager, ids: readonly number[]): Promise<Pick<PipelineDescription, 'id' | 'name'>[]> {
    return manager.query(FIND_NAMES, [ids]);
  }

  async findIdsOfType(manager: EntityManager, typeName: string): Promise<number[]> {
    const rows = await manager.query<{ id: number }[]>(FIND_IDS_OF_TYPE, [nameKey(typeName)]);
    return rows.map(({ id }) => id);
  }

  findIdsByKey(manager: EntityManager, keys: readonly string[]): Promise<{ key: string; id: number }[]> {
    return manager.query(FIND_IDS_BY_KEY, [keys]);
  }

  outline(manager: EntityManager, ids: readonly number[], keys: readonly string[]): Promise<PipelineOutline[]> {
    return manager.query(OUTLINE_PIPELINES, [ids, keys]);
  }

  describe(manager: EntityManager, ids: readonly number[]): Promise<PipelineDescription[]> {
    return manager.query(DESCRIBE_PIPELINES, [ids]);
  }

  /** See {@link TAKE_DUE}. */
  takeDue(manager: EntityManager, now: Date, limit: number): Promise<DuePipeline[]> {
    return manager.query(TAKE_DUE, [now, limit]);
  }

  async setNextExpected(
    manager: EntityManager,
    starts: readonly { readonly pipelineId: number; readonly next: Date | null }[],
  ): Promise<void> {
    const ids = starts.map(({ pipelineId }) => pipelineId);
    await manager.query(SET_NEXT_EXPECTED, [ids, starts.map(({ next }) => next)]);
  }

  /** See {@link RECORD_PROGRESS}. */
  async recordProgress(manager: EntityManager, progress: readonly PipelineProgress[]): Promise<void> {
    const items = progress.map((pipeline) => ({
      pipeline_id: pipeline.pipelineId,
      moves: movesAnything(pipeline),
      watermark_start_date: pipeline.watermarkStartDate,
      next_watermark: pipeline.nextWatermark,
      last_target_insert: pipeline.lastTargetInsert,
      last_target_update: pipeline.lastTargetUpdate,
      last_target_soft_delete: pipeline.lastTargetSoftDelete,
    }));
    // A single row needs no ordered locks, and the simpler statement is cheaper to plan.
    const [first, second] = items;
    if (first && !second) await manager.query(RECORD_PROGRESS_OF_ONE, [JSON.stringify(items), first.pipeline_id]);
    else {
      const idsOf = (some: typeof items): number[] => some.map((item) => item.pipeline_id);
      const moving = items.filter((item) => item.moves);
      await manager.query(RECORD_PROGRESS, [JSON.stringify(items), idsOf(items), idsOf(moving)]);
    }
  }

  async update(manager: EntityManager, id: number, change: Partial<PipelineEntity>): Promise<void> {
    const changed = { ...change, updatedAt: () => CHANGED_NOW } as QueryDeepPartialEntity<PipelineEntity>;
    await manager.update(PipelineEntity, { id }, changed);
  }

  /**
   * Deletes a pipeline with its configuration history, see {@link FORGET_PIPELINE} for the rest; the database deletes its
   * changes and its search row.
   */
  async delete(manager: EntityManager, id: number): Promise<void> {
    await manager.query(FORGET_PIPELINE, [id]);
    await manager.delete(PipelineConfigHistoryEntity, { pipelineId: id });
    await manager.delete(PipelineEntity, { id });
  }

  findById(manager: EntityManager, id: number): Promise<PipelineEntity | null> {
    return this.withType(manager, id).getOne();
  }

  /** The pipelines with these ids, in their order. */
  async findEach(manager: EntityManager, ids: readonly number[]): Promise<(PipelineEntity | undefined)[]> {
    const found = await this.withType(manager).where('p.id = ANY (:ids::bigint[])', { ids }).getMany();
    const byId = new Map(found.map((pipeline) => [pipeline.id, pipeline]));
    return ids.map((id) => byId.get(id));
  }

  /** Reads the row with its type and locks it against other writers until the transaction ends. */
  lock(manager: EntityManager, key: number | string): Promise<PipelineEntity | null> {
    return this.withType(manager, key).setLock('for_no_key_update', undefined, ['p']).getOne();
  }

  /** The id of a pipeline by id or name. It takes no lock: the pipeline may be renamed at any time. */
  async findId(manager: EntityManager, key: number | string): Promise<number | undefined> {
    return typeof key === 'number' ? key : (await this.withType(manager, key).getOne())?.id;
  }

  /** Oldest first. Index: pk_pipeline or ix_pipeline_pipeline_type. */
  async list(manager: EntityManager, query: ListPipelinesQuery): Promise<Page<PipelineEntity>> {
    const limit = pageLimit(query) + 1;
    const rows = PIPELINE_LONG_COLUMNS.select(manager, 'p', limit, UNSHOWN)
      .innerJoinAndSelect('p.pipelineType', 't')
      .orderBy('p.id')
      .limit(limit);
    filterBySearch(rows, query);
    if (query.state !== undefined) rows.andWhere(STATE_CONDITIONS[query.state]);
    rows.andWhere('p.archived = :archived', { archived: query.archived ?? false });
    if (query.active !== undefined) rows.andWhere('p.active = :active', { active: query.active });
    if (query.pipeline_type_name !== undefined) {
      rows.andWhere('t.nameKey = :typeName', { typeName: nameKey(query.pipeline_type_name) });
    }
    const [after] = positionOf(query, 1) ?? [];
    if (after !== undefined) rows.andWhere('p.id > :after', { after });
    return toPage(await PIPELINE_LONG_COLUMNS.getMany(rows), query, (pipeline) => [pipeline.id]);
  }

  /** Whether the pipeline asks for its lineage; undefined for an unknown one. */
  async loadsLineage(manager: EntityManager, id: number): Promise<boolean | undefined> {
    const [row] = await manager.query<{ loadLineage: boolean }[]>(FIND_LOAD_LINEAGE, [id]);
    return row?.loadLineage;
  }

  describeAffected(manager: EntityManager, ids: readonly number[]): Promise<AffectedPipeline[]> {
    return manager.query(DESCRIBE_AFFECTED, [ids]);
  }

  /** See {@link FIND_STATUS}. */
  findStatus(manager: EntityManager, ids: readonly number[], recent = RECENT): Promise<PipelineStatus[]> {
    return manager.query(FIND_STATUS, [ids, recent]);
  }

  /** The pipelines whose names contain a text, at most `limit`: first those whose names begin with it, by name. */
  async search(manager: EntityManager, text: string, limit: number): Promise<FoundPipeline[]> {
    const pattern = escaped(text);
    const beginning = await manager.query<{ id: number }[]>(FIND_BEGINNING, [`${pattern}%`, limit]);
    const containing = await manager.query<{ id: number }[]>(FIND_CONTAINING, [`%${pattern}%`, limit]);
    const ids = [...new Set([...beginning, ...containing].map(({ id }) => id))].slice(0, limit);
    const found = await manager.query<FoundPipeline[]>(DESCRIBE_FOUND, [ids]);
    const byId = new Map(found.map((pipeline) => [pipeline.id, pipeline]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }

  /** Newest first. Index: uq_pipeline_config_history_version. */
  async listHistory(manager: EntityManager, id: number, query: PageQuery): Promise<Page<PipelineConfigHistoryEntity>> {
    const limit = pageLimit(query) + 1;
    const rows = CONFIG_HISTORY_LONG_COLUMNS.select(manager, 'h', limit)
      .where('h.pipelineId = :id', { id })
      .orderBy('h.configVersion', 'DESC')
      .limit(limit);
    const [before] = positionOf(query, 1) ?? [];
    if (before !== undefined) rows.andWhere('h.configVersion < :before::bigint', { before });
    return toPage(await CONFIG_HISTORY_LONG_COLUMNS.getMany(rows), query, (change) => [change.configVersion]);
  }

  /** Selects pipelines with their types; a key restricts it to the one with that id or name. */
  private withType(manager: EntityManager, key?: number | string): SelectQueryBuilder<PipelineEntity> {
    const pipelines = manager.createQueryBuilder(PipelineEntity, 'p').innerJoinAndSelect('p.pipelineType', 't');
    if (typeof key === 'number') pipelines.where('p.id = :key', { key });
    if (typeof key === 'string') pipelines.where('p.nameKey = :key', { key });
    return pipelines;
  }
}

/** Adds the filters for which `pipeline_search` has indexes. */
function filterBySearch(
  rows: SelectQueryBuilder<PipelineEntity>,
  { namespace, name, q, metadata }: ListPipelinesQuery,
): void {
  if (namespace !== undefined) rows.andWhere(IN_NAMESPACE, { namespace: nameKey(namespace) });
  if (name !== undefined) rows.andWhere(HAS_NAME, { name: nameKey(name) });
  if (q !== undefined) rows.andWhere(HAS_PART, { part: `%${escaped(q)}%` });
  if (metadata !== undefined) rows.andWhere(HAS_METADATA, { metadata: JSON.stringify(metadata) });
}

/** The key of a text, as a part of a pattern of LIKE. */
function escaped(text: string): string {
  return nameKey(text).replace(/[\\%_]/g, '\\$&');
}

function movesAnything(progress: PipelineProgress): boolean {
  return Boolean(
    progress.watermarkStartDate ??
    progress.lastTargetInsert ??
    progress.lastTargetUpdate ??
    progress.lastTargetSoftDelete,
  );
}
