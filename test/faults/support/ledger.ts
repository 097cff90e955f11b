import type { NoAnswer, Reply } from './client.js';

/** A start that was sent, once or more often; `id` is set when it is acknowledged. */
export interface SentStart {
  readonly pipelineId: number;
  /** Undefined if the parent was named by an external id. */
  readonly parentId: number | null | undefined;
  readonly externalId: string | null;
  readonly startDate: string;
  id?: number;
}

/** An end that was sent, once or more often; `endDate` is set when it is acknowledged. */
export interface SentEnd {
  readonly status: 'succeeded' | 'failed' | 'aborted' | 'skipped';
  readonly inserts: number;
  endDate?: string;
}

/** The `next_watermark`s sent for a pipeline. */
export interface SentWatermarks {
  acknowledged: string | null;
  /** The watermarks with an attempt that was refused or got no answer: they may take effect at any later time. */
  readonly open: Set<string>;
}

/**
 * Records everything that a load sent and the answers: the data that must be in the database afterwards, and the data
 * that may be.
 */
export class Ledger {
  /** By the mark in the metadata of each start. */
  readonly starts = new Map<string, SentStart>();
  /** By the execution's id. */
  readonly ends = new Map<number, SentEnd>();
  /** External ids of parents that were named, most of which nobody starts. */
  readonly named = new Set<string>();
  /** The registered pipelines, by name; null until acknowledged. */
  readonly registered = new Map<string, number | null>();
  /** By the pipeline's id. */
  readonly watermarks = new Map<number, SentWatermarks>();
  /** Answers that no client may get, whatever happens to the service and the database. */
  readonly surprises: string[] = [];
  acknowledged = 0;
  refused = 0;
  unanswered = 0;
  /** Truncated answers; also counted as unanswered. */
  torn = 0;
  /** Starts that had taken effect although their first answer was lost: the repeat found them by their external id. */
  foundAgain = 0;
  /** The same, by their Idempotency-Key. */
  replayed = 0;
  /** The longest time until a refusal, or until a request failed. */
  slowestFailureMs = 0;

  noteAnswer(path: string, body: unknown, reply: Reply): void {
    if (isPutOff(reply)) {
      this.refused += 1;
      this.slowestFailureMs = Math.max(this.slowestFailureMs, reply.ms);
    } else if (reply.status < 300) {
      this.acknowledged += 1;
      if (reply.headers['idempotency-replayed'] === 'true') this.replayed += 1;
      else if (path === '/start_pipeline_execution' && reply.status === 200) this.foundAgain += 1;
    } else {
      const answer = `${reply.status} ${JSON.stringify(reply.body)}`;
      this.surprises.push(`${path} ${JSON.stringify(body)}: ${answer}`);
    }
  }

  noteSilence(path: string, body: unknown, failure: NoAnswer): void {
    this.unanswered += 1;
    if (failure.isTorn) this.torn += 1;
    this.slowestFailureMs = Math.max(this.slowestFailureMs, failure.ms);
    if (failure.code === 'TIMEOUT') this.surprises.push(`${path} ${JSON.stringify(body)}: ${failure.message}`);
  }

  /** For the log of the run. */
  summary(): string {
    return (
      `${this.acknowledged} acknowledged, ${this.refused} refused, ${this.unanswered} without an answer, ` +
      `slowest of these ${Math.round(this.slowestFailureMs)} ms, ` +
      `${this.foundAgain + this.replayed} starts found again`
    );
  }
}

/** "Try again": the service is unavailable, or is already processing the same request. */
export function isPutOff({ status, headers, body }: Reply): boolean {
  return (
    (status === 503 && headers['retry-after'] !== undefined) ||
    (status === 409 && body.code === 'idempotency_key_in_use')
  );
}

/** A line kept in the log of the run: seeds and counts. */
export function report(text: string): void {
  process.stderr.write(`faults: ${text}\n`);
}
