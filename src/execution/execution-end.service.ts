import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Answer } from '../common/answer.js';
import type { DomainError } from '../errors/domain-error.js';
import { CONFIG, type Config } from '../config/config.js';
import { together } from '../database/together.js';
import { type Batches, IdempotencyService } from '../idempotency/idempotency.service.js';
import { type Load, PipelineWatermarkService } from '../pipeline/pipeline-watermark.service.js';
import type { EndExecutionDto, ExecutionDto } from './execution.dto.js';
import type { ExecutionEntity } from './execution.entity.js';
import { EndBeforeStartError, ExecutionAlreadyEndedError, ExecutionNotFoundError } from './execution.errors.js';
import { endHash, toExecutionDto } from './execution.mapper.js';
import { ExecutionRepository } from './execution.repository.js';
import { ExecutionEndedService } from './execution-ended.service.js';

/** An end as it came in: when, and what it said. */
interface ReceivedEnd {
  readonly request: EndExecutionDto;
  readonly receivedAt: Date;
  readonly hash: string;
}

/** What became of one end of a batch. */
type Outcome = ExecutionDto | DomainError;

/**
 * Ends executions, once each: a repeat gets the same answer, another end is refused. A success
 * moves the pipeline's watermark in the same transaction. Ends that arrive together share one
 * transaction; each gets its own answer after the commit, and a wrong one doesn't disturb its neighbours.
 */
@Injectable()
export class ExecutionEndService {
  private readonly batches: Batches<ReceivedEnd, ExecutionDto>;

  constructor(
    @Inject(CONFIG) config: Config,
    idempotency: IdempotencyService,
    private readonly executions: ExecutionRepository,
    private readonly watermarks: PipelineWatermarkService,
    private readonly listeners: ExecutionEndedService,
  ) {
    this.batches = idempotency.batches(
      'end',
      { batchSize: config.batchSize, lanes: config.batchLanes },
      (manager, ends, begun) => this.endAll(manager, ends, begun),
      (execution) => Answer.found(execution),
    );
  }

  end(request: EndExecutionDto): Promise<Answer<ExecutionDto>> {
    return this.batches.submit({ request, receivedAt: new Date(), hash: endHash(request) });
  }

  /** Ends a batch; the outcomes are in the order of the requests. The first of rival ends wins. */
  private async endAll(
    manager: EntityManager,
    ends: readonly ReceivedEnd[],
    begun: Promise<unknown>,
  ): Promise<Outcome[]> {
    const ids = [...new Set(ends.map(({ request }) => request.id))];
    const [, locked] = await together([begun, this.executions.lock(manager, ids)]);
    const byId = new Map(locked.map((execution) => [execution.id, execution]));
    const ended: ExecutionEntity[] = [];
    const outcomes = ends.map((end): Outcome => {
      const execution = byId.get(end.request.id);
      if (!execution) return new ExecutionNotFoundError(end.request.id);
      if (execution.endDate !== null) {
        return execution.endHash === end.hash
          ? toExecutionDto(execution)
          : new ExecutionAlreadyEndedError(execution.id);
      }
      if (end.request.end_date && end.request.end_date < execution.startDate) {
        return new EndBeforeStartError(execution.startDate);
      }
      applyEnd(execution, end);
      ended.push(execution);
      return toExecutionDto(execution);
    });
    if (ended.length > 0) await this.write(manager, ended);
    return outcomes;
  }

  /** The ends and what follows from them, in this order, sent without waiting for one another's answers. */
  private async write(manager: EntityManager, ended: readonly ExecutionEntity[]): Promise<void> {
    await together([
      this.executions.updateEnded(manager, ended),
      this.watermarks.recordLoads(manager, ended.filter((e) => e.completedSuccessfully).map(loadOf)),
      this.listeners.announce(manager, ended),
    ]);
  }
}

function applyEnd(execution: ExecutionEntity, { request, receivedAt, hash }: ReceivedEnd): void {
  // Now, unless the clock that set the start was ahead of this one: an end can't precede its start.
  execution.endDate = request.end_date ?? new Date(Math.max(receivedAt.getTime(), execution.startDate.getTime()));
  execution.completedSuccessfully = request.completed_successfully;
  execution.totalRows = request.total_rows ?? null;
  execution.inserts = request.inserts ?? null;
  execution.updates = request.updates ?? null;
  execution.softDeletes = request.soft_deletes ?? null;
  execution.errorMessage = request.error_message ?? null;
  if (request.execution_metadata) {
    execution.executionMetadata = { ...execution.executionMetadata, ...request.execution_metadata };
  }
  execution.endHash = hash;
}

/** What a successful execution tells its pipeline. */
function loadOf(execution: ExecutionEntity): Load {
  const moved = (count: number | null): Date | null => (count !== null && count > 0 ? execution.endDate : null);
  return {
    pipelineId: execution.pipelineId,
    startDate: execution.startDate,
    nextWatermark: execution.nextWatermark,
    lastTargetInsert: moved(execution.inserts),
    lastTargetUpdate: moved(execution.updates),
    lastTargetSoftDelete: moved(execution.softDeletes),
  };
}
