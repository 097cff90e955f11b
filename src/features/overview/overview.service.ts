import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SharedReads } from '../../platform/batching/shared-reads.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { BUCKETS, firstBucket, runningAtEnd, spread } from './buckets.js';
import type { BucketsDto, OverviewDto, OverviewQuery, RunningDto, RunningRootDto } from './overview.dto.js';
import { type CountsByTime, OverviewRepository, type RunningRoot } from './overview.repository.js';

const HOUR_MS = 3_600_000;
const DEFAULT_HOURS = 24;
/** The most running and late executions that are counted. */
const MOST_RUNNING = 10_000;
/** The most running roots that are listed. */
const MOST_ROOTS = 50;
/** The most executions that are counted by time. */
const MOST_COUNTED = 100_000;
/** How long pages that ask the same share an answer. */
const SHARED_MS = 1000;

/** What runs, what is wrong, and what happened in the last hours. */
@Injectable()
export class OverviewService {
  private readonly shared = new SharedReads<OverviewDto>(SHARED_MS);

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly overviews: OverviewRepository,
  ) {}

  overview({ window }: OverviewQuery): Promise<OverviewDto> {
    const hours = window === undefined ? DEFAULT_HOURS : Number.parseInt(window, 10);
    return this.shared.get(String(hours), () => this.transactions.read((manager) => this.read(manager, hours)));
  }

  private async read(manager: EntityManager, hours: number): Promise<OverviewDto> {
    const now = new Date();
    const widthMs = (hours * HOUR_MS) / BUCKETS;
    const first = firstBucket(now.getTime(), widthMs);
    const counts = await this.overviews.countRunning(manager, now, MOST_RUNNING);
    const roots = await this.overviews.findRunningRoots(manager, MOST_ROOTS);
    const kinds = await this.overviews.countIncidents(manager);
    const byTime = await this.overviews.countByTime(manager, new Date(first), now, widthMs / 1000, MOST_COUNTED);
    const since = new Date(Math.max(...byTime.map((counted) => counted.since.getTime())));
    return {
      as_of: now.toISOString(),
      window_seconds: (hours * HOUR_MS) / 1000,
      running: toRunningDto(counts, roots, now),
      incidents: {
        open: kinds.reduce((sum, { open }) => sum + open, 0),
        acknowledged: kinds.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
        by_kind: kinds,
      },
      buckets: toBucketsDto(first, widthMs, byTime, counts.running),
      counted_from: since.getTime() > first ? since.toISOString() : null,
    };
  }
}

function toRunningDto(counts: { running: number; late: number }, roots: readonly RunningRoot[], now: Date): RunningDto {
  return {
    count: counts.running,
    capped: counts.running === MOST_RUNNING,
    late: counts.late,
    roots: roots.map((root) => toRunningRootDto(root, now)),
  };
}

function toRunningRootDto(root: RunningRoot, now: Date): RunningRootDto {
  const { id, pipelineId, pipelineName, startDate, deadline, usualMs } = root;
  return {
    id,
    pipeline_id: pipelineId,
    pipeline_name: pipelineName,
    start_date: startDate.toISOString(),
    deadline: deadline?.toISOString() ?? null,
    usual_ms: usualMs,
    expected_end: usualMs === null ? null : new Date(startDate.getTime() + usualMs).toISOString(),
    late: deadline !== null && deadline < now,
  };
}

function toBucketsDto(first: number, widthMs: number, byTime: readonly CountsByTime[], running: number): BucketsDto {
  const countsOf = (what: CountsByTime['what']): number[] => {
    const found = byTime.find((counted) => counted.what === what);
    return spread(first, widthMs, found?.buckets ?? [], found?.executions ?? []);
  };
  const [started, ended] = [countsOf('started'), countsOf('ended')];
  return {
    seconds: widthMs / 1000,
    start: started.map((_, bucket) => new Date(first + bucket * widthMs).toISOString()),
    started,
    failed: countsOf('failed'),
    running: running === MOST_RUNNING ? started.map(() => null) : runningAtEnd({ started, ended }, running),
  };
}
