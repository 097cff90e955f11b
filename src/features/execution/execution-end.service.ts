import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Answer } from '../../platform/http/answer.js';
import type { DomainError } from '../../platform/errors/domain-error.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { type Batches, IdempotencyService } from '../../platform/idempotency/idempotency.service.js';
import { PipelineWatermarkService, type SuccessfulRun } from '../pipeline/pipeline-watermark.service.js';
import type { EndExecutionDto } from './execution-request.dto.js';
import type { ExecutionDto } from './execution.dto.js';
import type { ExecutionEntity } from './execution.entity.js';
import { EndBeforeStartError, ExecutionAlreadyEndedError, ExecutionNotFoundError } from './execution.errors.js';
import { ExecutionEvents } from './execution.events.js';
import { endHash, statusOfEnd, toEndedExecution, toExecutionDto } from './execution.mapper.js';
import { type EndedRow, type EndingExecution, ExecutionRepository } from './execution.repository.js';
import { COMPLETED_SUCCESSFULLY, IS_SUCCESS, statusOf, TAKES_END } from './execution-status.js';

/** An end request with its time of receipt and content hash. */
interface ReceivedEnd {
  readonly request: EndExecutionDto;
  readonly receivedAt: Date;
  readonly hash: string;
}

/** An execution with its end applied, and its state before. */
interface Ending extends EndedRow {
  readonly receivedAt: Date;
}

/** Allowed clock difference: an end earlier than its start by at most this much is set to the start. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

/** The executions that a batch ends, by id, as read at the start of the batch. */
type ExecutionsById = ReadonlyMap<number, EndingExecution>;

/**
 * Ends each execution once: an identical repeat gets the same answer, a different end is refused. A success moves the
 * pipeline's watermark in the same transaction. Ends that arrive together share a transaction; each gets its own answer
 * after the commit, and an invalid one does not affect the others.
 */
@Injectable()
export class ExecutionEndService {
  private readonly batches: Batches<ReceivedEnd, ExecutionDto>;

  constructor(
    @Inject(CONFIG) config: Config,
    idempotency: IdempotencyService,
    private readonly executions: ExecutionRepository,
    private readonly watermarks: PipelineWatermarkService,
    private readonly events: ExecutionEvents,
  ) {
    this.batches = idempotency.batches(
      'end',
      { batchSize: config.batchSize, lanes: config.batchLanes },
      {
        load: (manager, ends) => this.find(manager, ends),
        apply: (manager, ends, found) => this.endAll(manager, ends, found),
        rowsOf: rowsToLock,
      },
      (execution) => Answer.found(execution),
    );
  }

  async end(request: EndExecutionDto): Promise<Answer<ExecutionDto>> {
    return this.batches.submit(received(request));
  }

  /** The same for several requests, in the caller's transaction. */
  endWithin(
    manager: EntityManager,
    requests: readonly EndExecutionDto[],
  ): Promise<readonly (Answer<ExecutionDto> | DomainError)[]> {
    return this.batches.within(manager, requests.map(received));
  }

  private async find(manager: EntityManager, ends: readonly ReceivedEnd[]): Promise<ExecutionsById> {
    const ids = [...new Set(ends.map(({ request }) => request.id))];
    const found = await this.executions.findEnding(manager, ids);
    return new Map(found.map((execution) => [execution.id, execution]));
  }

  /**
   * Ends a batch and returns the results in the order of the requests. Of several ends of one execution, the first
   * wins.
   */
  private async endAll(
    manager: EntityManager,
    ends: readonly ReceivedEnd[],
    found: ExecutionsById,
  ): Promise<(ExecutionDto | DomainError)[]> {
    const endings: Ending[] = [];
    const results = ends.map((end) => {
      const execution = found.get(end.request.id);
      if (!execution) return new ExecutionNotFoundError(end.request.id);
      if (!TAKES_END[statusOf(execution)]) {
        return execution.endHash === end.hash
          ? toExecutionDto(execution)
          : new ExecutionAlreadyEndedError(execution.id);
      }
      if (isBeforeStart(execution, end)) return new EndBeforeStartError(execution.startDate);
      const { nextWatermark } = execution;
      applyEnd(execution, end);
      endings.push({ execution, nextWatermarkBefore: nextWatermark, receivedAt: end.receivedAt });
      return toExecutionDto(execution);
    });
    if (endings.length > 0) await this.write(manager, endings);
    return results;
  }

  /** Writes the ends, then the pipelines' progress, then notifies listeners: the same order in every batch. */
  private async write(manager: EntityManager, endings: readonly Ending[]): Promise<void> {
    await this.executions.updateEnded(manager, endings);
    const successes = endings.filter(({ execution }) => IS_SUCCESS[statusOf(execution)]);
    await this.watermarks.recordSuccesses(manager, successes.map(successOf));
    await this.events.ended.emit(
      manager,
      endings.map(({ execution }) => toEndedExecution(execution)),
    );
  }
}

function received(request: EndExecutionDto): ReceivedEnd {
  return { request, receivedAt: new Date(), hash: endHash(request) };
}

/** An end writes its execution and usually its pipeline. */
function rowsToLock({ request }: ReceivedEnd, found: ExecutionsById): string[] {
  const execution = found.get(request.id);
  return execution && TAKES_END[statusOf(execution)]
    ? [`execution ${execution.id}`, `pipeline ${execution.pipelineId}`]
    : [];
}

function isBeforeStart({ startDate }: ExecutionEntity, { request }: ReceivedEnd): boolean {
  return request.end_date !== undefined && request.end_date.getTime() < startDate.getTime() - CLOCK_TOLERANCE_MS;
}

function applyEnd(execution: EndingExecution, { request, receivedAt, hash }: ReceivedEnd): void {
  // Clocks differ, and an end must not precede its start.
  execution.endDate = later(request.end_date ?? receivedAt, execution.startDate);
  execution.status = statusOfEnd(request);
  execution.completedSuccessfully = COMPLETED_SUCCESSFULLY[execution.status];
  execution.totalRows = request.total_rows ?? null;
  execution.inserts = request.inserts ?? null;
  execution.updates = request.updates ?? null;
  execution.softDeletes = request.soft_deletes ?? null;
  execution.nextWatermark = request.next_watermark ?? execution.nextWatermark;
  execution.errorMessage = request.error_message ?? null;
  execution.addedMetadata = request.execution_metadata;
  if (request.execution_metadata) {
    execution.executionMetadata = { ...execution.executionMetadata, ...request.execution_metadata };
  }
  execution.endHash = hash;
}

/** Client clocks may be ahead, so the pipeline's dates never pass the time at which the service received the report. */
function successOf({ execution, receivedAt }: Ending): SuccessfulRun {
  const { startDate, startReceivedAt, endDate } = execution;
  const loadedAt = endDate && earlier(endDate, receivedAt);
  const moved = (count: number | null): Date | null => (count !== null && count > 0 ? loadedAt : null);
  return {
    pipelineId: execution.pipelineId,
    startedAt: earlier(startDate, startReceivedAt ?? receivedAt),
    nextWatermark: execution.nextWatermark,
    lastTargetInsert: moved(execution.inserts),
    lastTargetUpdate: moved(execution.updates),
    lastTargetSoftDelete: moved(execution.softDeletes),
  };
}

function earlier(a: Date, b: Date): Date {
  return a < b ? a : b;
}

function later(a: Date, b: Date): Date {
  return a < b ? b : a;
}
