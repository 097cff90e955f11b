import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { type AffectedPipeline, type PipelineStatus, PipelineRepository } from './pipeline.repository.js';
import type { LastExecutionDto, ListedPipelineDto, PipelineStatusDto } from './pipeline-status.dto.js';
import type { PipelineDto } from './pipeline.dto.js';

export type { AffectedPipeline };

/** A pipeline that lineage leads to, and how it is doing. */
export interface AffectedPipelineStatus extends AffectedPipeline {
  readonly lastExecution: LastExecutionDto | null;
  readonly openIncidents: number;
}

/** Completes pipelines of a list with how they are doing. */
@Injectable()
export class PipelineStatusService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly pipelines: PipelineRepository,
  ) {}

  async complete(pipelines: readonly PipelineDto[]): Promise<ListedPipelineDto[]> {
    const ids = pipelines.map(({ id }) => id);
    const found = await this.transactions.read((manager) => this.pipelines.findStatus(manager, ids));
    const byId = new Map(found.map((status) => [status.pipelineId, toStatusDto(status)]));
    return pipelines.map((pipeline) => {
      const status = byId.get(pipeline.id);
      return status ? { ...pipeline, status } : pipeline;
    });
  }

  /** The pipelines with these ids, by id. */
  async describe(ids: readonly number[]): Promise<ReadonlyMap<number, AffectedPipeline>> {
    if (ids.length === 0) return new Map();
    const described = await this.transactions.read((manager) => this.pipelines.describeAffected(manager, ids));
    return new Map(described.map((pipeline) => [pipeline.id, pipeline]));
  }

  /** The pipelines with these ids, by id, with their last executions and open incidents. */
  async affected(ids: readonly number[]): Promise<ReadonlyMap<number, AffectedPipelineStatus>> {
    if (ids.length === 0) return new Map();
    return this.transactions.read(async (manager) => {
      const described = await this.pipelines.describeAffected(manager, ids);
      const statuses = await this.pipelines.findStatus(manager, ids, 1);
      const byId = new Map(statuses.map((status) => [status.pipelineId, status]));
      return new Map(described.map((pipeline) => [pipeline.id, toAffected(pipeline, byId.get(pipeline.id))]));
    });
  }
}

function toAffected(pipeline: AffectedPipeline, status: PipelineStatus | undefined): AffectedPipelineStatus {
  const lastExecution = status ? toStatusDto(status).last_execution : null;
  return { ...pipeline, lastExecution, openIncidents: status?.openIncidents ?? 0 };
}

function toStatusDto({
  ids,
  rootIds,
  starts,
  ends,
  statuses,
  staleAt,
  openIncidents,
}: PipelineStatus): PipelineStatusDto {
  const [id, rootId, start, status] = [ids?.[0], rootIds?.[0], starts?.[0], statuses?.[0]];
  const hasRun = id !== undefined && rootId !== undefined && start !== undefined && status !== undefined;
  return {
    last_execution: hasRun
      ? { id, root_id: rootId, status, start_date: start.toISOString(), end_date: ends?.[0]?.toISOString() ?? null }
      : null,
    recent_statuses: statuses ?? [],
    recent_duration_ms: (starts ?? []).map((from, index) => {
      const to = ends?.[index];
      return to ? to.getTime() - from.getTime() : null;
    }),
    stale_at: staleAt?.toISOString() ?? null,
    open_incidents: openIncidents,
  };
}
