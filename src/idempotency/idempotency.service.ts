import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Answer } from '../common/answer.js';
import { DomainError } from '../errors/domain-error.js';
import type { GroupCommitLimits } from '../database/group-commit.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { type BatchKind, BatchObserverService } from '../observability/batch-observer.service.js';
import { IdempotencyLedger } from './idempotency-ledger.js';
import { type BatchWork, IdempotentBatches } from './idempotent-batches.js';
import { type RepeatableRequest, repeatableRequest } from './repeatable-request.js';

/** Takes items one by one, and does those together that arrive together. */
export interface Batches<Item, Body> {
  /** The answer to an item, once it is committed. Throws the item's refusal. */
  submit(item: Item): Promise<Answer<Body>>;
}

/**
 * Does a request once, however often it is sent with the same Idempotency-Key: what it did and what it was answered
 * commit together, and the answer is repeated for 24 h. Every POST goes through here.
 */
@Injectable()
export class IdempotencyService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly ledger: IdempotencyLedger,
    private readonly observers: BatchObserverService,
  ) {}

  /**
   * Runs the work in one transaction, or repeats the answer that the request's key has already. `look` may find that
   * there is nothing to do, and answers then; a request without a key needs no transaction in that case.
   */
  async once<Body>(
    work: (manager: EntityManager) => Promise<Answer<Body>>,
    look?: (manager: EntityManager) => Promise<Answer<Body> | undefined>,
  ): Promise<Answer<Body>> {
    const request = repeatableRequest.getStore();
    if (!request) return (look && (await this.transactions.read(look))) ?? this.transactions.run(work);
    const answer = await this.ledger.hold(request, () =>
      this.transactions
        .run((manager) => this.doOnce(manager, request, work))
        .catch((error: unknown) => this.keepRefusal(request, error)),
    );
    if (answer instanceof DomainError) throw answer;
    return answer;
  }

  /** The same for work that comes in batches, see {@link IdempotentBatches}. */
  batches<Item, Outcome, Body>(
    kind: BatchKind,
    limits: GroupCommitLimits,
    work: BatchWork<Item, Outcome>,
    toAnswer: (outcome: Outcome) => Answer<Body>,
  ): Batches<Item, Body> {
    const setup = { limits, observer: this.observers.of(kind) };
    return new IdempotentBatches(setup, this.transactions, this.ledger, work, toAnswer);
  }

  private async doOnce<Body>(
    manager: EntityManager,
    request: RepeatableRequest,
    work: (manager: EntityManager) => Promise<Answer<Body>>,
  ): Promise<Answer<Body> | DomainError> {
    const settled = (await this.ledger.claim<Body>(manager, [request])).get(request);
    if (settled) return settled;
    const answer = await work(manager);
    await this.ledger.keep(manager, [{ request, answer }]);
    return answer;
  }

  /** The work's transaction is rolled back: that nothing was done is what the key stands for. */
  private async keepRefusal(request: RepeatableRequest, error: unknown): Promise<DomainError> {
    if (!(error instanceof DomainError)) throw error;
    await this.transactions.run(async (manager) => {
      const settled = await this.ledger.claim(manager, [request]);
      if (!settled.has(request)) await this.ledger.keep(manager, [{ request, answer: error }]);
    });
    return error;
  }
}
