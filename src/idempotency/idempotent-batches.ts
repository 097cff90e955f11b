import type { EntityManager } from 'typeorm';
import type { Answer } from '../common/answer.js';
import { DomainError } from '../errors/domain-error.js';
import { isUnavailable } from '../database/database-errors.js';
import { together } from '../database/together.js';
import { GroupCommit, type GroupCommitLimits, type GroupCommitObserver } from '../database/group-commit.js';
import type { TransactionRunner } from '../database/transaction-runner.js';
import type { IdempotencyLedger } from './idempotency-ledger.js';
import { type RepeatableRequest, repeatableRequest } from './repeatable-request.js';

/** Does a batch inside its transaction, see {@link EagerWork}; the outcomes are in the order of the items. */
export type BatchWork<Item, Outcome> = (
  manager: EntityManager,
  items: readonly Item[],
  begun: Promise<unknown>,
) => Promise<readonly (Outcome | DomainError)[]>;

interface Entry<Item> {
  readonly item: Item;
  readonly request: RepeatableRequest | undefined;
}

/**
 * Items that arrive together share one transaction (see {@link GroupCommit}), and those that came with an
 * Idempotency-Key have their answers in the same transaction, refusals included. An item whose key has its answer
 * already is not done again.
 */
export class IdempotentBatches<Item, Outcome, Body> {
  private readonly commits: GroupCommit<Entry<Item>, Answer<Body> | DomainError>;

  constructor(
    { limits, observer }: { limits: GroupCommitLimits; observer: GroupCommitObserver<unknown> },
    transactions: TransactionRunner,
    private readonly ledger: IdempotencyLedger,
    private readonly work: BatchWork<Item, Outcome>,
    private readonly toAnswer: (outcome: Outcome) => Answer<Body>,
  ) {
    const commit = (entries: readonly Entry<Item>[], lockPatienceMs: number) =>
      transactions.runBatch(
        (manager, begun) =>
          entries.some(({ request }) => request)
            ? this.doOnce(manager, entries, begun)
            : this.do(manager, entries, begun),
        lockPatienceMs,
      );
    this.commits = new GroupCommit(limits, commit, isUnavailable, observer);
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

  private async do(
    manager: EntityManager,
    entries: readonly Entry<Item>[],
    begun: Promise<unknown>,
  ): Promise<readonly (Answer<Body> | DomainError)[]> {
    if (entries.length === 0) return [];
    const outcomes = await this.work(
      manager,
      entries.map(({ item }) => item),
      begun,
    );
    return outcomes.map((outcome) => (outcome instanceof DomainError ? outcome : this.toAnswer(outcome)));
  }

  private async doOnce(
    manager: EntityManager,
    entries: readonly Entry<Item>[],
    begun: Promise<unknown>,
  ): Promise<readonly (Answer<Body> | DomainError)[]> {
    const requests = entries.flatMap(({ request }) => request ?? []);
    const [, settled] = await together([begun, this.ledger.claim<Body>(manager, requests)]);
    const fresh = entries.filter(({ request }) => !request || !settled.has(request));
    const answers = new Map(
      (await this.do(manager, fresh, begun)).map((answer, index) => [fresh[index], answer] as const),
    );
    await this.ledger.keep(
      manager,
      fresh.flatMap((entry) => {
        const answer = answers.get(entry);
        return entry.request && answer ? [{ request: entry.request, answer }] : [];
      }),
    );
    return entries.map((entry) => {
      const answer = (entry.request && settled.get(entry.request)) ?? answers.get(entry);
      if (!answer) throw new Error('an item of a batch got no answer');
      return answer;
    });
  }
}
