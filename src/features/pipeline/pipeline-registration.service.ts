import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Answer } from '../../platform/http/answer.js';
import { IdempotencyService } from '../../platform/idempotency/idempotency.service.js';
import type { Configuration } from './configuration.js';
import { NamePolicy } from './name-policy.js';
import { PipelineTypeService } from './pipeline-type.service.js';
import type { RegisteredPipelineDto, RegisterPipelineDto } from './pipeline.dto.js';
import { PipelineEvents } from './pipeline.events.js';
import { toConfiguration, toRegisteredPipelineDto } from './pipeline.mapper.js';
import { type KnownPipeline, PipelineRepository } from './pipeline.repository.js';

/**
 * Get-or-create of a pipeline by its name, and configuration as code: the row follows what the
 * caller's source code says whenever that changes, and leaves operators' changes alone while it doesn't.
 */
@Injectable()
export class PipelineRegistrationService {
  constructor(
    private readonly idempotency: IdempotencyService,
    private readonly pipelines: PipelineRepository,
    private readonly types: PipelineTypeService,
    private readonly names: NamePolicy,
    private readonly events: PipelineEvents,
  ) {}

  /** Most callers say what they said the last time: that costs one read. */
  register(request: RegisterPipelineDto): Promise<Answer<RegisteredPipelineDto>> {
    const asked = toConfiguration(request, this.names);
    const { next_watermark } = request;
    return this.idempotency.onceIfNeeded({
      load: async (manager) => {
        const known = await this.pipelines.findForRegistration(manager, asked);
        const isMoved = next_watermark !== undefined && next_watermark !== known?.nextWatermark;
        return known?.isInStep && !isMoved ? Answer.found(toRegisteredPipelineDto(known)) : known;
      },
      apply: (manager, known) => this.write(manager, asked, next_watermark, known),
    });
  }

  /** `known` may be older than the transaction: the row's configuration is compared again when the row is locked. */
  private async write(
    manager: EntityManager,
    asked: Configuration,
    nextWatermark: string | undefined,
    known: KnownPipeline | undefined,
  ): Promise<Answer<RegisteredPipelineDto>> {
    if (known?.isInStep) {
      await this.pipelines.setNextWatermark(manager, known.id, nextWatermark);
      return Answer.found(toRegisteredPipelineDto(known));
    }
    if (!known) this.names.refuseUnwanted(asked.name);
    const { row: type } = await this.types.ensure(manager, { name: asked.pipeline_type_name });
    const configuration = { ...asked, pipeline_type_name: type.name };
    const created = known
      ? undefined
      : await this.pipelines.insertIfAbsent(manager, configuration, type.id, nextWatermark);
    if (created) return Answer.created(toRegisteredPipelineDto(created));
    // It was there, or another request has created it in the meantime.
    const key = known?.id ?? asked.name;
    const { pipeline, isChanged } = await this.pipelines.bringInStep(manager, key, configuration, type.id);
    await this.pipelines.setNextWatermark(manager, pipeline.id, nextWatermark);
    if (isChanged) this.events.thresholdChanged.emit(manager, { pipelineId: pipeline.id });
    return Answer.found(toRegisteredPipelineDto(pipeline));
  }
}
