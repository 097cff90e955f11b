import { Injectable } from '@nestjs/common';
import type { EntityManager, QueryDeepPartialEntity, SelectQueryBuilder } from 'typeorm';
import { nameKey } from '../../platform/values/name.js';
import { type Page, pageLimit, positionOf, type PageQuery, toPage } from '../../platform/http/page.js';
import { databaseBusy } from '../../platform/database/database-errors.js';
import { type Configuration, configurationHash } from './configuration.js';
import { CONFIG_HISTORY_LONG_COLUMNS, PipelineConfigHistoryEntity } from './pipeline-config-history.entity.js';
import type { ListPipelinesQuery } from './pipeline-request.dto.js';
import { PIPELINE_LONG_COLUMNS, PipelineEntity } from './pipeline.entity.js';
import { configurationOf, toConfigurationColumns } from './pipeline.mapper.js';
import {
  CHANGED_NOW,
  DESCRIBE_PIPELINES,
  FIND_FOR_REGISTRATION,
  FIND_IDS_OF_TYPE,
  FIND_IDS_BY_NAME,
  FIND_NAMES,
  INSERT_PIPELINE,
  OUTLINE_PIPELINES,
  RECORD_PROGRESS,
  RECORD_PROGRESS_OF_ONE,
  SET_NEXT_WATERMARK,
} from './pipeline.sql.js';
import { pairsOf, PIPELINE_PAIRS } from './threshold-pairs.js';

/** Columns that lists don't show, and that may be long. */
const UNSHOWN = ['usedNextWatermark'];

export type RegisteredPipeline = Pick<PipelineEntity, 'id' | 'active' | 'loadLineage' | 'watermark'>;

/** An existing pipeline, compared with a registration. */
export interface KnownPipeline extends RegisteredPipeline {
  readonly nextWatermark: string | null;
  /** Whether the watermark has moved since `nextWatermark` was set. */
  readonly isNextUsed: boolean;
  /** Whether the code's configuration is unchanged. */
  readonly isInStep: boolean;
}

/** The fields of a registration besides the configuration. After the creation, only `nextWatermark` is used. */
export interface AskedAtCreation {
  readonly nextWatermark: string | undefined;
  readonly active: boolean | undefined;
  readonly muteFreshnessCheck: boolean | undefined;
  readonly muteTimelinessCheck: boolean | undefined;
}

/** A row of {@link FIND_FOR_REGISTRATION}. */
interface PipelineForRegistration extends RegisteredPipeline {
  readonly name: string;
  readonly nameKey: string;
  readonly nextWatermark: string | null;
  readonly isNextUsed: boolean;
  readonly configHash: string;
  readonly typeName: string;
}

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
  readonly nameKey: string;
  readonly hasNextWatermark: boolean;
}

/** All SQL on `pipeline` and its configuration history. */
@Injectable()
export class PipelineRepository {
  /** Finds pipelines by their names, in the order asked for. */
  async findForRegistration(
    manager: EntityManager,
    asked: readonly Configuration[],
  ): Promise<(KnownPipeline | undefined)[]> {
    const keys = asked.map(({ name }) => nameKey(name));
    const rows: PipelineForRegistration[] = await manager.query(FIND_FOR_REGISTRATION, [[...new Set(keys)]]);
    const byKey = new Map(rows.map((row) => [row.nameKey, row]));
    return asked.map((configuration, index) => {
      const known = byKey.get(keys[index] as string);
      return known && { ...known, isInStep: known.configHash === configurationHash(asStored(configuration, known)) };
    });
  }

  /** Returns the new row, or undefined if the name is taken. Safe for concurrent calls. */
  async insertIfAbsent(
    manager: EntityManager,
    configuration: Configuration,
    pipelineTypeId: number,
    asked: AskedAtCreation,
  ): Promise<RegisteredPipeline | undefined> {
    const [inserted]: RegisteredPipeline[] = await manager.query(INSERT_PIPELINE, [
      configuration.name,
      pipelineTypeId,
      configuration.pipeline_metadata && JSON.stringify(configuration.pipeline_metadata),
      asked.nextWatermark ?? null,
      configurationHash(configuration),
      JSON.stringify(pairsOf(PIPELINE_PAIRS, configuration)),
      nameKey(configuration.name),
      asked.active ?? true,
      asked.muteFreshnessCheck ?? false,
      asked.muteTimelinessCheck ?? false,
    ]);
    return inserted;
  }

