import { Injectable } from '@nestjs/common';
import { DayService, type ReportedDay, toDay } from '../../features/reports/day.service.js';
import { Answer } from '../../platform/http/answer.js';
import { IdempotencyService } from '../../platform/idempotency/idempotency.service.js';
import type {
  DailyMetricsDto,
  DailyMetricsQuery,
  DailyMetricsRowDto,
  PipelineNamesDto,
  PipelineTypeNamesDto,
  RefreshDto,
} from './report.dto.js';

const DAY_MS = 86_400_000;
const DEFAULT_PAGE_SIZE = 50;
const DEFAULT_DAYS = 30;

/** The daily report of the older service. */
@Injectable()
export class ReportService {
  constructor(
    private readonly days: DayService,
    private readonly idempotency: IdempotencyService,
  ) {}

  async metrics(query: DailyMetricsQuery): Promise<DailyMetricsDto> {
    const { page = 1, page_size: size = DEFAULT_PAGE_SIZE, days = DEFAULT_DAYS } = query;
    const now = Date.now();
    const which = { pipelineName: query.pipeline_name, pipelineTypeName: query.pipeline_type_name };
    const part = {
      from: toDay(new Date(now - days * DAY_MS)),
      to: toDay(new Date(now)),
      limit: size,
      offset: (page - 1) * size,
    };
    const { total, days: found } = await this.days.report(which, part);
    const pages = Math.ceil(total / size);
    return {
      data: found.map(toRow),
      pagination: {
        page,
        page_size: size,
        total_records: total,
        total_pages: pages,
        has_next: page < pages,
        has_prev: page > 1,
      },
    };
  }

  async pipelineNames(typeName: string | undefined): Promise<PipelineNamesDto> {
    return { pipeline_names: await this.days.pipelineNames(typeName) };
  }

  async pipelineTypeNames(): Promise<PipelineTypeNamesDto> {
    return { pipeline_type_names: await this.days.pipelineTypeNames() };
  }

  /** Does nothing: the report is always current. */
  refresh(): Promise<Answer<RefreshDto>> {
    return this.idempotency.once(async () =>
      Answer.found({ status: 'success', message: 'Materialized view refreshed successfully' }),
    );
  }
}

function toRow(day: ReportedDay): DailyMetricsRowDto {
  return {
    date_recorded: day.day,
    pipeline_name: day.pipelineName,
    pipeline_type_name: day.pipelineTypeName,
    total_executions: day.executions,
    failed_executions: day.failed,
    error_percentage: Math.round((10_000 * day.failed) / day.executions) / 100,
    daily_inserts: day.inserts,
    daily_updates: day.updates,
    daily_soft_deletes: day.softDeletes,
    daily_total_rows: day.totalRows,
    avg_duration_seconds: rounded(day.seconds / day.executions),
    daily_throughput: day.seconds === 0 ? 0 : rounded(day.totalRows / day.seconds),
  };
}

/** To three places, as in the view. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
