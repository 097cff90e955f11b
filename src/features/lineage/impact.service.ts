import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { PipelineStatusService } from '../pipeline/pipeline-status.service.js';
import { AddressRepository } from './address.repository.js';
import type { ImpactDto } from './impact.dto.js';
import { toAffectedPipelineDto, toDatasetReferenceDto } from './lineage.mapper.js';
import { LineageRepository } from './lineage.repository.js';
import { cutOf, LineageWalkService } from './lineage-walk.service.js';
import { MOST_LEVELS } from './walk.js';

/** The most datasets, and the most pipelines, of an answer. */
export const MOST_AFFECTED = 1000;

/** Answers what depends on datasets. */
@Injectable()
export class ImpactService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly lineage: LineageRepository,
    private readonly addresses: AddressRepository,
    private readonly walks: LineageWalkService,
    private readonly statuses: PipelineStatusService,
  ) {}

  async impact(id: number, since: Date | undefined): Promise<ImpactDto> {
    await this.transactions.read((manager) => this.walks.require(manager, id));
    return this.impactOf([id], since, false);
  }

  /** What depends on some datasets; with `isListed` they are listed too. */
  async impactOf(origins: readonly number[], since: Date | undefined, isListed: boolean): Promise<ImpactDto> {
    const limits = { maxDepth: MOST_LEVELS + 1, most: MOST_AFFECTED };
    const { walk, described, readers } = await this.transactions.read(async (manager) => {
      const walk = await this.lineage.walk(manager, origins, 'downstream', limits);
      const described = await this.addresses.describe(
        manager,
        walk.withOrigins.map(({ id }) => id),
      );
      const readers = await this.lineage.findReaders(manager, walk.withOrigins, MOST_AFFECTED + 1);
      return { walk, described, readers };
    });
    const shown = readers.slice(0, MOST_AFFECTED);
    const affected = await this.statuses.affected(shown.map(({ pipelineId }) => pipelineId));
    return {
      ...cutOf(walk),
      since: since?.toISOString() ?? null,
      datasets: (isListed ? walk.withOrigins : walk.reached).map(({ id, depth }) => ({
        ...toDatasetReferenceDto(id, described),
        depth,
      })),
      pipelines: shown.flatMap(({ pipelineId, depth }) => {
        const pipeline = affected.get(pipelineId);
        return pipeline ? [toAffectedPipelineDto(pipeline, depth, since)] : [];
      }),
      pipelines_truncated: readers.length > MOST_AFFECTED,
    };
  }
}
