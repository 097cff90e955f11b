import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../../platform/auth/caller.js';
import { databaseBusy } from '../../platform/database/database-errors.js';
import type { DomainError } from '../../platform/errors/domain-error.js';
import { Answer } from '../../platform/http/answer.js';
import { type Batches, IdempotencyService } from '../../platform/idempotency/idempotency.service.js';
import { type Configuration, declaredFields } from './configuration.js';
import { NamePolicy } from './name-policy.js';
import { PipelineTypeService } from './pipeline-type.service.js';
import type { RegisteredPipelineDto } from './pipeline.dto.js';
import type { RegisterPipelineDto } from './pipeline-request.dto.js';
import { type PipelineChange, PipelineEvents } from './pipeline.events.js';
import { declaresConfiguration, toConfiguration, toRegisteredPipelineDto } from './pipeline.mapper.js';
import { pipelineKey } from './pipeline-key.js';
import {
  type AskedAtCreation,
  type KnownPipeline,
  PipelineRegistrationRepository,
} from './pipeline-registration.repository.js';

interface AskedPipeline extends AskedAtCreation {
  readonly by: Caller;
  readonly at: Date;
  readonly configuration: Configuration;
  /** Whether the body has a configuration field. Without one, an existing configuration is kept. */
  readonly isDeclared: boolean;
}

/**
 * Get-or-create of a pipeline by its name, and configuration as code: a change in the caller's source code overwrites
 * the row's configuration; until then, changes by operators are kept.
 */
@Injectable()
export class PipelineRegistrationService {
  private readonly registrations: Batches<AskedPipeline, RegisteredPipelineDto>;

  constructor(
    idempotency: IdempotencyService,
    private readonly pipelines: PipelineRegistrationRepository,
    private readonly types: PipelineTypeService,
    private readonly names: NamePolicy,
    private readonly events: PipelineEvents,
  ) {
    this.registrations = idempotency.mostlyRead({
      load: (manager, asked) => this.find(manager, asked),
      apply: (manager, asked, known) => this.write(manager, asked, known),
      rowOf: (known) => known && `pipeline ${known.id}`,
    });
  }

  /** Most callers repeat their last registration, which takes a single read. */
  register(request: RegisterPipelineDto, caller: Caller): Promise<Answer<RegisteredPipelineDto>> {
    return this.registrations.submit(this.askedBy(caller, request));
  }

  /** The same for several requests, which name different pipelines, in the caller's transaction. */
  registerWithin(
    manager: EntityManager,
    requests: readonly RegisterPipelineDto[],
    caller: Caller,
  ): Promise<readonly (Answer<RegisteredPipelineDto> | DomainError)[]> {
    return this.registrations.within(
      manager,
      requests.map((request) => this.askedBy(caller, request)),
    );
  }

  private askedBy(by: Caller, request: RegisterPipelineDto): AskedPipeline {
    return {
      configuration: toConfiguration(request, this.names),
      by,
      at: new Date(),
      isDeclared: declaresConfiguration(request),
      namespace: request.namespace ?? '',
      nextWatermark: request.next_watermark,
      active: request.active,
      muteFreshnessCheck: request.mute_freshness_check,
      muteTimelinessCheck: request.mute_timeliness_check,
      muteScheduleCheck: request.mute_schedule_check,
      muteAnomalyCheck: request.mute_anomaly_check,
    };
  }

  private async find(
    manager: EntityManager,
    asked: readonly AskedPipeline[],
  ): Promise<(KnownPipeline | undefined | Answer<RegisteredPipelineDto>)[]> {
    const found = await this.pipelines.findForRegistration(manager, asked);
    return asked.map((one, index) => {
      const known = found[index];
      return known && !needsWrite(one, known) ? Answer.found(toRegisteredPipelineDto(known)) : known;
    });
  }

  /** `known` may be out of date: the configuration is compared again once the row is locked. */
  private async write(
    manager: EntityManager,
    asked: AskedPipeline,
    known: KnownPipeline | undefined,
  ): Promise<Answer<RegisteredPipelineDto>> {
    const { nextWatermark } = asked;
    if (known && isInStep(asked, known)) {
      await this.pipelines.setNextWatermark(manager, known.id, nextWatermark);
      return Answer.found(toRegisteredPipelineDto(known));
    }
    if (!known) this.names.refuseUnwanted(asked.configuration.name);
    const { row: type } = await this.types.ensure(manager, { name: asked.configuration.pipeline_type_name });
    const configuration = { ...asked.configuration, pipeline_type_name: type.name };
    const created = known ? undefined : await this.pipelines.insertIfAbsent(manager, configuration, type.id, asked);
    if (created) {
      const after = { namespace: asked.namespace, ...declaredFields(configuration) };
      await this.note(manager, asked, { pipelineId: created.id, kind: 'created', before: null, after });
      return Answer.created(toRegisteredPipelineDto(created));
    }
    // The pipeline existed, or another request has created it in the meantime.
    if (!known && !asked.isDeclared) return this.findCreated(manager, asked);
    const key = known?.id ?? pipelineKey(configuration.name, asked.namespace);
    const { pipeline, changed } = await this.pipelines.bringInStep(manager, key, configuration, type.id);
    await this.pipelines.setNextWatermark(manager, pipeline.id, nextWatermark);
    if (changed) {
      await this.note(manager, asked, { pipelineId: pipeline.id, kind: 'configuration', ...changed });
      this.events.thresholdChanged.emit(manager, { pipelineId: pipeline.id });
    }
    return Answer.found(toRegisteredPipelineDto(pipeline));
  }

  private note(
    manager: EntityManager,
    { by, at }: AskedPipeline,
    change: Omit<PipelineChange, 'by' | 'at'>,
  ): Promise<void> {
    return this.events.changed.emit(manager, [{ ...change, by: by.name, at }]);
  }

  /** Answers with the pipeline that another request has just created; its configuration is kept. */
  private async findCreated(manager: EntityManager, asked: AskedPipeline): Promise<Answer<RegisteredPipelineDto>> {
    const [known] = await this.pipelines.findForRegistration(manager, [asked]);
    // It was renamed after the insert found the name taken; a retry finds the name free.
    if (!known) throw databaseBusy();
    await this.pipelines.setNextWatermark(manager, known.id, asked.nextWatermark);
    return Answer.found(toRegisteredPipelineDto(known));
  }
}

/** A body without a configuration never changes one. */
function isInStep(asked: AskedPipeline, known: KnownPipeline): boolean {
  return !asked.isDeclared || known.isInStep;
}

function needsWrite(asked: AskedPipeline, known: KnownPipeline): boolean {
  const { nextWatermark } = asked;
  // The same value given again is valid again, although an earlier run has used it up.
  const isNext = nextWatermark !== undefined && (nextWatermark !== known.nextWatermark || known.isNextUsed);
  return isNext || !isInStep(asked, known);
}
