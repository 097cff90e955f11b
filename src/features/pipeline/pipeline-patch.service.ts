import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../../platform/auth/caller.js';
import { requireScope } from '../../platform/auth/current-caller.js';
import { nameKey } from '../../platform/values/name.js';
import { definedFields } from '../../platform/http/defined-fields.js';
import { InvalidRequestError } from '../../platform/errors/domain-error.js';
import { violates } from '../../platform/database/database-errors.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { changedFields } from './changed-fields.js';
import { refuseUnfit } from './configuration-rules.js';
import { changedSchedule } from './expected-start.js';
import { NamePolicy } from './name-policy.js';
import { PipelineTypeRepository } from './pipeline-type.repository.js';
import type { PipelineDto } from './pipeline.dto.js';
import type { PatchPipelineDto } from './pipeline-request.dto.js';
import type { PipelineEntity } from './pipeline.entity.js';
import {
  KeyMissingError,
  NameTakenError,
  PipelineNotFoundError,
  PipelineTypeNotFoundError,
} from './pipeline.errors.js';
import { PipelineEvents } from './pipeline.events.js';
import { pipelineKey } from './pipeline-key.js';
import { configurationOf, toPipelineDto } from './pipeline.mapper.js';
import { PipelineRepository } from './pipeline.repository.js';
import { changedThresholds, isGiven, PIPELINE_PAIRS } from './threshold-pairs.js';

/** Changes pipelines on request. */
@Injectable()
export class PipelinePatchService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly pipelines: PipelineRepository,
    private readonly types: PipelineTypeRepository,
    private readonly names: NamePolicy,
    private readonly events: PipelineEvents,
  ) {}

  /**
   * Changes only the fields in the body, and checks the pairs of the resulting row. Throws `ScopeTooSmallError` if the
   * caller lacks the scope for any of the fields.
   */
  async patch(request: PatchPipelineDto, caller: Caller): Promise<PipelineDto> {
    if (!isReport(request)) requireScope(caller, 'admin');
    const now = new Date();
    const id = request.id ?? request.pipeline_id;
    const named = id ?? request.name;
    if (named === undefined) throw new KeyMissingError();
    const key = typeof named === 'string' ? pipelineKey(named, request.namespace) : named;
    const newName = id === undefined || request.name === undefined ? undefined : this.names.stored(request.name);
    try {
      return await this.transactions.run(async (manager) => {
        await this.announceNextWatermark(manager, key, request.next_watermark);
        const pipeline = await this.pipelines.lock(manager, key);
        if (!pipeline) throw new PipelineNotFoundError(named);
        refuseOtherNamespace(pipeline, request.namespace);
        const typeId = request.pipeline_type_id;
        if (typeId !== undefined && !(await this.types.findById(manager, typeId))) {
          throw new PipelineTypeNotFoundError(typeId);
        }
        // The pattern applies to new names only: an older name may stay, or change its case.
        if (newName !== undefined && nameKey(newName) !== nameKey(pipeline.name)) this.names.refuseUnwanted(newName);
        const change = this.changeOf(pipeline, request, newName, now);
        refuseUnfit(configurationOf({ ...pipeline, ...change }));
        if (Object.keys(change).length > 0) await this.pipelines.update(manager, pipeline.id, change);
        if (isGiven('timeliness', request) || typeId !== undefined) {
          this.events.thresholdChanged.emit(manager, { pipelineId: pipeline.id });
        }
        const after = toPipelineDto((await this.pipelines.findById(manager, pipeline.id)) ?? pipeline);
        await this.noteChange(manager, toPipelineDto(pipeline), after, { at: now, by: caller });
        return after;
      }, `pipeline ${key}`);
    } catch (error) {
      if (violates(error, 'uq_pipeline_name')) throw new NameTakenError(newName ?? '');
      throw error;
    }
  }

  private async noteChange(
    manager: EntityManager,
    before: PipelineDto,
    after: PipelineDto,
    { at, by }: { readonly at: Date; readonly by: Caller },
  ): Promise<void> {
    // These fields follow from the others.
    const { updated_at, next_expected_at } = before;
    const fields = changedFields(before, { ...after, updated_at, next_expected_at });
    if (!fields) return;
    await this.events.changed.emit(manager, [{ pipelineId: after.id, kind: 'patch', at, by: by.name, ...fields }]);
  }

  private async announceNextWatermark(
    manager: EntityManager,
    key: number | string,
    nextWatermark: string | null | undefined,
  ): Promise<void> {
    if (nextWatermark === undefined) return;
    const pipelineId = await this.pipelines.findId(manager, key);
    if (pipelineId === undefined) return;
    await this.events.nextWatermarkChanging.emit(manager, [{ pipelineId, nextWatermark }]);
  }

  private changeOf(
    pipeline: PipelineEntity,
    request: PatchPipelineDto,
    newName: string | undefined,
    now: Date,
  ): Partial<PipelineEntity> {
    return definedFields<PipelineEntity>({
      name: newName,
      nameKey: newName === undefined ? undefined : pipelineKey(newName, pipeline.namespace),
      pipelineTypeId: request.pipeline_type_id,
      pipelineMetadata: request.pipeline_metadata,
      ...changedWatermarks(pipeline, request, now),
      lastTargetInsert: atMost(now, request.last_target_insert),
      lastTargetUpdate: atMost(now, request.last_target_update),
      lastTargetSoftDelete: atMost(now, request.last_target_soft_delete),
      ...changedThresholds(PIPELINE_PAIRS, pipeline, request),
      muteFreshnessCheck: request.mute_freshness_check,
      muteTimelinessCheck: request.mute_timeliness_check,
      schedule: request.schedule,
      scheduleTimezone: request.schedule_timezone,
      ...changedSchedule(
        pipeline,
        definedFields({ schedule: request.schedule, scheduleTimezone: request.schedule_timezone }),
      ),
      muteScheduleCheck: request.mute_schedule_check,
      muteAnomalyCheck: request.mute_anomaly_check,
      active: request.active,
      archived: request.archived,
      loadLineage: request.load_lineage,
    });
  }
}

