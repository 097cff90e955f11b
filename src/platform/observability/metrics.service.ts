import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { VERSION } from './version.js';

/** How long a figure that costs a query is good for, whoever asks how often. */
const FIGURE_TTL_MS = 10_000;

/** How long such a query may take before a scrape goes without it. */
const QUERY_TIMEOUT_MS = 2000;

const LATENCY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** A figure that is looked up when somebody asks: one number, or one for each value of `label`. */
export interface Figure {
  /** By Prometheus' conventions: `watcher_`, what it counts, the unit where it has one. */
  readonly name: string;
  readonly help: string;
  readonly label?: string;
  readonly collect: () => Promise<number | Readonly<Record<string, number>>>;
}

/**
 * What the service tells Prometheus of itself. Each application has a registry of its own. Labels are bounded: routes
 * are templates, never what a client sent.
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
      help: 'Always 1; the label is the version that runs.',
      labelNames: ['version'] as const,
      registers: [this.registry],
    });
    build.set({ version: VERSION }, 1);
  }

  /** Everything, in the text format of Prometheus. Never fails for a figure that can't be had: that one is absent. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** A counter of a module's own. By Prometheus' conventions its name ends with `_total`. */
  registerCounter<L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  /** A gauge that is read from memory at each scrape; `collect` gets it to set. */
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
   * A gauge that costs a query: asked for at most every 10 s, and bounded by the caller, since a scrape must not get
   * slower as the tables grow. While the query fails or hangs the gauge is absent, as there is nothing true to say.
   */
  registerFigure({ name, help, label, collect }: Figure): void {
    const refresh = async (): Promise<void> => {
      const value = await withinTimeout(collect()).catch((error: unknown) => {
        this.logger.warn({ err: error }, `no ${name}`);
        return undefined;
      });
      // Without its label nothing is left of a labelled gauge; one without labels goes back to 0, and has to go.
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
