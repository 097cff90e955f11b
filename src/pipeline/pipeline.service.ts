import { Injectable } from '@nestjs/common';
import { InvalidRequestError } from '../common/domain-error.js';
import { given } from '../common/given.js';
import { nameKey } from '../common/name.js';
import type { Page, PageQuery } from '../common/page.js';
import { violates } from '../database/database-errors.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { pairErrors } from './configuration.js';
import { NamePolicy } from './name-policy.js';
import { PipelineTypeRepository } from './pipeline-type.repository.js';
import type { ConfigurationChangeDto, ListPipelinesQuery, PatchPipelineDto, PipelineDto } from './pipeline.dto.js';
import type { PipelineEntity } from './pipeline.entity.js';
import {
  KeyMissingError,
  NameTakenError,
  PipelineNotFoundError,
  PipelineTypeNotFoundError,
} from './pipeline.errors.js';
import { configurationOf, toConfigurationChangeDto, toPipelineDto } from './pipeline.mapper.js';
import { PipelineRepository } from './pipeline.repository.js';
import { ThresholdChangeService } from './threshold-change.service.js';

/** Pipelines as operators see them: read, listed, changed by hand. */
@Injectable()
export class PipelineService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly pipelines: PipelineRepository,
    private readonly types: PipelineTypeRepository,
    private readonly names: NamePolicy,
    private readonly thresholds: ThresholdChangeService,
  ) {}

  get(id: number): Promise<PipelineDto> {
    return this.transactions.read(async (manager) => {
      const pipeline = await this.pipelines.findById(manager, id);
      if (!pipeline) throw new PipelineNotFoundError(id);
      return toPipelineDto(pipeline);
    });
  }

  list(query: ListPipelinesQuery): Promise<Page<PipelineDto>> {
    return this.transactions.read(async (manager) => (await this.pipelines.list(manager, query)).map(toPipelineDto));
  }

  history(id: number, query: PageQuery): Promise<Page<ConfigurationChangeDto>> {
    return this.transactions.read(async (manager) => {
      if (!(await this.pipelines.findById(manager, id))) throw new PipelineNotFoundError(id);
      return (await this.pipelines.listHistory(manager, id, query)).map(toConfigurationChangeDto);
    });
  }

  /** Changes what the body holds and nothing else; the row is checked as it would end up. */
  async patch(request: PatchPipelineDto): Promise<PipelineDto> {
    const id = request.id ?? request.pipeline_id;
    const key = id ?? request.name;
    if (key === undefined) throw new KeyMissingError();
    const newName = id === undefined || request.name === undefined ? undefined : this.names.stored(request.name);
    const patched = await this.apply(request, key, newName);
    const moves = [request.timeliness_number, request.timeliness_datepart, request.pipeline_type_id];
    if (moves.some((field) => field !== undefined)) await this.thresholds.announce({ pipelineId: patched.id });
    return patched;
  }

  private async apply(
    request: PatchPipelineDto,
    key: number | string,
    newName: string | undefined,
  ): Promise<PipelineDto> {
    try {
      return await this.transactions.run(async (manager) => {
        const pipeline = await this.pipelines.lock(manager, key);
        if (!pipeline) throw new PipelineNotFoundError(key);
        const typeId = request.pipeline_type_id;
        if (typeId !== undefined && !(await this.types.findById(manager, typeId))) {
          throw new PipelineTypeNotFoundError(typeId);
        }
        // The pattern is for new names: one that was there before it may be kept, or change its case.
        if (newName !== undefined && nameKey(newName) !== nameKey(pipeline.name)) this.names.refuseUnwanted(newName);
        const change = this.changeOf(request, newName);
        const errors = pairErrors(configurationOf({ ...pipeline, ...change }));
        if (errors.length > 0) throw new InvalidRequestError(errors);
        if (Object.keys(change).length > 0) await this.pipelines.update(manager, pipeline.id, change);
        return toPipelineDto((await this.pipelines.findById(manager, pipeline.id)) ?? pipeline);
      });
    } catch (error) {
      if (violates(error, 'uq_pipeline_name')) throw new NameTakenError(newName ?? '');
      throw error;
    }
  }

  private changeOf(request: PatchPipelineDto, newName: string | undefined): Partial<PipelineEntity> {
    return given<PipelineEntity>({
      name: newName,
      pipelineTypeId: request.pipeline_type_id,
      pipelineMetadata: request.pipeline_metadata,
      watermark: request.watermark,
      nextWatermark: request.next_watermark,
      freshnessNumber: request.freshness_number,
      freshnessDatepart: request.freshness_datepart,
      timelinessNumber: request.timeliness_number,
      timelinessDatepart: request.timeliness_datepart,
      muteFreshnessCheck: request.mute_freshness_check,
      muteTimelinessCheck: request.mute_timeliness_check,
      active: request.active,
      loadLineage: request.load_lineage,
    });
  }
}
