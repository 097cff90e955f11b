import { Injectable } from '@nestjs/common';
import { Columns } from '../../../platform/http/columns.js';
import { momentAt, pageLimit, positionOf, toPage } from '../../../platform/http/page.js';
import { TransactionRunner } from '../../../platform/database/transaction-runner.js';
import { PipelineNameService } from '../../pipeline/pipeline-name.service.js';
import { PipelineNotFoundError } from '../../pipeline/pipeline.errors.js';
import type { EntityManager } from 'typeorm';
import { statusOf } from '../execution-status.js';
import type {
  PipelineSeriesDto,
  PipelineSeriesQuery,
  PipelineStatisticsDto,
  SpreadDto,
} from './pipeline-series.dto.js';
import { PipelineSeriesRepository, type SeriesPoint } from './pipeline-series.repository.js';
import { type Bounds, SeriesBoundsService } from './series-bounds.service.js';
import { percentile, usualMinute } from './statistics.js';

/** How many successes statistics count. */
const SUCCESSES = 100;
/** How many executions of a page get bounds: each is compared with two hundred others. */
const WITH_BOUNDS = 200;
/** The first position of a list, see `page.ts`. */
const NEWEST = [Date.parse('9999-12-31T23:59:59.999Z'), Number.MAX_SAFE_INTEGER] as const;

/** Shows how the executions of a pipeline develop. */
@Injectable()
export class PipelineSeriesService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly executions: PipelineSeriesRepository,
    private readonly pipelines: PipelineNameService,
    private readonly bounds: SeriesBoundsService,
  ) {}

  series(pipelineId: number, query: PipelineSeriesQuery): Promise<Columns<PipelineSeriesDto>> {
    const [start = 0, id = 0] = positionOf(query, 2) ?? NEWEST;
    return this.transactions.read(async (manager) => {
      await this.check(manager, pipelineId);
      const before = { start: momentAt(start), id };
      const points = await this.executions.findSeries(manager, pipelineId, before, pageLimit(query) + 1);
      const page = toPage(points, query, (point) => [point.startDate.getTime(), point.id]);
      const series = toSeries(page.items);
      if (query.bounds !== true) return new Columns(series, page.nextCursor);
      const bounds = await this.bounds.find(manager, pipelineId, page.items.slice(0, WITH_BOUNDS));
      return new Columns({ ...series, ...boundsColumns(page.items, bounds) }, page.nextCursor);
    });
  }

  statistics(pipelineId: number): Promise<PipelineStatisticsDto> {
    return this.transactions.read(async (manager) => {
      await this.check(manager, pipelineId);
      const runs = await this.executions.findLastSuccesses(manager, pipelineId, SUCCESSES);
      const usual = usualMinute(runs.map(({ startDate }) => startDate));
      return {
        successes: runs.length,
        duration_seconds: spreadOf(runs.map((run) => (run.endDate.getTime() - run.startDate.getTime()) / 1000)),
        total_rows: spreadOf(runs.flatMap(({ totalRows }) => totalRows ?? [])),
        usual_start: usual === null ? null : timeOf(usual),
      };
    });
  }

  private async check(manager: EntityManager, pipelineId: number): Promise<void> {
    if ((await this.pipelines.describe(manager, [pipelineId])).length === 0)
      throw new PipelineNotFoundError(pipelineId);
  }
}

function toSeries(points: readonly SeriesPoint[]): PipelineSeriesDto {
  return {
    id: points.map(({ id }) => id),
    root: points.map(({ rootId }) => rootId),
    start: points.map(({ startDate }) => startDate.toISOString()),
    ms: points.map(({ startDate, endDate }) => endDate && endDate.getTime() - startDate.getTime()),
    status: points.map(statusOf),
    rows: points.map(({ totalRows }) => totalRows),
    watermark: points.map(({ watermark }) => watermark),
    next_watermark: points.map(({ nextWatermark }) => nextWatermark),
  };
}

function boundsColumns(
  points: readonly SeriesPoint[],
  bounds: ReadonlyMap<number, Bounds>,
): Partial<PipelineSeriesDto> {
  const column = (measure: keyof Bounds, bound: 'expected' | 'lower' | 'upper'): (number | null)[] =>
    points.map(({ id }) => bounds.get(id)?.[measure]?.[bound] ?? null);
  return {
    rows_expected: column('rows', 'expected'),
    rows_lower: column('rows', 'lower'),
    rows_upper: column('rows', 'upper'),
    ms_expected: column('ms', 'expected'),
    ms_lower: column('ms', 'lower'),
    ms_upper: column('ms', 'upper'),
  };
}

function spreadOf(values: readonly number[]): SpreadDto {
  return { p50: percentile(values, 0.5), p95: percentile(values, 0.95) };
}

function timeOf(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');
}
