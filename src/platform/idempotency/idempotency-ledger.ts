import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Answer } from '../http/answer.js';
import { DomainError, type ErrorKind } from '../errors/domain-error.js';
import { problem, statusOf } from '../http/problem.filter.js';
import { KeyReusedError, RequestUnderWayError } from './idempotency.errors.js';
import { IdempotencyRepository, type KeyOfCaller } from './idempotency.repository.js';
import type { RepeatableRequest } from './repeatable-request.js';

/** How long an answer is kept for repeated requests. */
export const KEPT_FOR_MS = 24 * 3_600_000;

/**
 * Refusals that would be the same tomorrow and so count as answers; the others (no access, overload) depend on the
 * moment.
 */
const DEFINITE: ReadonlySet<ErrorKind> = new Set(['not_found', 'conflict', 'invalid']);

/** The answer to a request. */
interface Answered {
  readonly request: RepeatableRequest;
  readonly answer: Answer<unknown> | DomainError;
}

/** Tracks the keys in progress and the stored answers of the others. */
@Injectable()
export class IdempotencyLedger {
  private readonly underWay = new Set<string>();

  constructor(private readonly keys: IdempotencyRepository) {}

  /** Runs the work for a key, unless this process is already running it; {@link lock} excludes other replicas. */
  async hold<T>(request: RepeatableRequest, work: () => Promise<T>): Promise<T> {
    const id = idOf(request);
    if (this.underWay.has(id)) throw new RequestUnderWayError();
    this.underWay.add(id);
    try {
      return await work();
    } finally {
      this.underWay.delete(id);
    }
  }

  /** Does the work of one request and stores its answer, unless the key settles the request. */
  async once<Body>(
    manager: EntityManager,
    request: RepeatableRequest,
    work: () => Promise<Answer<Body> | DomainError>,
  ): Promise<Answer<Body> | DomainError> {
    const locked = await this.lock(manager, [request]);
    const settled = await this.settle<Body>(manager, [request], locked);
    const known = settled.get(request);
    if (known) return known;
    const answer = await work();
    await this.keep(manager, [{ request, answer }]);
    return answer;
  }

  /** Locks the free ones of the keys until the transaction ends; returns the requests whose key is now locked. */
  async lock(manager: EntityManager, requests: readonly RepeatableRequest[]): Promise<ReadonlySet<RepeatableRequest>> {
    const locked = await this.keys.lock(manager, requests);
    return new Set(requests.filter((_request, index) => locked[index]));
  }

  /**
   * Returns the requests that need no work: their key has its answer, was used for another request, or is in progress
   * elsewhere. The caller processes the others. Call this after the answer of {@link lock} has arrived: only a
   * statement sent then sees the answer that the previous holder of a lock committed.
   */
  async settle<Body>(
    manager: EntityManager,
    requests: readonly RepeatableRequest[],
    locked: ReadonlySet<RepeatableRequest>,
  ): Promise<Map<RepeatableRequest, Answer<Body> | DomainError>> {
    const kept = await this.keys.find(manager, requests, new Date(Date.now() - KEPT_FOR_MS));
    const byId = new Map(kept.map((answer) => [idOf(answer), answer]));
    const settled = new Map<RepeatableRequest, Answer<Body> | DomainError>();
    for (const request of requests) {
      const answer = byId.get(idOf(request));
      if (answer && answer.fingerprint !== request.fingerprint) settled.set(request, new KeyReusedError());
      else if (answer) settled.set(request, Answer.replayed(answer.status, answer.body as Body));
      else if (!locked.has(request)) settled.set(request, new RequestUnderWayError());
    }
    return settled;
  }

  /** Writes answers in the transaction of their effects; leaves out refusals that are not final. */
  async keep(manager: EntityManager, answered: readonly Answered[]): Promise<void> {
    const answers = answered.flatMap(({ request, answer }) => {
      const content = contentOf(request, answer);
      return content
        ? [{ ...content, caller: request.caller, key: request.key, fingerprint: request.fingerprint }]
        : [];
    });
    if (answers.length === 0) return;
    const now = new Date();
    await this.keys.insert(manager, answers, now, new Date(now.getTime() - KEPT_FOR_MS));
  }
}

function idOf({ caller, key }: KeyOfCaller): string {
  return `${caller}\0${key}`;
}

function contentOf(
  request: RepeatableRequest,
  answer: Answer<unknown> | DomainError,
): { readonly status: number; readonly body: unknown } | undefined {
  if (!(answer instanceof DomainError)) return { status: answer.status, body: answer.body };
  if (!DEFINITE.has(answer.kind)) return undefined;
  const status = statusOf(answer.kind);
  return { status, body: problem(status, answer, request) };
}
