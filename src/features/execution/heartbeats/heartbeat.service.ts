import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CONFIG, type Config } from '../../../platform/config/config.js';
import { TransactionRunner } from '../../../platform/database/transaction-runner.js';
import { DomainError, InvalidRequestError } from '../../../platform/errors/domain-error.js';
import { Answer } from '../../../platform/http/answer.js';
import { type Batches, IdempotencyService } from '../../../platform/idempotency/idempotency.service.js';
import { IS_TERMINAL, type Status, statusOf } from '../execution-status.js';
import { ExecutionEndedError, ExecutionNotFoundError, NoHeartbeatError } from '../execution.errors.js';
import type { HeartbeatDto, HeartbeatReportDto, LastHeartbeatDto } from './heartbeat.dto.js';
import { HeartbeatRepository, type NewHeartbeat } from './heartbeat.repository.js';

/** A heartbeat request with the time of its receipt. */
interface ReceivedHeartbeat {
  readonly request: HeartbeatDto;
  readonly ids: readonly number[];
  readonly receivedAt: Date;
}

/** The executions of a batch, as read at its start. */
interface LoadedExecutions {
  readonly statuses: ReadonlyMap<number, Status>;
  /** Those whose last heartbeat is so new that the next one is not recorded. */
  readonly beaten: ReadonlySet<number>;
}

/** The shortest time between two recorded heartbeats of an execution. */
const RECORDED_EVERY_MS = 15_000;
/** The most requests of one transaction; each may have a thousand executions. */
const MOST_REQUESTS = 50;

/**
 * Records signs of life. Those that arrive together share a transaction. An execution that has ended, or was found
 * lost, is refused, so that its worker stops; an expected one is accepted and not recorded, since it has not started.
 */
@Injectable()
export class HeartbeatService {
  private readonly batches: Batches<ReceivedHeartbeat, HeartbeatReportDto | null>;

  constructor(
    @Inject(CONFIG) config: Pick<Config, 'batchSize' | 'batchLanes'>,
    idempotency: IdempotencyService,
    private readonly transactions: TransactionRunner,
    private readonly heartbeats: HeartbeatRepository,
  ) {
    this.batches = idempotency.batches(
      'heartbeat',
      { batchSize: Math.min(config.batchSize, MOST_REQUESTS), lanes: config.batchLanes },
      {
        load: (manager, requests) => this.find(manager, requests),
        apply: (manager, requests, found) => this.recordAll(manager, requests, found),
        rowsOf: ({ ids }, found) => ids.filter((id) => isRecorded(found, id)).map((id) => `heartbeat ${id}`),
      },
      (report) => (report ? Answer.found(report) : Answer.done()),
    );
  }

  /** @throws InvalidRequestError unless exactly one of `id` and `ids` is given */
  async beat(request: HeartbeatDto): Promise<Answer<HeartbeatReportDto | null>> {
    return this.batches.submit(received(request));
  }

  /** The same for several requests, in the caller's transaction. */
  beatWithin(
    manager: EntityManager,
    requests: readonly HeartbeatDto[],
  ): Promise<readonly (Answer<HeartbeatReportDto | null> | DomainError)[]> {
    return this.batches.within(manager, requests.map(received));
  }

  /** @throws NoHeartbeatError if the execution never sent one, or has ended */
  async get(id: number): Promise<LastHeartbeatDto> {
    const [[execution], heartbeat] = await this.transactions.read(async (manager) => [
      await this.heartbeats.findStatuses(manager, [id]),
      await this.heartbeats.find(manager, id),
    ]);
    if (!execution) throw new ExecutionNotFoundError(id);
    if (!heartbeat || IS_TERMINAL[statusOf(execution)]) throw new NoHeartbeatError(id);
    return { at: heartbeat.at.toISOString(), progress: heartbeat.progress, message: heartbeat.message };
  }

  private async find(manager: EntityManager, requests: readonly ReceivedHeartbeat[]): Promise<LoadedExecutions> {
    const ids = [...new Set(requests.flatMap((request) => request.ids))];
    const oldest = Math.min(...requests.map(({ receivedAt }) => receivedAt.getTime()));
    const [executions, beaten] = await Promise.all([
      this.heartbeats.findStatuses(manager, ids),
      this.heartbeats.findBeatenSince(manager, ids, new Date(oldest - RECORDED_EVERY_MS)),
    ]);
    return { statuses: new Map(executions.map((row) => [row.id, statusOf(row)])), beaten: new Set(beaten) };
  }

  private async recordAll(
    manager: EntityManager,
    requests: readonly ReceivedHeartbeat[],
    found: LoadedExecutions,
  ): Promise<(HeartbeatReportDto | null | DomainError)[]> {
    const latest = new Map<number, NewHeartbeat>();
    for (const { request, ids, receivedAt: at } of requests) {
      for (const id of ids) {
        const { progress, message } = { ...latest.get(id), ...request };
        if (isRecorded(found, id)) latest.set(id, { id, at, progress, message });
      }
    }
    if (latest.size > 0) await this.heartbeats.record(manager, [...latest.values()]);
    return requests.map((request) => resultOf(request, found));
  }
}

function received(request: HeartbeatDto): ReceivedHeartbeat {
  const { id, ids } = request;
  if ((id === undefined) === (ids === undefined)) {
    throw new InvalidRequestError([{ field: 'id', message: 'must be given, or ids in its place' }]);
  }
  return { request, ids: id === undefined ? [...new Set(ids)] : [id], receivedAt: new Date() };
}

function isRecorded({ statuses, beaten }: LoadedExecutions, id: number): boolean {
  return statuses.get(id) === 'running' && !beaten.has(id);
}

function hasEnded({ statuses }: LoadedExecutions, id: number): boolean {
  const status = statuses.get(id);
  return status !== undefined && IS_TERMINAL[status];
}

/** Null if the only execution of the request runs. */
function resultOf(
  { request: { id }, ids }: ReceivedHeartbeat,
  found: LoadedExecutions,
): HeartbeatReportDto | null | DomainError {
  const ended = ids.filter((each) => hasEnded(found, each));
  const unknown = ids.filter((each) => !found.statuses.has(each));
  if (id === undefined) return { ended, unknown };
  if (unknown.length > 0) return new ExecutionNotFoundError(id);
  return ended.length > 0 ? new ExecutionEndedError(id) : null;
}
