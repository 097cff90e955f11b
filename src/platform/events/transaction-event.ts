import type { EntityManager } from 'typeorm';

export type TransactionListener<Fact> = (manager: EntityManager, facts: readonly Fact[]) => Promise<void>;

/**
 * An event inside a transaction that has not committed yet, with all facts of a batch at once. Listeners run in that
 * transaction, one after the other. Their writes commit with it or not at all: a listener that throws makes the
 * transaction fail, and a slow one delays it. Listeners register in `onModuleInit`.
 */
export class TransactionEvent<Fact extends object> {
  private readonly listeners: TransactionListener<Fact>[] = [];

  listen(listener: TransactionListener<Fact>): void {
    this.listeners.push(listener);
  }

  /**
   * Part of the caller's transaction. The facts are copied and frozen: a listener can't change them for the next one.
   */
  async emit(manager: EntityManager, facts: readonly Fact[]): Promise<void> {
    if (facts.length === 0) return;
    const frozen = Object.freeze(facts.map((fact) => Object.freeze({ ...fact })));
    for (const listener of this.listeners) await listener(manager, frozen);
  }
}
