import type { EntityManager } from 'typeorm';
import type { JobService } from '../jobs/job.service.js';

/** `signal` aborts when the service stops or the job takes too long. */
export type CommittedListener<Fact> = (facts: readonly Fact[], signal: AbortSignal) => Promise<void>;

/** How often a replica polls for events that another one committed. */
const POLL_SECONDS = 2;
/** A listener that takes longer counts as dead, and the facts are delivered again. */
const EXPIRES_SECONDS = 120;
const LONGEST_RETRY_SECONDS = 300;

/**
 * Committed facts, delivered at least once, on one replica, also after a crash: each listener has a queue of jobs,
 * which are written in the transaction itself. A listener that throws gets the same facts again, with growing delays.
 * Without listeners nothing is written. Facts are sent as JSON: ids, text and numbers, no dates. Listeners register in
 * `onModuleInit`.
 */
export class CommittedEvent<Fact extends object> {
  private readonly queues: string[] = [];

  constructor(
    private readonly name: string,
    private readonly jobs: JobService,
  ) {}

  /** `listener` is part of the queue's name: after a rename, facts in the old queue would never be delivered. */
  listen(listener: string, handle: CommittedListener<Fact>): void {
    const queue = `${this.name}-${listener}`;
    this.queues.push(queue);
    this.jobs.register({
      name: queue,
      pollSeconds: POLL_SECONDS,
      options: {
        retryLimit: 10_000,
        retryDelay: 1,
        retryBackoff: true,
        retryDelayMax: LONGEST_RETRY_SECONDS,
        expireInSeconds: EXPIRES_SECONDS,
        deleteAfterSeconds: 3600,
      },
      handle: (data, signal) => {
        const { facts } = data as { readonly facts: readonly Fact[] };
        return handle(Object.freeze(facts.map((fact) => Object.freeze(fact))), signal);
      },
    });
  }

  /** Part of the caller's transaction. */
  async emit(manager: EntityManager, facts: readonly Fact[]): Promise<void> {
    if (facts.length === 0) return;
    for (const queue of this.queues) await this.jobs.add(manager, queue, [{ data: { facts } }]);
  }
}
