import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { BatchWork } from '../batching/batch-work.js';
import type { GroupCommitLimits } from '../batching/group-commit.js';
import { readInGroups } from '../batching/group-read.js';
import { Answer } from '../http/answer.js';
import { DomainError } from '../errors/domain-error.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { type BatchKind, BatchObserverService } from '../observability/batch-observer.service.js';
import { IdempotencyLedger } from './idempotency-ledger.js';
import { IdempotentBatches } from './idempotent-batches.js';
import { type RepeatableRequest, repeatableRequest } from './repeatable-request.js';

/** The work of requests that mostly have nothing to write. */
export interface MostlyRead<Item, Loaded, Body> {
  /** Reads the data of the items, in their order; an item with nothing to write gets its answer. */
  load(manager: EntityManager, items: readonly Item[]): Promise<readonly (Loaded | Answer<Body>)[]>;
  /** Writes one item, inside a transaction. The loaded data may be older than that transaction. */
  apply(manager: EntityManager, item: Item, loaded: Loaded): Promise<Answer<Body>>;
  /** The row that `apply` locks first, where that is known. */
  rowOf(loaded: Loaded): string | undefined;
}

/** Accepts single items and processes those that arrive together in one batch. */
export interface Batches<Item, Body> {
  /** The answer to an item, after its commit. Throws the item's refusal. */
  submit(item: Item): Promise<Answer<Body>>;
  /** The same for many items in the caller's transaction, in their order; refusals are returned. */
  within(manager: EntityManager, items: readonly Item[]): Promise<readonly (Answer<Body> | DomainError)[]>;
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

  /** Whether the request has an Idempotency-Key. */
  get hasKey(): boolean {
    return repeatableRequest.getStore() !== undefined;
  }

  /** Runs the work in one transaction, or repeats the stored answer of the request's key. */
  once<Body>(work: (manager: EntityManager) => Promise<Answer<Body>>): Promise<Answer<Body>> {
    const request = repeatableRequest.getStore();
    return request ? this.onceByKey(request, work) : this.transactions.run(work);
  }

  /**
   * The same for requests that mostly have nothing to write. Those without a key are read in groups, outside any
   * transaction; a transaction is opened only for the writes that remain.
   */
  mostlyRead<Item, Loaded, Body>(work: MostlyRead<Item, Loaded, Body>): Batches<Item, Body> {
    const load = readInGroups<Item, Loaded | Answer<Body>>(this.transactions, work.load.bind(work));
    const submitWithKey = (request: RepeatableRequest, item: Item): Promise<Answer<Body>> =>
      this.onceByKey(request, async (manager) => {
        const [loaded] = (await work.load(manager, [item])) as [Loaded | Answer<Body>];
        return loaded instanceof Answer ? loaded : work.apply(manager, item, loaded);
      });
    const submit = async (item: Item): Promise<Answer<Body>> => {
      const request = repeatableRequest.getStore();
      if (request) return submitWithKey(request, item);
      const loaded = await load(item);
      if (loaded instanceof Answer) return loaded;
      return this.transactions.run((manager) => work.apply(manager, item, loaded), work.rowOf(loaded));
    };
    const within = async (
      manager: EntityManager,
      items: readonly Item[],
    ): Promise<readonly (Answer<Body> | DomainError)[]> => {
      const loaded = await work.load(manager, items);
      const answers: Answer<Body>[] = [];
      for (const [index, item] of items.entries()) {
        const found = loaded[index] as Loaded | Answer<Body>;
        answers.push(found instanceof Answer ? found : await work.apply(manager, item, found));
      }
      return answers;
    };
    return { submit, within };
  }

  private async onceByKey<Body>(
    request: RepeatableRequest,
    work: (manager: EntityManager) => Promise<Answer<Body>>,
  ): Promise<Answer<Body>> {
    const answer = await this.ledger.hold(request, () =>
      this.transactions
        .run((manager) => this.ledger.once<Body>(manager, request, () => work(manager)))
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
