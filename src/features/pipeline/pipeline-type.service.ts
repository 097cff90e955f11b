import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Answer } from '../../platform/http/answer.js';
import { definedFields } from '../../platform/http/defined-fields.js';
import type { Page } from '../../platform/http/page.js';
import { violates } from '../../platform/database/database-errors.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { IdempotencyService } from '../../platform/idempotency/idempotency.service.js';
import { NamePolicy } from './name-policy.js';
import type {
  CreatePipelineTypeDto,
  ListPipelineTypesQuery,
  PatchPipelineTypeDto,
  PipelineTypeDto,
} from './pipeline-type.dto.js';
import type { PipelineTypeEntity } from './pipeline-type.entity.js';
import { type NewPipelineType, PipelineTypeRepository } from './pipeline-type.repository.js';
import { KeyMissingError, NameTakenError, PipelineTypeNotFoundError } from './pipeline.errors.js';
import { PipelineEvents } from './pipeline.events.js';
import { toPipelineTypeDto } from './pipeline.mapper.js';
import { changedThresholds, isGiven, refuseHalfPairs, thresholdsOf, TYPE_PAIRS, wirePairs } from './threshold-pairs.js';

/** Creates, reads and changes pipeline types. */
@Injectable()
export class PipelineTypeService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly idempotency: IdempotencyService,
    private readonly types: PipelineTypeRepository,
    private readonly names: NamePolicy,
    private readonly events: PipelineEvents,
  ) {}

  getOrCreate(request: CreatePipelineTypeDto): Promise<Answer<PipelineTypeDto>> {
    const type: NewPipelineType = {
      name: this.names.stored(request.name),
      ...thresholdsOf(TYPE_PAIRS, request),
      muteFreshnessCheck: request.mute_freshness_check ?? false,
      muteTimelinessCheck: request.mute_timeliness_check ?? false,
      muteAnomalyCheck: request.mute_anomaly_check ?? false,
    };
    refuseHalfPairs(TYPE_PAIRS, request);
    return this.idempotency.once(async (manager) => {
      const { created, row } = await this.ensure(manager, type);
      const body = toPipelineTypeDto(row);
      return created ? Answer.created(body) : Answer.found(body);
    });
  }

  /** Reads the type by name, and creates it if it does not exist, in the caller's transaction. */
  async ensure(manager: EntityManager, type: NewPipelineType): Promise<{ created: boolean; row: PipelineTypeEntity }> {
    // Only saves sequence values: the insert alone decides races.
    const known = await this.types.findByName(manager, type.name);
    if (known) return { created: false, row: known };
    const { created } = await this.types.insertIfAbsent(manager, type);
    const row = await this.types.findByName(manager, type.name);
    if (!row) throw new PipelineTypeNotFoundError(type.name);
    return { created, row };
  }

  async get(id: number): Promise<PipelineTypeDto> {
    return this.transactions.read(async (manager) => {
      const type = await this.types.findById(manager, id);
      if (!type) throw new PipelineTypeNotFoundError(id);
      return toPipelineTypeDto(type);
    });
  }

  async list(query: ListPipelineTypesQuery): Promise<Page<PipelineTypeDto>> {
    return this.transactions.read(async (manager) => (await this.types.list(manager, query)).map(toPipelineTypeDto));
  }

  async patch(request: PatchPipelineTypeDto): Promise<PipelineTypeDto> {
    const key = request.id ?? request.name;
    if (key === undefined) throw new KeyMissingError();
    try {
      return await this.transactions.run(async (manager) => {
        const type = await this.types.lock(manager, key);
        if (!type) throw new PipelineTypeNotFoundError(key);
        const change = this.changeOf(type, request);
        refuseHalfPairs(TYPE_PAIRS, wirePairs(TYPE_PAIRS, { ...type, ...change }));
        if (Object.keys(change).length > 0) {
          await this.types.update(manager, type.id, change);
          await this.events.typeChanged.emit(manager, [{ pipelineTypeId: type.id }]);
        }
        if (isGiven('timeliness', request)) {
          this.events.thresholdChanged.emit(manager, { pipelineTypeId: type.id });
        }
        const changed = await this.types.findById(manager, type.id);
        return toPipelineTypeDto(changed ?? type);
      });
    } catch (error) {
      if (violates(error, 'uq_pipeline_type_name')) throw new NameTakenError(request.name ?? '');
      throw error;
    }
  }

  private changeOf(type: PipelineTypeEntity, request: PatchPipelineTypeDto): Partial<PipelineTypeEntity> {
    const renamed = request.id !== undefined && request.name !== undefined;
    return definedFields({
      name: renamed ? this.names.stored(request.name ?? '') : undefined,
      ...changedThresholds(TYPE_PAIRS, type, request),
      muteFreshnessCheck: request.mute_freshness_check,
      muteTimelinessCheck: request.mute_timeliness_check,
      muteAnomalyCheck: request.mute_anomaly_check,
    });
  }
}
