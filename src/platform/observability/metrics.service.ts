import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { VERSION } from './version.js';

/** How long the result of a query is reused, however often it is requested. */
const FIGURE_TTL_MS = 10_000;

/** How long such a query may take; after that the scrape leaves the figure out. */
const QUERY_TIMEOUT_MS = 2000;

const LATENCY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** A figure that is computed at a scrape: one number, or one for each value of `label`. */
export interface Figure {
  /** By Prometheus' conventions: `watcher_`, the thing counted, and the unit if there is one. */
  readonly name: string;
  readonly help: string;
  readonly label?: string;
  readonly collect: () => Promise<number | Readonly<Record<string, number>>>;
}

/**
 * The metrics of the service for Prometheus. Each application has a registry of its own. Labels are bounded: routes
 * are templates, never text from a client.
 */
@Injectable()
export class MetricsService {
  readonly registry = new Registry();

  readonly requestDuration = new Histogram({
    name: 'watcher_http_request_duration_seconds',
    help: 'From the request to the last byte of the answer, by route template.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: LATENCY_SECONDS,
    registers: [this.registry],
  });

  readonly batchSize = new Histogram({
    name: 'watcher_batch_size',
    help: 'Requests that shared one transaction, by kind.',
    labelNames: ['kind'] as const,
    buckets: BATCH_SIZES,
    registers: [this.registry],
  });

  private readonly logger = new Logger(MetricsService.name);

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    const build = new Gauge({
      name: 'watcher_build_info',
      help: 'Always 1; the label is the running version.',
      labelNames: ['version'] as const,
      registers: [this.registry],
    });
    build.set({ version: VERSION }, 1);
  }

  /**
   * All metrics, in the text format of Prometheus. Never fails because of an unavailable figure; it leaves that one
   * out.
   */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** A counter of a module. By Prometheus' conventions its name ends with `_total`. */
  registerCounter<L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  registerHistogram(name: string, help: string, buckets: readonly number[]): Histogram {
    return new Histogram({ name, help, buckets: [...buckets], registers: [this.registry] });
  }

  /** A gauge read from memory at each scrape; `collect` receives it and sets it. */
  registerGauge<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    collect: (gauge: Gauge<L>) => void,
  ): void {
    const registry = this.registry;
    const gauge: Gauge<L> = new Gauge({ name, help, labelNames, registers: [registry], collect: () => collect(gauge) });
  }

  /**
   * A gauge that costs a query: queried at most every 10 s. The caller must bound the query, since a scrape must not
   * get slower as the tables grow. While the query fails or hangs the gauge is absent, because no value would be true.
   */
  registerFigure({ name, help, label, collect }: Figure): void {
    const refresh = async (): Promise<void> => {
      const value = await withinTimeout(collect()).catch((error: unknown) => {
        this.logger.warn({ err: error }, `no ${name}`);
        return undefined;
      });
      // Without values nothing is left of a labelled gauge; one without labels would return to 0, so it is removed.
      gauge.reset();
      if (typeof value === 'number') gauge.set(value);
      else if (value === undefined && !label) gauge.remove();
      else if (value !== undefined && label)
        for (const [key, part] of Object.entries(value)) gauge.set({ [label]: key }, part);
    };
    let freshUntil = 0;
    let underWay: Promise<void> | undefined;
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: label ? [label] : [],
      registers: [this.registry],
      collect: async () => {
        if (Date.now() < freshUntil) return;
        underWay ??= refresh().finally(() => {
          freshUntil = Date.now() + FIGURE_TTL_MS;
          underWay = undefined;
        });
        await underWay;
      },
    });
  }
}

async function withinTimeout<T>(work: Promise<T>): Promise<T> {
  const timeout = new AbortController();
  const tooLate = sleep(QUERY_TIMEOUT_MS, undefined, { signal: timeout.signal }).then(() => {
    throw new Error(`not answered within ${QUERY_TIMEOUT_MS} ms`);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    timeout.abort();
    tooLate.catch(() => undefined);
  }
}
