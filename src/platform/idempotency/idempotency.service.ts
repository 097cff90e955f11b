import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { BatchWork } from '../batching/batch-work.js';
import type { GroupCommitLimits } from '../batching/group-commit.js';
import { Answer } from '../http/answer.js';
import { DomainError } from '../errors/domain-error.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { type BatchKind, BatchObserverService } from '../observability/batch-observer.service.js';
import { IdempotencyLedger } from './idempotency-ledger.js';
import { IdempotentBatches } from './idempotent-batches.js';
import { type RepeatableRequest, repeatableRequest } from './repeatable-request.js';

/** What a request asks for, in two parts. */
export interface IdempotentWork<Loaded, Body> {
  /** Reads what the request is about; its answer, where nothing has to be written. */
  load(manager: EntityManager): Promise<Loaded | Answer<Body>>;
  /** Writes, inside a transaction. What was loaded may be older than that transaction. */
  apply(manager: EntityManager, loaded: Loaded): Promise<Answer<Body>>;
}

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

  /** Runs the work in one transaction, or repeats the answer that the request's key has already. */
  once<Body>(work: (manager: EntityManager) => Promise<Answer<Body>>): Promise<Answer<Body>> {
    return this.onceIfNeeded({ load: async () => undefined, apply: work });
  }

  /**
   * The same for work that mostly finds nothing to do: what it loads may be its answer. A request without a key loads
   * outside any transaction, and opens one only for what is left to do.
   */
  async onceIfNeeded<Loaded, Body>(work: IdempotentWork<Loaded, Body>): Promise<Answer<Body>> {
    const request = repeatableRequest.getStore();
    if (!request) {
      const loaded = await this.transactions.read((manager) => work.load(manager));
      if (loaded instanceof Answer) return loaded;
      return this.transactions.run((manager) => work.apply(manager, loaded));
    }
    const answer = await this.ledger.hold(request, () =>
      this.transactions
        .run((manager) =>
          this.ledger.once<Body>(manager, request, async () => {
            const loaded = await work.load(manager);
            return loaded instanceof Answer ? loaded : work.apply(manager, loaded);
          }),
        )
        .catch((error: unknown) => this.keepRefusal(request, error)),
    );
    if (answer instanceof DomainError) throw answer;
    return answer;
  }

  /** The same for work that comes in batches, see {@link IdempotentBatches}. */
  batches<Item, Loaded, Result, Body>(
    kind: BatchKind,
    limits: GroupCommitLimits,
    work: BatchWork<Item, Loaded, Result | DomainError>,
    toAnswer: (result: Result) => Answer<Body>,
  ): Batches<Item, Body> {
    const setup = { transactions: this.transactions, limits, observer: this.observers.of(kind) };
    return new IdempotentBatches(setup, this.ledger, work, toAnswer);
  }

  /** The work's transaction is rolled back: that nothing was done is what the key stands for. */
  private async keepRefusal(request: RepeatableRequest, error: unknown): Promise<DomainError> {
    if (!(error instanceof DomainError)) throw error;
    await this.transactions.run((manager) => this.ledger.once(manager, request, async () => error));
    return error;
  }
}
