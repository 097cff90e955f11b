import type { EntityManager } from 'typeorm';
import type { JobService } from '../jobs/job.service.js';

/** `signal` fires when the service stops or the job has taken too long. */
export type CommittedListener<Fact> = (facts: readonly Fact[], signal: AbortSignal) => Promise<void>;

/** How often a replica looks for what another one has committed. */
const POLL_SECONDS = 2;
/** A listener that takes longer is taken for dead, and the facts are handed out again. */
const EXPIRES_SECONDS = 120;
const LONGEST_RETRY_SECONDS = 300;

/**
 * What has committed, heard at least once, on one replica, also after a crash: each listener has a queue of jobs, which
 * are written in the transaction itself. A listener that throws gets the same facts again, later and later. Where nobody
 * listens nothing is written. Facts travel as JSON: ids, text and numbers, no dates. Listeners register in
 * `onModuleInit`.
 */
export class CommittedEvent<Fact extends object> {
  private readonly queues: string[] = [];

  constructor(
    private readonly name: string,
    private readonly jobs: JobService,
  ) {}

  /** `listener` is part of the queue's name: another name would leave the facts of the old one unheard. */
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
