import type { EntityManager } from 'typeorm';
import { type BatchSetup, type BatchWork, commitInBatches } from '../batching/batch-work.js';
import type { GroupCommit } from '../batching/group-commit.js';
import type { Answer } from '../http/answer.js';
import { DomainError } from '../errors/domain-error.js';
import type { IdempotencyLedger } from './idempotency-ledger.js';
import { type RepeatableRequest, repeatableRequest } from './repeatable-request.js';

interface Entry<Item> {
  readonly item: Item;
  readonly request: RepeatableRequest | undefined;
}

/** The loaded data of a batch: its keys, and the data of its work. */
interface LoadedEntries<Loaded> {
  readonly locked: ReadonlySet<RepeatableRequest>;
  readonly loaded: Loaded;
}

type AnswerOrRefusal<Body> = Answer<Body> | DomainError;

/**
 * Items that arrive together share one transaction, which also stores the answers, refusals included, of those with an
 * Idempotency-Key. An item whose key has its answer already is not processed again.
 */
export class IdempotentBatches<Item, Loaded, Result, Body> implements BatchWork<
  Entry<Item>,
  LoadedEntries<Loaded>,
  AnswerOrRefusal<Body>
> {
  private readonly commits: GroupCommit<Entry<Item>, AnswerOrRefusal<Body>>;

  constructor(
    setup: BatchSetup,
    private readonly ledger: IdempotencyLedger,
    private readonly work: BatchWork<Item, Loaded, Result | DomainError>,
    private readonly toAnswer: (result: Result) => Answer<Body>,
  ) {
    this.commits = commitInBatches(setup, this);
  }

  async submit(item: Item): Promise<Answer<Body>> {
    const request = repeatableRequest.getStore();
    const entry = { item, request };
    const answer = await (request
      ? this.ledger.hold(request, () => this.commits.submit(entry))
      : this.commits.submit(entry));
    if (answer instanceof DomainError) throw answer;
    return answer;
  }

  async within(manager: EntityManager, items: readonly Item[]): Promise<readonly AnswerOrRefusal<Body>[]> {
    const results = await this.work.apply(manager, items, await this.work.load(manager, items));
    return results.map((result) => this.answerOf(result));
  }

  /** Locks the keys and loads the data of the items; the two are independent. */
  async load(manager: EntityManager, entries: readonly Entry<Item>[]): Promise<LoadedEntries<Loaded>> {
    const requests = requestsOf(entries);
    const [locked, loaded] = await Promise.all([
      requests.length > 0 ? this.ledger.lock(manager, requests) : new Set<RepeatableRequest>(),
      this.work.load(manager, itemsOf(entries)),
    ]);
    return { locked, loaded };
  }

  async apply(
    manager: EntityManager,
    entries: readonly Entry<Item>[],
    { locked, loaded }: LoadedEntries<Loaded>,
  ): Promise<readonly AnswerOrRefusal<Body>[]> {
    const requests = requestsOf(entries);
    if (requests.length === 0) return this.applyAll(manager, entries, loaded);
    const settled = await this.ledger.settle<Body>(manager, requests, locked);
    const fresh = entries.filter(({ request }) => !request || !settled.has(request));
    const results = fresh.length > 0 ? await this.applyAll(manager, fresh, loaded) : [];
    const answers = new Map(results.map((answer, index) => [fresh[index], answer] as const));
    const kept = fresh.flatMap((entry) => {
      const answer = answers.get(entry);
      return entry.request && answer ? [{ request: entry.request, answer }] : [];
    });
    await this.ledger.keep(manager, kept);
    return entries.map((entry) => {
      const answer = (entry.request && settled.get(entry.request)) ?? answers.get(entry);
      if (!answer) throw new Error('an item of a batch got no answer');
      return answer;
    });
  }

  /** Only the row locks of the work: a key that another session has locked is not waited for. */
  rowsOf({ item }: Entry<Item>, { loaded }: LoadedEntries<Loaded>): readonly string[] {
    return this.work.rowsOf(item, loaded);
  }

  private async applyAll(
    manager: EntityManager,
    entries: readonly Entry<Item>[],
    loaded: Loaded,
  ): Promise<readonly AnswerOrRefusal<Body>[]> {
    const results = await this.work.apply(manager, itemsOf(entries), loaded);
    return results.map((result) => this.answerOf(result));
  }

  private answerOf(result: Result | DomainError): AnswerOrRefusal<Body> {
    return result instanceof DomainError ? result : this.toAnswer(result);
  }
}

function itemsOf<Item>(entries: readonly Entry<Item>[]): Item[] {
  return entries.map(({ item }) => item);
}

function requestsOf(entries: readonly Entry<unknown>[]): RepeatableRequest[] {
  return entries.flatMap(({ request }) => request ?? []);
}
