import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Answer } from '../common/answer.js';
import { InvalidRequestError } from '../errors/domain-error.js';
import { given } from '../common/given.js';
import type { Page } from '../common/page.js';
import { violates } from '../database/database-errors.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { IdempotencyService } from '../idempotency/idempotency.service.js';
import { pairErrors } from './configuration.js';
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
import { toPipelineTypeDto } from './pipeline.mapper.js';
import { ThresholdChangeService } from './threshold-change.service.js';

/** The types of pipelines: get-or-create, defaults for their pipelines, changes by operators. */
@Injectable()
export class PipelineTypeService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly idempotency: IdempotencyService,
    private readonly types: PipelineTypeRepository,
    private readonly names: NamePolicy,
    private readonly thresholds: ThresholdChangeService,
  ) {}

  getOrCreate(request: CreatePipelineTypeDto): Promise<Answer<PipelineTypeDto>> {
    const type: NewPipelineType = {
      name: this.names.stored(request.name),
      freshnessNumber: request.freshness_number ?? null,
      freshnessDatepart: request.freshness_datepart ?? null,
      muteFreshnessCheck: request.mute_freshness_check ?? false,
      timelinessNumber: request.timeliness_number ?? null,
      timelinessDatepart: request.timeliness_datepart ?? null,
      muteTimelinessCheck: request.mute_timeliness_check ?? false,
    };
    refuseHalfPairs(type);
    return this.idempotency.once(async (manager) => {
      const { created, row } = await this.ensure(manager, type);
      const body = toPipelineTypeDto(row);
      return created ? Answer.created(body) : Answer.found(body);
    });
  }

  /** The row of the type's name, created where there is none; part of the caller's transaction. */
  async ensure(manager: EntityManager, type: NewPipelineType): Promise<{ created: boolean; row: PipelineTypeEntity }> {
    // Looked up first only to spare the sequence: what decides is the insert.
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
    const patched = await this.apply(request, key);
    const moves = [request.timeliness_number, request.timeliness_datepart];
    if (moves.some((field) => field !== undefined)) await this.thresholds.announce({ pipelineTypeId: patched.id });
    return patched;
  }

  private async apply(request: PatchPipelineTypeDto, key: number | string): Promise<PipelineTypeDto> {
    try {
      return await this.transactions.run(async (manager) => {
        const type = await this.types.lock(manager, key);
        if (!type) throw new PipelineTypeNotFoundError(key);
        const change = this.changeOf(request);
        refuseHalfPairs({ ...type, ...change });
        if (Object.keys(change).length > 0) await this.types.update(manager, type.id, change);
        const changed = await this.types.findById(manager, type.id);
        return toPipelineTypeDto(changed ?? type);
      });
    } catch (error) {
      if (violates(error, 'uq_pipeline_type_name')) throw new NameTakenError(request.name ?? '');
      throw error;
    }
  }

  private changeOf(request: PatchPipelineTypeDto): Partial<PipelineTypeEntity> {
    const renamed = request.id !== undefined && request.name !== undefined;
    return given({
      name: renamed ? this.names.stored(request.name ?? '') : undefined,
      freshnessNumber: request.freshness_number,
      freshnessDatepart: request.freshness_datepart,
      muteFreshnessCheck: request.mute_freshness_check,
      timelinessNumber: request.timeliness_number,
      timelinessDatepart: request.timeliness_datepart,
      muteTimelinessCheck: request.mute_timeliness_check,
    });
  }
}

function refuseHalfPairs(type: Partial<PipelineTypeEntity>): void {
  const errors = pairErrors({
    freshness_number: type.freshnessNumber ?? null,
    freshness_datepart: type.freshnessDatepart ?? null,
    timeliness_number: type.timelinessNumber ?? null,
    timeliness_datepart: type.timelinessDatepart ?? null,
  });
  if (errors.length > 0) throw new InvalidRequestError(errors);
}