  findNames(manager: EntityManager, ids: readonly number[]): Promise<Pick<PipelineDescription, 'id' | 'name'>[]> {
    return manager.query(FIND_NAMES, [ids]);
  }

  async findIdsOfType(manager: EntityManager, typeName: string): Promise<number[]> {
    const rows = await manager.query<{ id: number }[]>(FIND_IDS_OF_TYPE, [nameKey(typeName)]);
    return rows.map(({ id }) => id);
  }

  /** Returns the names as given. */
  findIdsByName(manager: EntityManager, names: readonly string[]): Promise<{ name: string; id: number }[]> {
    return manager.query(FIND_IDS_BY_NAME, [names, names.map(nameKey)]);
  }

  outline(manager: EntityManager, ids: readonly number[], nameKeys: readonly string[]): Promise<PipelineOutline[]> {
    return manager.query(OUTLINE_PIPELINES, [ids, nameKeys]);
  }

  describe(manager: EntityManager, ids: readonly number[]): Promise<PipelineDescription[]> {
    return manager.query(DESCRIBE_PIPELINES, [ids]);
  }

  /** Locks a pipeline, by id or name. If its configuration differs, replaces it and adds the change to the history. */
  async bringInStep(
    manager: EntityManager,
    key: number | string,
    asked: Configuration,
    pipelineTypeId: number,
  ): Promise<{ pipeline: RegisteredPipeline; isChanged: boolean }> {
    const pipeline = await this.lock(manager, key);
    // It was renamed after the insert found the name taken; a retry finds the name free.
    if (!pipeline) throw databaseBusy();
    const newConfiguration = { ...asked, name: pipeline.name };
    const configHash = configurationHash(newConfiguration);
    if (configHash === pipeline.configHash) return { pipeline, isChanged: false };
    const configVersion = pipeline.configVersion + 1;
    const columns = toConfigurationColumns(newConfiguration);
    const change = { ...columns, pipelineTypeId, configHash, configVersion, loadLineage: true };
    await this.update(manager, pipeline.id, change);
    await manager.insert(PipelineConfigHistoryEntity, {
      pipelineId: pipeline.id,
      configVersion,
      configHash,
      oldConfiguration: configurationOf(pipeline),
      newConfiguration,
    } as QueryDeepPartialEntity<PipelineConfigHistoryEntity>);
    return { pipeline: { ...pipeline, loadLineage: true }, isChanged: true };
  }

  /** Writes nothing if `nextWatermark` is undefined. */
  async setNextWatermark(manager: EntityManager, id: number, nextWatermark: string | undefined): Promise<void> {
    if (nextWatermark !== undefined) await manager.query(SET_NEXT_WATERMARK, [id, nextWatermark]);
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
    const renamed = change.name === undefined ? change : { ...change, nameKey: nameKey(change.name) };
    const changed = { ...renamed, updatedAt: () => CHANGED_NOW } as QueryDeepPartialEntity<PipelineEntity>;
    await manager.update(PipelineEntity, { id }, changed);
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
    if (query.name !== undefined) rows.andWhere('p.nameKey = :name', { name: nameKey(query.name) });
    if (query.active !== undefined) rows.andWhere('p.active = :active', { active: query.active });
    if (query.pipeline_type_name !== undefined) {
      rows.andWhere('t.nameKey = :typeName', { typeName: nameKey(query.pipeline_type_name) });
    }
    const [after] = positionOf(query, 1) ?? [];
    if (after !== undefined) rows.andWhere('p.id > :after', { after });
    return toPage(await PIPELINE_LONG_COLUMNS.getMany(rows), query, (pipeline) => [pipeline.id]);
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
    if (typeof key === 'string') pipelines.where('p.nameKey = :key', { key: nameKey(key) });
    return pipelines;
  }
}

/** The configuration with the names as they are stored: a name in another case is no change. */
function asStored(asked: Configuration, { name, typeName }: PipelineForRegistration): Configuration {
  const isSameType = nameKey(asked.pipeline_type_name) === nameKey(typeName);
  return { ...asked, name, pipeline_type_name: isSameType ? typeName : asked.pipeline_type_name };
}

function movesAnything(progress: PipelineProgress): boolean {
  return Boolean(
    progress.watermarkStartDate ??
    progress.lastTargetInsert ??
    progress.lastTargetUpdate ??
    progress.lastTargetSoftDelete,
  );
}
