import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Answer } from '../../platform/http/answer.js';
import { DomainError } from '../../platform/errors/domain-error.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { type Batches, IdempotencyService } from '../../platform/idempotency/idempotency.service.js';
import { PipelineNotFoundError } from '../pipeline/pipeline.errors.js';
import type { StartedExecutionDto, StartExecutionDto } from './execution.dto.js';
import { ParentNotFoundError } from './execution.errors.js';
import { ExecutionEvents, type StartedExecution } from './execution.events.js';
import {
  ExecutionStartRepository,
  type ExternalId,
  type NewExecution,
  type ResolvedStart,
} from './execution-start.repository.js';

/** The execution of a start, and whether that start made it. */
interface Started {
  readonly id: number;
  readonly created: boolean;
}
/** A start as it came in, its moment settled. */
type ReceivedStart = StartExecutionDto & { readonly start_date: Date; readonly receivedAt: Date };
type Candidate = NewExecution | DomainError;
/** What the database knows of each start of a batch. */
type ResolvedStarts = ReadonlyMap<ReceivedStart, ResolvedStart>;

/**
 * Starts executions. Starts that arrive together share one transaction: each gets its own answer
 * after the commit, and a wrong one doesn't disturb its neighbours.
 */
@Injectable()
export class ExecutionStartService {
  private readonly batches: Batches<ReceivedStart, StartedExecutionDto>;

  constructor(
    @Inject(CONFIG) config: Config,
    idempotency: IdempotencyService,
    private readonly executions: ExecutionStartRepository,
    private readonly events: ExecutionEvents,
  ) {
    this.batches = idempotency.batches(
      'start',
      { batchSize: config.batchSize, lanes: config.batchLanes },
      {
        load: (manager, starts) => this.resolve(manager, starts),
        apply: (manager, starts, resolved) => this.startAll(manager, starts, resolved),
        rowsOf: rowsToLock,
      },
      ({ id, created }) => (created ? Answer.created({ id }) : Answer.found({ id })),
    );
  }

  start(request: StartExecutionDto): Promise<Answer<StartedExecutionDto>> {
    const receivedAt = new Date();
    return this.batches.submit({ ...request, start_date: request.start_date ?? receivedAt, receivedAt });
  }

  private async resolve(manager: EntityManager, requests: readonly ReceivedStart[]): Promise<ResolvedStarts> {
    const starts = requests.map((request) => ({
      pipelineId: request.pipeline_id,
      parentId: parentIdOf(request),
      startDate: request.start_date,
    }));
    const resolved = await this.executions.resolveStarts(manager, starts);
    return new Map(resolved.map((start, index) => [requests[index] as ReceivedStart, start]));
  }

  /** Starts a batch; the results are in the order of the requests. */
  private async startAll(
    manager: EntityManager,
    requests: readonly ReceivedStart[],
    resolved: ResolvedStarts,
  ): Promise<(Started | DomainError)[]> {
    const candidates = requests.map((request) => candidateOf(request, resolved.get(request) as ResolvedStart));
    const accepted = candidates.filter((candidate): candidate is NewExecution => !(candidate instanceof DomainError));
    const holders = await this.claim(manager, accepted);
    const holderOf = ({ id, pipelineId, externalId }: NewExecution): number =>
      (externalId === null ? undefined : holders.get(keyOf(pipelineId, externalId))) ?? id;
    const inserted = accepted.filter((execution) => holderOf(execution) === execution.id);
    if (inserted.length > 0) await this.executions.insert(manager, inserted);
    await this.events.started.emit(manager, inserted.map(startedOf));
    return candidates.map((candidate) => {
      if (candidate instanceof DomainError) return candidate;
      const id = holderOf(candidate);
      return { id, created: id === candidate.id };
    });
  }

  /** Who holds the external ids that the batch wants, by pipeline and external id. */
  private async claim(manager: EntityManager, executions: readonly NewExecution[]): Promise<Map<string, number>> {
    const wanted = executions.flatMap(({ pipelineId, externalId, id }): ExternalId[] =>
      externalId === null ? [] : [{ pipelineId, externalId, executionId: id }],
    );
    if (wanted.length === 0) return new Map();
    const held = await this.executions.claimExternalIds(manager, wanted);
    return new Map(held.map((h) => [keyOf(h.pipelineId, h.externalId), h.executionId]));
  }
}

function parentIdOf(request: StartExecutionDto): number | null {
  return request.parent_id ?? request.parent_execution_id ?? null;
}

function keyOf(pipelineId: number, externalId: string): string {
  return `${pipelineId}:${externalId}`;
}

/** The execution that a start asks for, or why there can't be one. */
function candidateOf(request: ReceivedStart, { id, pipeline, parent, deadline }: ResolvedStart): Candidate {
  if (!pipeline) return new PipelineNotFoundError(request.pipeline_id);
  const parentId = parentIdOf(request);
  if (parentId !== null && !parent) return new ParentNotFoundError(parentId);
  return {
    id,
    parentId,
    rootId: parent?.root_id ?? id,
    pipelineId: pipeline.id,
    externalId: request.external_id ?? null,
    startDate: request.start_date,
    startReceivedAt: request.start_date > request.receivedAt ? request.receivedAt : null,
    watermark: request.watermark ?? pipeline.watermark,
    nextWatermark: request.next_watermark ?? pipeline.next_watermark,
    executionMetadata: request.execution_metadata ?? null,
    configVersion: pipeline.config_version,
    deadline,
  };
}

function startedOf(execution: NewExecution): StartedExecution {
  const { id, parentId, rootId, pipelineId, externalId, startDate, deadline } = execution;
  return { id, parentId, rootId, pipelineId, externalId, startDate, deadline };
}

/** A start waits for nobody but for who claims the same external id. */
function rowsToLock({ pipeline_id, external_id }: ReceivedStart): string[] {
  return external_id == null ? [] : [`run ${pipeline_id} ${external_id}`];
}
