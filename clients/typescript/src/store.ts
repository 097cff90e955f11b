/** A report that waits for the service. Its form is shared with the other clients and `watcher run`. */
export interface Report {
  readonly version: 1;
  /** The path of the request below the URL of the service. */
  readonly path: string;
  readonly idempotency_key: string;
  readonly body: readonly Operation[];
}

/** An operation of `POST /batch`. */
export interface Operation {
  readonly op: string;
  readonly [field: string]: unknown;
}

/**
 * Reports that wait, in the order in which they are to be sent. Its methods are synchronous: a report is safe when
 * `add` returns, also while the process ends.
 */
export interface ReportStore {
  /** Keeps a report behind the others; false if the store is full. Throws if it can't be written to. */
  add(name: string, report: Report): boolean;
  /** The names of the reports that wait, the next one first. */
  names(): string[];
  /** Undefined where another process has sent and removed the report meanwhile, or it can't be read. */
  read(name: string): Report | undefined;
  remove(name: string): void;
  /** Puts a report that the service refused out of the way. */
  refuse(name: string, answer: unknown): void;
}

/** Keeps reports until the page or the process ends. */
export class MemoryStore implements ReportStore {
  private readonly reports = new Map<string, Report>();

  constructor(private readonly limit: number) {}

  add(name: string, report: Report): boolean {
    if (this.reports.size >= this.limit) return false;
    this.reports.set(name, report);
    return true;
  }

  names(): string[] {
    return [...this.reports.keys()];
  }

  read(name: string): Report | undefined {
    return this.reports.get(name);
  }

  remove(name: string): void {
    this.reports.delete(name);
  }

  /** Nobody could look at it. */
  refuse(name: string): void {
    this.remove(name);
  }
}

let last = 0;
let count = 0;

/**
 * The name of a new report. Names sort in the order of their making: the clock is not followed back, and a counter tells
 * names of the same millisecond apart.
 */
export function nameOf(runId: string, kind: 'start' | 'end'): string {
  last = Math.max(Date.now(), last);
  count = (count + 1) % 1_000_000;
  return `${String(last).padStart(13, '0')}-${String(count).padStart(6, '0')}-${runId}-${kind}.json`;
}
