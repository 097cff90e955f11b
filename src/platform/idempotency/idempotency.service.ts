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

/** The work of a request, in two parts. */
export interface IdempotentWork<Loaded, Body> {
  /** Reads the data that the request needs; returns its answer if nothing has to be written. */
  load(manager: EntityManager): Promise<Loaded | Answer<Body>>;
  /** Writes, inside a transaction. The loaded data may be older than that transaction. */
  apply(manager: EntityManager, loaded: Loaded): Promise<Answer<Body>>;
  /** The row that `apply` locks first, where that is known. */
  rowOf?(loaded: Loaded): string | undefined;
}

/** Accepts single items and processes those that arrive together in one batch. */
export interface Batches<Item, Body> {
  /** The answer to an item, after its commit. Throws the item's refusal. */
  submit(item: Item): Promise<Answer<Body>>;
}

/**
 * Performs a request once, however often it is sent with the same Idempotency-Key: its effects and its answer commit
 * together, and the answer is repeated for 24 h. Every POST uses this service.
 */
@Injectable()
export class IdempotencyService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly ledger: IdempotencyLedger,
    private readonly observers: BatchObserverService,
  ) {}

  /** Runs the work in one transaction, or repeats the stored answer of the request's key. */
  once<Body>(work: (manager: EntityManager) => Promise<Answer<Body>>): Promise<Answer<Body>> {
    return this.onceIfNeeded({ load: async () => undefined, apply: work });
  }

  /**
   * The same for work that mostly has nothing to write: its loaded data may be its answer. A request without a key
   * loads outside any transaction, and opens one only for the writes that remain.
   */
  async onceIfNeeded<Loaded, Body>(work: IdempotentWork<Loaded, Body>): Promise<Answer<Body>> {
    const request = repeatableRequest.getStore();
    if (!request) {
      const loaded = await this.transactions.read((manager) => work.load(manager));
      if (loaded instanceof Answer) return loaded;
      return this.transactions.run((manager) => work.apply(manager, loaded), work.rowOf?.(loaded));
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

  /** The same for work in batches, see {@link IdempotentBatches}. */
  batches<Item, Loaded, Result, Body>(
    kind: BatchKind,
    limits: GroupCommitLimits,
    work: BatchWork<Item, Loaded, Result | DomainError>,
    toAnswer: (result: Result) => Answer<Body>,
  ): Batches<Item, Body> {
    const setup = { transactions: this.transactions, limits, observer: this.observers.of(kind) };
    return new IdempotentBatches(setup, this.ledger, work, toAnswer);
  }

  /** Rolls the work's transaction back; the key then stores that nothing was done. */
  private async keepRefusal(request: RepeatableRequest, error: unknown): Promise<DomainError> {
    if (!(error instanceof DomainError)) throw error;
    await this.transactions.run((manager) => this.ledger.once(manager, request, async () => error));
    return error;
  }
}
