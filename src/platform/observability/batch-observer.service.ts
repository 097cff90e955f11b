import { Injectable } from '@nestjs/common';
import { type Link, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { GroupCommitObserver } from '../batching/group-commit.js';
import { MetricsService } from './metrics.service.js';
import { outsideRequests } from './request-context.js';
import { inSpan, TRACER } from './tracing/spans.js';

/** The kinds of batches. */
export type BatchKind = 'start' | 'end' | 'heartbeat' | 'openlineage';

/** Records batches in the metrics and, if tracing is on, as spans linked to their requests. */
@Injectable()
export class BatchObserverService {
  private readonly depths = new Map<BatchKind, () => number>();

  constructor(private readonly metrics: MetricsService) {
    metrics.registerGauge(
      'watcher_queue_depth',
      'Starts, ends, heartbeats or events waiting for a batch.',
      ['kind'],
      (gauge) => {
        for (const [kind, depth] of this.depths) gauge.set({ kind }, depth());
      },
    );
  }

  /** The observer of one queue. */
  of(kind: BatchKind): GroupCommitObserver<Link | undefined> {
    return {
      attached: (waiting) => this.depths.set(kind, waiting),
      arrived: () => {
        const context = trace.getActiveSpan()?.spanContext();
        return context && { context };
      },
      commit: (arrivals, commit) => {
        this.metrics.batchSize.observe({ kind }, arrivals.length);
        return outsideRequests(() => {
          const links = arrivals.filter((link) => link !== undefined);
          const [first] = links;
          if (!first) return commit();
          const attributes = { 'watcher.batch.kind': kind, 'watcher.batch.size': arrivals.length };
          // A span has one parent: the request that came first. Its links refer to the others.
          const parent = trace.setSpanContext(ROOT_CONTEXT, first.context);
          return inSpan(TRACER.startSpan(`batch ${kind}`, { attributes, links }, parent), commit);
        });
      },
    };
  }
}