/** The fields that pipelines report themselves. `name` and `namespace` are among them as a key; with an id, `name` renames the pipeline. */
const REPORTED: ReadonlySet<string> = new Set([
  'id',
  'pipeline_id',
  'name',
  'namespace',
  'watermark',
  'next_watermark',
  'load_lineage',
]);

/** Throws `InvalidRequestError` for a namespace that is not the pipeline's: a pipeline keeps its namespace. */
function refuseOtherNamespace(pipeline: PipelineEntity, namespace: string | undefined): void {
  if (namespace === undefined || nameKey(namespace) === nameKey(pipeline.namespace)) return;
  throw new InvalidRequestError([{ field: 'namespace', message: "must be the pipeline's: it can't be changed" }]);
}

function isReport(request: PatchPipelineDto): boolean {
  const isRename = (request.id ?? request.pipeline_id) !== undefined && request.name !== undefined;
  return !isRename && Object.keys(definedFields<PatchPipelineDto>(request)).every((field) => REPORTED.has(field));
}

/**
 * The watermark columns. A change of `watermark` is a move at `now`: runs that started earlier no longer move it, and
 * it uses up the current `next_watermark`.
 */
function changedWatermarks(
  pipeline: PipelineEntity,
  { watermark, next_watermark }: PatchPipelineDto,
  now: Date,
): { readonly [K in keyof PipelineEntity]?: PipelineEntity[K] | undefined } {
  const isMove = watermark !== undefined;
  const isNext = next_watermark !== undefined;
  return {
    watermark,
    watermarkStartDate: isMove ? now : undefined,
    nextWatermark: next_watermark,
    usedNextWatermark: isNext ? null : isMove ? pipeline.nextWatermark : undefined,
  };
}

/** Limits a date to now: a later one comes from a clock ahead of the service's. */
function atMost(now: Date, date: Date | null | undefined): Date | null | undefined {
  return date && date > now ? now : date;
}
