import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Answer } from '../../platform/http/answer.js';
import { DomainError } from '../../platform/errors/domain-error.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { type Batches, IdempotencyService } from '../../platform/idempotency/idempotency.service.js';
import type { StartedExecutionDto, StartExecutionDto } from './execution-request.dto.js';
import {
  ExecutionStartRepository,
  hasParent,
  type ResolvedStart,
  type StartToResolve,
  type TreeLock,
} from './execution-start.repository.js';
import { ExecutionStartWriter, type Started } from './execution-start.writer.js';
import { parentOf } from './parent-reference.js';
import { checkStart, type ReceivedStart } from './start-request.js';
import { wavesOf } from './start-waves.js';

/** The lookup results for the starts of a batch. */
interface LoadedStarts {
  readonly starts: ReadonlyMap<ReceivedStart, ResolvedStart>;
  readonly lock: TreeLock;
}

/**
 * Starts executions. Starts that arrive together share a transaction; each gets its own answer after the commit, and an
 * invalid one does not affect the others.
 */
@Injectable()
export class ExecutionStartService {
  private readonly batches: Batches<ReceivedStart, StartedExecutionDto>;

  constructor(
    @Inject(CONFIG) config: Config,
    idempotency: IdempotencyService,
    private readonly executions: ExecutionStartRepository,
    private readonly writer: ExecutionStartWriter,
  ) {
    this.batches = idempotency.batches(
      'start',
      { batchSize: config.batchSize, lanes: config.batchLanes },
      {
        load: (manager, starts) => this.resolve(manager, starts, false),
        apply: (manager, starts, loaded) => this.startAll(manager, starts, loaded),
        rowsOf: (start, { starts, lock }) => rowsToLock(start, starts.get(start), lock),
      },
      ({ id, created }) => (created ? Answer.created({ id }) : Answer.found({ id })),
    );
  }

  async start(request: StartExecutionDto): Promise<Answer<StartedExecutionDto>> {
    return this.batches.submit(received(request));
  }

  /** The same for several requests, in the caller's transaction. */
  startWithin(
    manager: EntityManager,
    requests: readonly StartExecutionDto[],
  ): Promise<readonly (Answer<StartedExecutionDto> | DomainError)[]> {
    return this.batches.within(manager, requests.map(received));
  }

  private async resolve(
    manager: EntityManager,
    requests: readonly ReceivedStart[],
    waits: boolean,
  ): Promise<LoadedStarts> {
    const { starts, lock } = await this.executions.resolveStarts(manager, requests.map(toResolve), waits);
    return { starts: new Map(starts.map((start, index) => [requests[index] as ReceivedStart, start])), lock };
  }

  /** Starts a batch and returns the results in the order of the requests. */
  private async startAll(
    manager: EntityManager,
    requests: readonly ReceivedStart[],
    loaded: LoadedStarts,
  ): Promise<(Started | DomainError)[]> {
    // What was read without the lock is out of date once it is there.
    const isReadAgain = loaded.lock === 'busy' && requests.some((request) => hasParent(toResolve(request)));
    const { starts, lock } = isReadAgain ? await this.resolve(manager, requests, true) : loaded;
    const waves = wavesOf(requests, starts);
    const write = (wave: readonly ReceivedStart[]): Promise<(Started | DomainError)[]> =>
      this.writer.write(manager, wave, starts, lock === 'exclusive');
    if (waves.length === 1) return write(requests);
    const results = new Map<ReceivedStart, Started | DomainError>();
    for (const wave of waves) {
      const written = await write(wave);
      for (const [index, result] of written.entries()) results.set(wave[index] as ReceivedStart, result);
    }
    return requests.map((request) => results.get(request) as Started | DomainError);
  }
}

function received(request: StartExecutionDto): ReceivedStart {
  checkStart(request);
  const receivedAt = new Date();
  return { ...request, start_date: request.start_date ?? receivedAt, receivedAt };
}

function toResolve(request: ReceivedStart): StartToResolve {
  return {
    pipelineId: request.pipeline_id,
    externalId: request.external_id ?? null,
    parent: parentOf(request),
    retryOf: request.retry_of ?? null,
    startDate: request.start_date,
  };
}

/**
 * A start waits for transactions that claim the same external ids (its own or its parent's), and for those that write
 * the execution it repeats or its expected parent. One with a parent also waits for transactions that move executions.
 */
function rowsToLock(request: ReceivedStart, resolved: ResolvedStart | undefined, lock: TreeLock): string[] {
  const { pipeline_id, external_id, parent_external_id } = request;
  const rows = [];
  if (resolved?.retried) rows.push(`execution ${resolved.retried.id}`);
  if (resolved?.parent?.expected) rows.push(`execution ${resolved.parent.id}`);
  if (resolved?.parentPipeline) rows.push(`run ${resolved.parentPipeline.id} ${parent_external_id}`);
  if (external_id != null) rows.push(`run ${pipeline_id} ${external_id}`);
  if (lock === 'busy' && hasParent(toResolve(request))) rows.push('tree');
  return rows;
}
