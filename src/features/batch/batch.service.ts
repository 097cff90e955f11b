import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../../platform/auth/caller.js';
import { asDomainError, databaseBusy } from '../../platform/database/database-errors.js';
import { Semaphore } from '../../platform/database/semaphore.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { DomainError } from '../../platform/errors/domain-error.js';
import { Answer } from '../../platform/http/answer.js';
import { IdempotencyService } from '../../platform/idempotency/idempotency.service.js';
import type { BatchReportDto } from './batch.dto.js';
import { reportOf } from './batch.mapper.js';
import { type Operation, operationsOf } from './batch-operation.js';
import { BatchOperationsService } from './batch-operations.service.js';
import { BatchRun, type Result, UnexpectedError } from './batch-run.js';
import { BatchSubjectsService } from './batch-subjects.service.js';

type Operations = readonly (Operation | DomainError)[];

/** How many batches are worked on at once; each may have a thousand operations. */
const BATCHES_AT_ONCE = 16;
/** How long a batch waits for its turn. */
const TURN_TIMEOUT_MS = 5000;

/**
 * Performs the operations of one request, step by step (see `batch-order.ts`). Without an Idempotency-Key each operation
 * is done on its own, in transactions that it shares with whatever arrives at the same time. With a key the whole batch
 * is one transaction, which also stores the answer.
 */
@Injectable()
export class BatchService {
  private readonly turns = new Semaphore(BATCHES_AT_ONCE, TURN_TIMEOUT_MS, databaseBusy);

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly idempotency: IdempotencyService,
    private readonly subjects: BatchSubjectsService,
    private readonly operations: BatchOperationsService,
  ) {}

  /** @throws InvalidRequestError if the body is no array of at most 1,000 operations */
  async perform(body: unknown, caller: Caller): Promise<Answer<BatchReportDto>> {
    const operations = operationsOf(body);
    return this.turns.run(async () => {
      if (!this.idempotency.hasKey) return Answer.found(reportOf(await this.performEach(operations, caller)));
      return this.idempotency.once(async (manager) =>
        Answer.found(reportOf(await this.performAll(manager, operations, caller))),
      );
    });
  }

  /** An operation that fails, even unexpectedly, fails alone. */
  private async performEach(operations: Operations, caller: Caller): Promise<readonly Result[]> {
    const run = new BatchRun(operations);
    const subjects = await this.transactions.read((manager) => this.subjects.find(manager, run.placed.values()));
    for (const step of run.steps(subjects)) {
      // Submitted together, so that those of a kind share transactions.
      await Promise.all(
        step.map(async (position) => {
          const operation = run.ready(position);
          run.note(position, operation instanceof DomainError ? operation : await this.resultOf(operation, caller));
        }),
      );
    }
    return run.results;
  }

  private async resultOf(operation: Operation, caller: Caller): Promise<Result> {
    try {
      return await this.operations.perform(operation, caller);
    } catch (error) {
      return refusalOf(error) ?? new UnexpectedError(error);
    }
  }

  /** In the caller's transaction, where an unexpected error, or a locked row, fails the whole batch. */
  private async performAll(manager: EntityManager, operations: Operations, caller: Caller): Promise<readonly Result[]> {
    const run = new BatchRun(operations);
    for (const step of run.steps(await this.subjects.find(manager, run.placed.values()))) {
      for (const ofOneKind of Map.groupBy(step, (position) => run.opAt(position)).values()) {
        await this.performStep(manager, run, ofOneKind, caller);
      }
    }
    return run.results;
  }

  /**
   * Performs operations of one kind together. A refusal is usually part of the results; where it is thrown, the
   * savepoint is restored, and each operation is tried by itself.
   */
  private async performStep(
    manager: EntityManager,
    run: BatchRun,
    positions: readonly number[],
    caller: Caller,
  ): Promise<void> {
    const ready = new Map<number, Operation>();
    for (const position of positions) {
      const operation = run.ready(position);
      if (operation instanceof DomainError) run.note(position, operation);
      else ready.set(position, operation);
    }
    if (ready.size === 0) return;
    try {
      // A transaction in a transaction is a savepoint.
      const results = await manager.transaction((nested) =>
        this.operations.performWithin(nested, [...ready.values()], caller),
      );
      for (const [index, position] of [...ready.keys()].entries()) run.note(position, results[index] as Result);
    } catch (error) {
      if (!(error instanceof DomainError) || error.kind === 'unavailable') throw error;
      const [only, second] = ready.keys();
      if (second === undefined) run.note(only as number, error);
      else for (const position of ready.keys()) await this.performStep(manager, run, [position], caller);
    }
  }
}

function refusalOf(error: unknown): DomainError | undefined {
  return error instanceof DomainError ? error : asDomainError(error);
}
