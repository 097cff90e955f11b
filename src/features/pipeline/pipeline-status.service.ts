import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { type PipelineStatus, PipelineRepository } from './pipeline.repository.js';
import type { ListedPipelineDto, PipelineStatusDto } from './pipeline-status.dto.js';
import type { PipelineDto } from './pipeline.dto.js';

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
