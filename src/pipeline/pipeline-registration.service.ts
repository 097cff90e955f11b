import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Answer } from '../common/answer.js';
import { InvalidRequestError } from '../errors/domain-error.js';
import { IdempotencyService } from '../idempotency/idempotency.service.js';
import { type Configuration, configurationHash } from './configuration.js';
import { NamePolicy } from './name-policy.js';
import { PipelineTypeService } from './pipeline-type.service.js';
import type { RegisteredPipelineDto, RegisterPipelineDto } from './pipeline.dto.js';
import { configurationOf, toConfiguration, toConfigurationColumns } from './pipeline.mapper.js';
import { pairErrors, PIPELINE_PAIRS } from './threshold-pairs.js';
import { ThresholdChangeService } from './threshold-change.service.js';
import { type InsertedPipeline, type KnownPipeline, PipelineRepository } from './pipeline.repository.js';

/** What a registration is answered with, and whether it changed the configuration of a pipeline that was there. */
interface Registration {
  readonly answer: Answer<RegisteredPipelineDto>;
  readonly changed: boolean;
}

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
    private readonly thresholds: ThresholdChangeService,
  ) {}

  async register(request: RegisterPipelineDto): Promise<Answer<RegisteredPipelineDto>> {
    const asked = toConfiguration(
      request,
      this.names.stored(request.name),
      this.names.stored(request.pipeline_type_name, 'pipeline_type_name'),
    );
    const errors = pairErrors(PIPELINE_PAIRS, asked);
    if (errors.length > 0) throw new InvalidRequestError(errors);
    const { next_watermark } = request;
    let changed = false;
    const answer = await this.idempotency.once(
      async (manager) => {
        const registration = await this.getOrCreate(manager, asked, next_watermark);
        changed = registration.changed;
        return registration.answer;
      },
      (manager) => this.getIfInStep(manager, asked, next_watermark),
    );
    if (changed) await this.thresholds.announce({ pipelineId: answer.body.id });
    return answer;
  }

  /** Most callers say what they said the last time: that costs one read. */
  private async getIfInStep(
    manager: EntityManager,
    asked: Configuration,
    nextWatermark: string | undefined,
  ): Promise<Answer<RegisteredPipelineDto> | undefined> {
    const known = await this.pipelines.findForRegistration(manager, asked.name, asked.pipeline_type_name);
    if (!known || configurationHash(asStored(asked, known)) !== known.config_hash) return undefined;
    const isMoved = nextWatermark !== undefined && nextWatermark !== known.next_watermark;
    return isMoved ? undefined : Answer.found(answerOf(known));
  }

  private async getOrCreate(
    manager: EntityManager,
    asked: Configuration,
    nextWatermark: string | undefined,
  ): Promise<Registration> {
    const known = await this.pipelines.findForRegistration(manager, asked.name, asked.pipeline_type_name);
    if (known) return this.synchronise(manager, known, asked, nextWatermark);
    const inserted = await this.create(manager, asked, nextWatermark);
    if (inserted) return { answer: Answer.created(answerOf(inserted)), changed: false };
    // Somebody else created it in the meantime; their commit is visible to the next statement.
    const winner = await this.pipelines.findForRegistration(manager, asked.name, asked.pipeline_type_name);
    if (!winner) throw new Error(`pipeline '${asked.name}' is neither insertable nor there`);
    return this.synchronise(manager, winner, asked, nextWatermark);
  }

  private async create(
    manager: EntityManager,
    asked: Configuration,
    nextWatermark: string | undefined,
  ): Promise<InsertedPipeline | undefined> {
    this.names.refuseUnwanted(asked.name);
    const { row: type } = await this.types.ensure(manager, { name: asked.pipeline_type_name });
    const configuration = { ...asked, pipeline_type_name: type.name };
    return this.pipelines.insertIfAbsent(manager, {
      configuration,
      hash: configurationHash(configuration),
      pipelineTypeId: type.id,
      nextWatermark: nextWatermark ?? null,
    });
  }

  /** Brings the row in step with the code where the code's configuration changed, and says whether it did. */
  private async synchronise(
    manager: EntityManager,
    known: KnownPipeline,
    asked: Configuration,
    nextWatermark: string | undefined,
  ): Promise<Registration> {
    const configuration = asStored(asked, known);
    const hash = configurationHash(configuration);
    const changed = hash !== known.config_hash;
    if (changed) await this.apply(manager, known.id, configuration, hash);
    if (nextWatermark !== undefined && nextWatermark !== known.next_watermark) {
      await this.pipelines.setNextWatermark(manager, known.id, nextWatermark);
    }
    return { answer: Answer.found(answerOf(known)), changed };
  }

  private async apply(manager: EntityManager, id: number, configuration: Configuration, hash: string): Promise<void> {
    const { row: type } = await this.types.ensure(manager, { name: configuration.pipeline_type_name });
    const pipeline = await this.pipelines.lock(manager, id);
    // Another replica may have applied the same change while this one waited for the row.
    if (!pipeline || pipeline.configHash === hash) return;
    const configVersion = pipeline.configVersion + 1;
    await this.pipelines.update(manager, id, {
      ...toConfigurationColumns(configuration),
      pipelineTypeId: type.id,
      configHash: hash,
      configVersion,
    });
    await this.pipelines.addHistory(manager, {
      pipelineId: id,
      configVersion,
      configHash: hash,
      oldConfiguration: configurationOf(pipeline),
      newConfiguration: configuration,
    });
  }
}

/** Names enter the hash as they are stored, so that another case in the code changes nothing. */
function asStored(asked: Configuration, known: KnownPipeline): Configuration {
  return { ...asked, name: known.name, pipeline_type_name: known.given_type_name ?? asked.pipeline_type_name };
}

function answerOf({ id, active, load_lineage, watermark }: InsertedPipeline): RegisteredPipelineDto {
  return { id, active, load_lineage, watermark };
}
