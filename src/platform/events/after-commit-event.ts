import type { EntityManager } from 'typeorm';
import type { TransactionRunner } from '../database/transaction-runner.js';

export type AfterCommitListener<Fact> = (fact: Fact) => Promise<void>;

/**
 * An event of a transaction, delivered after its commit and before its caller continues, for listeners that must not
 * hold the transaction's locks. An error of a listener reaches the caller. If the process dies in between, the event
 * is lost; a listener that must receive every event needs a `CommittedEvent`. Listeners register in `onModuleInit`.
 */
export class AfterCommitEvent<Fact extends object> {
  private readonly listeners: AfterCommitListener<Fact>[] = [];

  constructor(private readonly transactions: TransactionRunner) {}

  listen(listener: AfterCommitListener<Fact>): void {
    this.listeners.push(listener);
  }

  /** Call this inside the transaction; a rollback discards the event. */
  emit(manager: EntityManager, fact: Fact): void {
    const frozen = Object.freeze({ ...fact });
    this.transactions.afterCommit(manager, async () => {
      for (const listener of this.listeners) await listener(frozen);
    });
  }
}
