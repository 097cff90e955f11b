import { Injectable } from '@nestjs/common';
import type { EntityManager, QueryDeepPartialEntity } from 'typeorm';
import { databaseBusy } from '../../platform/database/database-errors.js';
import { nameKey } from '../../platform/values/name.js';
import { type ChangedFields, changedFields } from './changed-fields.js';
import { type Configuration, configurationHash } from './configuration.js';
import { changedSchedule, nextExpected } from './expected-start.js';
import { PipelineConfigHistoryEntity } from './pipeline-config-history.entity.js';
import type { PipelineEntity } from './pipeline.entity.js';
import { configurationOf, toConfigurationColumns } from './pipeline.mapper.js';
import { pipelineKey } from './pipeline-key.js';
import { PipelineRepository } from './pipeline.repository.js';
import { FIND_FOR_REGISTRATION, INSERT_PIPELINE, SET_NEXT_WATERMARK } from './pipeline.sql.js';
import { pairsOf, PIPELINE_PAIRS } from './threshold-pairs.js';

export type RegisteredPipeline = Pick<PipelineEntity, 'id' | 'active' | 'loadLineage' | 'watermark'>;

/** An existing pipeline, compared with a registration. */
export interface KnownPipeline extends RegisteredPipeline {
  readonly nextWatermark: string | null;
  /** Whether the watermark has moved since `nextWatermark` was set. */
  readonly isNextUsed: boolean;
  /** Whether the code's configuration is unchanged. */
  readonly isInStep: boolean;
}

/** The fields of a registration besides the configuration. After the creation, only the first two are used. */
export interface AskedAtCreation {
  readonly namespace: string;
  readonly nextWatermark: string | undefined;
  readonly active: boolean | undefined;
  readonly muteFreshnessCheck: boolean | undefined;
  readonly muteTimelinessCheck: boolean | undefined;
  readonly muteScheduleCheck: boolean | undefined;
  readonly muteAnomalyCheck: boolean | undefined;
}

/** A row of {@link FIND_FOR_REGISTRATION}. */
interface PipelineForRegistration extends RegisteredPipeline {
  readonly name: string;
  readonly key: string;
  readonly nextWatermark: string | null;
  readonly isNextUsed: boolean;
  readonly configHash: string;
  readonly typeName: string;
}

/** The SQL of registrations; runs in the caller's transaction. */
@Injectable()
export class PipelineRegistrationRepository {
  constructor(private readonly pipelines: PipelineRepository) {}

  /** Finds pipelines by their names, in the order asked for. */
  async findForRegistration(
    manager: EntityManager,
    asked: readonly { readonly configuration: Configuration; readonly namespace: string }[],
  ): Promise<(KnownPipeline | undefined)[]> {
    const keys = asked.map(({ configuration, namespace }) => pipelineKey(configuration.name, namespace));
    const rows: PipelineForRegistration[] = await manager.query(FIND_FOR_REGISTRATION, [[...new Set(keys)]]);
    const byKey = new Map(rows.map((row) => [row.key, row]));
    return asked.map(({ configuration }, index) => {
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
      JSON.stringify({
        ...pairsOf(PIPELINE_PAIRS, configuration),
        schedule: configuration.schedule,
        schedule_timezone: configuration.schedule_timezone,
        next_expected_at: nextExpected(configuration),
      }),
      pipelineKey(configuration.name, asked.namespace),
      asked.active ?? true,
      asked.muteFreshnessCheck ?? false,
      asked.muteTimelinessCheck ?? false,
      asked.muteScheduleCheck ?? false,
      asked.namespace,
      asked.muteAnomalyCheck ?? false,
    ]);
    return inserted;
  }

  /** Locks a pipeline, by id or key. If its configuration differs, replaces it and adds the change to the history;
   * `changed` has the fields that differed. */
  async bringInStep(
    manager: EntityManager,
    key: number | string,
    asked: Configuration,
    pipelineTypeId: number,
  ): Promise<{ pipeline: RegisteredPipeline; changed: ChangedFields | undefined }> {
    const pipeline = await this.pipelines.lock(manager, key);
    // It was renamed after the insert found the name taken; a retry finds the name free.
    if (!pipeline) throw databaseBusy();
    const newConfiguration = { ...asked, name: pipeline.name };
    const configHash = configurationHash(newConfiguration);
    if (configHash === pipeline.configHash) return { pipeline, changed: undefined };
    const configVersion = pipeline.configVersion + 1;
    const columns = toConfigurationColumns(newConfiguration);
    const change = {
      ...columns,
      ...changedSchedule(pipeline, columns),
      pipelineTypeId,
      configHash,
      configVersion,
      loadLineage: true,
    };
    await this.pipelines.update(manager, pipeline.id, change);
    const oldConfiguration = configurationOf(pipeline);
    await manager.insert(PipelineConfigHistoryEntity, {
      pipelineId: pipeline.id,
      configVersion,
      configHash,
      oldConfiguration,
      newConfiguration,
    } as QueryDeepPartialEntity<PipelineConfigHistoryEntity>);
    const changed = changedFields(oldConfiguration, newConfiguration) ?? { before: {}, after: {} };
    return { pipeline: { ...pipeline, loadLineage: true }, changed };
  }

  /** Writes nothing if `nextWatermark` is undefined. */
  async setNextWatermark(manager: EntityManager, id: number, nextWatermark: string | undefined): Promise<void> {
    if (nextWatermark !== undefined) await manager.query(SET_NEXT_WATERMARK, [id, nextWatermark]);
  }
}

/** The configuration with the names as they are stored: a name in another case is no change. */
function asStored(asked: Configuration, { name, typeName }: PipelineForRegistration): Configuration {
  const isSameType = nameKey(asked.pipeline_type_name) === nameKey(typeName);
  return { ...asked, name, pipeline_type_name: isSameType ? typeName : asked.pipeline_type_name };
}
