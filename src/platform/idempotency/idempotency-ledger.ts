import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Answer } from '../http/answer.js';
import { DomainError, type ErrorKind } from '../errors/domain-error.js';
import { problem, statusOf } from '../http/problem.filter.js';
import { KeyReusedError, RequestUnderWayError } from './idempotency.errors.js';
import { IdempotencyRepository, type KeyOfCaller } from './idempotency.repository.js';
import type { RepeatableRequest } from './repeatable-request.js';

/** How long an answer is kept for those who ask again. */
export const KEPT_FOR_MS = 24 * 3_600_000;

/** Refusals that are an answer, and will be tomorrow; the others (no access, overload) say nothing of the request. */
const DEFINITE: ReadonlySet<ErrorKind> = new Set(['not_found', 'conflict', 'invalid']);

/** What a request was answered. */
interface Answered {
  readonly request: RepeatableRequest;
  readonly answer: Answer<unknown> | DomainError;
}

/** Knows which keys are under way and what the others were answered. */
@Injectable()
export class IdempotencyLedger {
  private readonly underWay = new Set<string>();

  constructor(private readonly keys: IdempotencyRepository) {}

  /** Runs the work for a key, unless this process is at it already; other replicas are kept off by {@link lock}. */
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

  /** Does the work of one request and keeps its answer, unless the key settles it. */
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

  /** Locks the keys until the transaction ends, as far as they are free; the requests whose key is locked now. */
  async lock(manager: EntityManager, requests: readonly RepeatableRequest[]): Promise<ReadonlySet<RepeatableRequest>> {
    const locked = await this.keys.lock(manager, requests);
    return new Set(requests.filter((_request, index) => locked[index]));
  }

  /**
   * Gives what is settled without doing anything: requests whose key has its answer, or was used for another request,
   * or is under way elsewhere. The others are the caller's to do. To be called when the answer of {@link lock} is there:
   * a statement sent then sees the answer that the previous holder of a lock has committed.
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

  /** Writes answers into the transaction of their effects; refusals that are not definite are left out. */
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
