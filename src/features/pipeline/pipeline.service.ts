import { Injectable } from '@nestjs/common';
import { definedFields } from '../../platform/http/defined-fields.js';
import { completePage } from '../../platform/http/bounded-list.js';
import type { Page, PageQuery } from '../../platform/http/page.js';
import { violates } from '../../platform/database/database-errors.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { CONFIG_HISTORY_LONG_COLUMNS } from './pipeline-config-history.entity.js';
import { NamePolicy } from './name-policy.js';
import { PipelineTypeRepository } from './pipeline-type.repository.js';
import type { ConfigurationChangeDto, ListPipelinesQuery, PatchPipelineDto, PipelineDto } from './pipeline.dto.js';
import { PIPELINE_LONG_COLUMNS, type PipelineEntity } from './pipeline.entity.js';
import {
  KeyMissingError,
  NameTakenError,
  PipelineNotFoundError,
  PipelineTypeNotFoundError,
} from './pipeline.errors.js';
import { PipelineEvents } from './pipeline.events.js';
import { configurationOf, toConfigurationChangeDto, toPipelineDto } from './pipeline.mapper.js';
import { PipelineRepository } from './pipeline.repository.js';
import { changedThresholds, isGiven, PIPELINE_PAIRS, refuseHalfPairs } from './threshold-pairs.js';

/** Pipelines as operators see them: read, listed, changed by hand. */
@Injectable()
export class PipelineService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly pipelines: PipelineRepository,
    private readonly types: PipelineTypeRepository,
    private readonly names: NamePolicy,
    private readonly events: PipelineEvents,
  ) {}

  get(id: number): Promise<PipelineDto> {
    return this.transactions.read(async (manager) => {
      const pipeline = await this.pipelines.findById(manager, id);
      if (!pipeline) throw new PipelineNotFoundError(id);
      return toPipelineDto(pipeline);
    });
  }

  async list(query: ListPipelinesQuery): Promise<Page<PipelineDto>> {
    const page = await this.transactions.read((manager) => this.pipelines.list(manager, query));
    return (await completePage(this.transactions, PIPELINE_LONG_COLUMNS, page)).map(toPipelineDto);
  }

  async history(id: number, query: PageQuery): Promise<Page<ConfigurationChangeDto>> {
    const page = await this.transactions.read(async (manager) => {
      if (!(await this.pipelines.findById(manager, id))) throw new PipelineNotFoundError(id);
      return this.pipelines.listHistory(manager, id, query);
    });
    return (await completePage(this.transactions, CONFIG_HISTORY_LONG_COLUMNS, page)).map(toConfigurationChangeDto);
  }

  /** Changes what the body holds and nothing else; the row is checked as it would end up. */
  async patch(request: PatchPipelineDto): Promise<PipelineDto> {
    const id = request.id ?? request.pipeline_id;
    const key = id ?? request.name;
    if (key === undefined) throw new KeyMissingError();
    const newName = id === undefined || request.name === undefined ? undefined : this.names.stored(request.name);
    try {
      return await this.transactions.run(async (manager) => {
        const pipeline = await this.pipelines.lock(manager, key);
        if (!pipeline) throw new PipelineNotFoundError(key);
        const typeId = request.pipeline_type_id;
        if (typeId !== undefined && !(await this.types.findById(manager, typeId))) {
          throw new PipelineTypeNotFoundError(typeId);
        }
        // The pattern is for new names: one that was there before it may be kept, or change its case.
        if (newName !== undefined && newName.toLowerCase() !== pipeline.name.toLowerCase())
          this.names.refuseUnwanted(newName);
        const change = this.changeOf(pipeline, request, newName);
        refuseHalfPairs(PIPELINE_PAIRS, configurationOf({ ...pipeline, ...change }));
        if (Object.keys(change).length > 0) await this.pipelines.update(manager, pipeline.id, change);
        if (isGiven('timeliness', request) || typeId !== undefined) {
          this.events.thresholdChanged.emit(manager, { pipelineId: pipeline.id });
        }
        return toPipelineDto((await this.pipelines.findById(manager, pipeline.id)) ?? pipeline);
      });
    } catch (error) {
      if (violates(error, 'uq_pipeline_name')) throw new NameTakenError(newName ?? '');
      throw error;
    }
  }

  private changeOf(
    pipeline: PipelineEntity,
    request: PatchPipelineDto,
    newName: string | undefined,
  ): Partial<PipelineEntity> {
    return definedFields<PipelineEntity>({
      name: newName,
      pipelineTypeId: request.pipeline_type_id,
      pipelineMetadata: request.pipeline_metadata,
      watermark: request.watermark,
      nextWatermark: request.next_watermark,
      ...changedThresholds(PIPELINE_PAIRS, pipeline, request),
      muteFreshnessCheck: request.mute_freshness_check,
      muteTimelinessCheck: request.mute_timeliness_check,
      active: request.active,
      loadLineage: request.load_lineage,
    });
  }
}
