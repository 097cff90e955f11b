import type { EntityManager } from 'typeorm';
import type { TransactionRunner } from '../database/transaction-runner.js';

export type AfterCommitListener<Fact> = (fact: Fact) => Promise<void>;

/**
 * What happened in a transaction, heard when it has committed and before its caller goes on, for listeners that must not
 * hold the transaction's locks. An error of a listener reaches the caller. A process that dies in between leaves the
 * event unheard; a listener that has to hear each one wants a `CommittedEvent`. Listeners register in `onModuleInit`.
 */
export class AfterCommitEvent<Fact extends object> {
  private readonly listeners: AfterCommitListener<Fact>[] = [];

  constructor(private readonly transactions: TransactionRunner) {}

  listen(listener: AfterCommitListener<Fact>): void {
    this.listeners.push(listener);
  }

  /** To be called in the transaction; nobody hears of one that is rolled back. */
  emit(manager: EntityManager, fact: Fact): void {
    const frozen = Object.freeze({ ...fact });
    this.transactions.afterCommit(manager, async () => {
      for (const listener of this.listeners) await listener(frozen);
    });
  }
}
