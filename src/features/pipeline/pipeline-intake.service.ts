import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { databaseBusy } from '../../platform/database/database-errors.js';
import { changedFields } from './changed-fields.js';
import { type Configuration, declaredFields } from './configuration.js';
import { changedSchedule } from './expected-start.js';
import { NamePolicy } from './name-policy.js';
import { PipelineTypeService } from './pipeline-type.service.js';
import type { PipelineEntity } from './pipeline.entity.js';
import { PipelineEvents } from './pipeline.events.js';
import { configurationOf } from './pipeline.mapper.js';
import { pipelineKey } from './pipeline-key.js';
import { PipelineRegistrationRepository } from './pipeline-registration.repository.js';
import { PipelineRepository } from './pipeline.repository.js';
import { scheduleProblem, isTimeZone } from './schedule.js';
import { pairsOf, PIPELINE_PAIRS } from './threshold-pairs.js';

/** A pipeline as another system names it. */
export interface NamedPipeline {
  readonly namespace: string;
  readonly name: string;
  readonly typeName: string;
}

/** What another system states of a pipeline. */
export interface Statement {
  readonly typeName: string;
  readonly metadata: Readonly<Record<string, unknown>> | null;
  /** Expression and zone. */
  readonly schedule: readonly [string, string] | null;
}

const UNSAID = {
  nextWatermark: undefined,
  active: undefined,
  muteFreshnessCheck: undefined,
  muteTimelinessCheck: undefined,
  muteScheduleCheck: undefined,
  muteAnomalyCheck: undefined,
} as const;

/**
 * Pipelines that another system names and describes. What it states is written as long as nobody else has set it: a
 * value that differs from the last statement stays. All methods run in the caller's transaction.
 */
@Injectable()
export class PipelineIntakeService {
  constructor(
    private readonly pipelines: PipelineRepository,
    private readonly registrations: PipelineRegistrationRepository,
    private readonly types: PipelineTypeService,
    private readonly names: NamePolicy,
    private readonly events: PipelineEvents,
  ) {}

  /** The key by which a pipeline is found. */
  keyOf({ namespace, name }: Pick<NamedPipeline, 'namespace' | 'name'>): string {
    return pipelineKey(this.names.stored(name), namespace);
  }

  /** The ids of pipelines by key, created where they did not exist; the pattern for names does not apply. */
  async ensure(manager: EntityManager, named: readonly NamedPipeline[], by: string): Promise<Map<string, number>> {
    const asked = new Map(named.map((pipeline) => [this.keyOf(pipeline), pipeline]));
    if (asked.size === 0) return new Map();
    const found = new Map(
      (await this.pipelines.findIdsByKey(manager, [...asked.keys()])).map(({ key, id }) => [key, id] as const),
    );
    const missing = [...asked].filter(([key]) => !found.has(key)).toSorted(([a], [b]) => (a < b ? -1 : 1));
    for (const [key, pipeline] of missing) found.set(key, await this.create(manager, pipeline, by));
    return found;
  }

  /** Brings a pipeline in step with a changed statement about it. */
  async restate(
    manager: EntityManager,
    id: number,
    change: { readonly before: Statement; readonly after: Statement },
    by: string,
  ): Promise<void> {
    const pipeline = await this.pipelines.lock(manager, id);
    if (!pipeline) throw databaseBusy();
    const columns = await this.columnsOf(manager, pipeline, change);
    if (Object.keys(columns).length === 0) return;
    await this.pipelines.update(manager, id, columns);
    const changed = await this.pipelines.findById(manager, id);
    const fields = changed && changedFields(configurationOf(pipeline), configurationOf(changed));
    if (!fields) return;
    await this.events.changed.emit(manager, [{ pipelineId: id, kind: 'configuration', at: new Date(), by, ...fields }]);
    if (columns.pipelineTypeId !== undefined) this.events.thresholdChanged.emit(manager, { pipelineId: id });
  }

  private async create(manager: EntityManager, pipeline: NamedPipeline, by: string): Promise<number> {
    const { row: type } = await this.types.ensure(manager, { name: this.names.stored(pipeline.typeName) });
    const configuration: Configuration = {
      name: this.names.stored(pipeline.name),
      pipeline_type_name: type.name,
      pipeline_metadata: null,
      schedule: null,
      schedule_timezone: null,
      ...pairsOf(PIPELINE_PAIRS, {}),
    };
    const { namespace } = pipeline;
    const created = await this.registrations.insertIfAbsent(manager, configuration, type.id, { namespace, ...UNSAID });
    if (created) {
      const after = { namespace, ...declaredFields(configuration) };
      await this.events.changed.emit(manager, [
        { pipelineId: created.id, kind: 'created', before: null, after, by, at: new Date() },
      ]);
      return created.id;
    }
    // Another request has created it in the meantime.
    const [known] = await this.pipelines.findIdsByKey(manager, [this.keyOf(pipeline)]);
    if (!known) throw databaseBusy();
    return known.id;
  }

  private async columnsOf(
    manager: EntityManager,
    pipeline: PipelineEntity,
    { before, after }: { readonly before: Statement; readonly after: Statement },
  ): Promise<Partial<PipelineEntity>> {
    const current = {
      type: pipeline.pipelineType.name,
      metadata: pipeline.pipelineMetadata,
      schedule: pipeline.schedule === null ? null : [pipeline.schedule, pipeline.scheduleTimezone ?? ''],
    };
    const isOurs = {
      type: changedFields({ type: this.names.stored(before.typeName) }, { type: current.type }) === undefined,
      metadata: changedFields({ metadata: before.metadata }, { metadata: current.metadata }) === undefined,
      schedule: changedFields({ schedule: before.schedule }, { schedule: current.schedule }) === undefined,
    };
    const columns: Partial<PipelineEntity> = {};
    const typeName = this.names.stored(after.typeName);
    if (isOurs.type && typeName !== current.type) {
      columns.pipelineTypeId = (await this.types.ensure(manager, { name: typeName })).row.id;
    }
    if (isOurs.metadata && changedFields({ m: before.metadata }, { m: after.metadata })) {
      columns.pipelineMetadata = after.metadata;
    }
    if (isOurs.schedule && after.schedule && isUsable(after.schedule)) {
      const [schedule, scheduleTimezone] = after.schedule;
      Object.assign(columns, { schedule, scheduleTimezone });
      Object.assign(columns, changedSchedule(pipeline, { schedule, scheduleTimezone }));
    }
    return columns;
  }
}

function isUsable([schedule, timezone]: readonly [string, string]): boolean {
  return scheduleProblem(schedule) === undefined && isTimeZone(timezone);
}
