import { Inject, Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { asDomainError } from '../../platform/database/database-errors.js';
import { DomainError, InvalidRequestError } from '../../platform/errors/domain-error.js';
import { Answer } from '../../platform/http/answer.js';
import { type Batches, IdempotencyService } from '../../platform/idempotency/idempotency.service.js';
import { toDate } from './event/event-time.js';
import type { LineageEvent } from './event/lineage-event.js';
import { parseEvent } from './event/parse-event.js';
import { type FailedEventDto, MOST_EVENTS, type ReceivedBatchDto, type ReceivedEventDto } from './openlineage.dto.js';
import { OpenLineageMetrics } from './receive/openlineage-metrics.js';
import { OpenLineageRunRepository } from './receive/openlineage-run.repository.js';
import { RunWriterService } from './receive/run-writer.service.js';

type Result = ReceivedEventDto | DomainError;

const DAY_MS = 86_400_000;
/** A transaction takes this many times as many events as starts: an event costs less than the statements they share. */
const BATCHES_OF_STARTS = 5;

/**
 * Receives events of OpenLineage. Those that arrive together share a transaction; each gets its own answer after the
 * commit. Whatever fails, the client learns whether a repeat can mend it: 503 says so, and nothing else but 422 is
 * answered.
 */
@Injectable()
export class OpenLineageService {
  private readonly logger = new Logger(OpenLineageService.name);
  private readonly batches: Batches<LineageEvent, ReceivedEventDto>;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'batchSize' | 'retentionDays' | 'retentionFailedDays'>,
    private readonly idempotency: IdempotencyService,
    private readonly runs: OpenLineageRunRepository,
    private readonly writer: RunWriterService,
    private readonly metrics: OpenLineageMetrics,
  ) {
    this.batches = idempotency.batches<LineageEvent, boolean, ReceivedEventDto, ReceivedEventDto>(
      'openlineage',
      // The transactions follow one another in any case, see `LOCK_RECEIVER`.
      { batchSize: BATCHES_OF_STARTS * config.batchSize, lanes: 1 },
      {
        load: (manager) => this.runs.lock(manager),
        apply: (manager, events, isAnyRefused) => this.receiveAll(manager, events, isAnyRefused),
        rowsOf: () => [],
      },
      (result) => Answer.found(result),
    );
  }

  /** Takes an event; an array is taken as a batch. */
  async receive(body: unknown): Promise<Answer<ReceivedEventDto | ReceivedBatchDto>> {
    if (Array.isArray(body)) return this.receiveBatch(body);
    return this.answered(() => this.submit(this.parse(body)));
  }

  /**
   * Takes each event on its own.
   * @throws InvalidRequestError if the body is no array, or too long; a refusal that may be repeated if that is the
   *   result of every event
   */
  async receiveBatch(body: unknown): Promise<Answer<ReceivedBatchDto>> {
    const bodies = eventsOf(body);
    const events = bodies.map((one) => this.parsed(one));
    return this.answered(async () => {
      if (!this.idempotency.hasKey) return Answer.found(reportOf(await this.receiveEach(events)));
      return this.idempotency.once(async (manager) =>
        Answer.found(reportOf(await this.receiveTogether(manager, events))),
      );
    });
  }

  private async receiveEach(events: readonly (LineageEvent | DomainError)[]): Promise<Result[]> {
    return Promise.all(
      events.map(async (event) => {
        if (event instanceof DomainError) return event;
        try {
          return (await this.submit(event)).body;
        } catch (error) {
          return this.refusalOf(error);
        }
      }),
    );
  }

  private async receiveTogether(
    manager: EntityManager,
    events: readonly (LineageEvent | DomainError)[],
  ): Promise<Result[]> {
    const accepted = events.filter((event): event is LineageEvent => !(event instanceof DomainError));
    const written = accepted.filter((event) => !this.isOutdated(event));
    const answers = await this.batches.within(manager, written);
    const results = new Map(written.map((event, index) => [event, answers[index]] as const));
    return events.map((event) => {
      const answer = event instanceof DomainError ? event : (results.get(event) ?? {});
      return answer instanceof Answer ? answer.body : answer;
    });
  }

  private async submit(event: LineageEvent): Promise<Answer<ReceivedEventDto>> {
    return this.isOutdated(event) ? Answer.found({}) : this.batches.submit(event);
  }

  /** Whether what it tells of is too old to be kept: it would bring back what was deleted for its age. */
  private isOutdated(event: LineageEvent): boolean {
    const { retentionDays, retentionFailedDays = 0 } = this.config;
    if (retentionDays === undefined) return false;
    const age = Math.max(retentionDays, retentionFailedDays) * DAY_MS;
    const isOutdated = toDate(event.at).getTime() < Date.now() - age;
    if (isOutdated) this.metrics.outdated();
    return isOutdated;
  }

  private async receiveAll(
    manager: EntityManager,
    events: readonly LineageEvent[],
    isAnyRefused: boolean,
  ): Promise<ReceivedEventDto[]> {
    const executions = await this.writer.write(manager, events, isAnyRefused);
    this.metrics.received(manager, events);
    return events.map((event) => {
      const id = event.kind === 'run' ? executions.get(event.runId) : undefined;
      return id === undefined ? {} : { execution_id: id };
    });
  }

  private parse(body: unknown): LineageEvent {
    try {
      const event = parseEvent(body, new Date());
      const [first] = event.skippedFacets;
      if (first !== undefined) this.logger.log(`skipped the malformed facet ${first}`);
      return event;
    } catch (error) {
      if (error instanceof DomainError) this.metrics.refused();
      throw error;
    }
  }

  private parsed(body: unknown): LineageEvent | DomainError {
    try {
      return this.parse(body);
    } catch (error) {
      return this.refusalOf(error);
    }
  }

  private async answered<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.refusalOf(error);
    }
  }

  /** An unexpected error is one that a repeat may mend: some clients never repeat after a 500. */
  private refusalOf(error: unknown): DomainError {
    const refusal = error instanceof DomainError ? error : asDomainError(error);
    if (refusal) return refusal;
    this.logger.error({ err: error }, 'unexpected error');
    const detail = 'An unexpected error occurred in the service; the log has it. Try again.';
    return new DomainError('unavailable', 'internal_error', detail, undefined, { cause: error });
  }
}

function eventsOf(body: unknown): readonly unknown[] {
  const isFitting = Array.isArray(body) && body.length <= MOST_EVENTS;
  if (isFitting) return body;
  throw new InvalidRequestError([{ field: 'body', message: `must be an array of at most ${MOST_EVENTS} events` }]);
}

/** @throws DomainError if every event failed in a way that a repeat may mend */
function reportOf(results: readonly Result[]): ReceivedBatchDto {
  const failed = results.flatMap((result, index): (FailedEventDto & { readonly refusal: DomainError })[] =>
    result instanceof DomainError
      ? [{ index, reason: result.detail, retriable: result.kind === 'unavailable', refusal: result }]
      : [],
  );
  const retriable = failed.filter((event) => event.retriable);
  const [first] = retriable;
  if (first && retriable.length === results.length) throw first.refusal;
  return {
    status: failed.length === 0 ? 'success' : 'partial_success',
    summary: {
      received: results.length,
      successful: results.length - failed.length,
      failed: failed.length,
      retriable: retriable.length,
      non_retriable: failed.length - retriable.length,
    },
    failed_events: failed.map(({ index, reason, retriable: mayRepeat }) => ({ index, reason, retriable: mayRepeat })),
  };
}
