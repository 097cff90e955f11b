import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { InvalidRequestError } from '../../platform/errors/domain-error.js';
import { momentAt, type Page, pageLimit, positionOf, toPage } from '../../platform/http/page.js';
import { nameKey } from '../../platform/values/name.js';
import { PipelineNotFoundError } from '../pipeline/pipeline.errors.js';
import { PipelineNameService } from '../pipeline/pipeline-name.service.js';
import type { ListDaysQuery, ListPipelineDaysQuery, NamedPipelineDayDto, PipelineDayDto } from './day.dto.js';
import { toNamedPipelineDayDto, toPipelineDayDto } from './day.mapper.js';
import { DayRepository, type ReportedDay, type ReportPart } from './day.repository.js';

export type { ReportedDay };

const DAY_MS = 86_400_000;
const FIRST_DAY = '1970-01-01';
const LAST_DAY = '9999-12-31';
/** The most days of many pipelines, and how many without a range. */
const MOST_DAYS = 92;
const USUAL_DAYS = 30;
/** The most names of a list. */
const MOST_NAMES = 10_000;

/** Which pipelines a report is about; all without a name. */
export interface ReportedPipelines {
  readonly pipelineName?: string | undefined;
  readonly pipelineTypeName?: string | undefined;
}

/** The executions of pipelines by day, deleted ones included. */
@Injectable()
export class DayService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly days: DayRepository,
    private readonly pipelines: PipelineNameService,
  ) {}

  /** The days of one pipeline, newest first. Throws {@link PipelineNotFoundError}. */
  list(pipelineId: number, query: ListDaysQuery): Promise<Page<PipelineDayDto>> {
    const from = dateOf('from', query.from) ?? FIRST_DAY;
    const to = dateOf('to', query.to) ?? LAST_DAY;
    const [seen] = positionOf(query, 1) ?? [];
    // The day before which the page begins.
    const before = seen === undefined ? dayAfter(to) : toDay(momentAt(seen * DAY_MS));
    return this.transactions.read(async (manager) => {
      if ((await this.pipelines.describe(manager, [pipelineId])).length === 0)
        throw new PipelineNotFoundError(pipelineId);
      const rows = await this.days.findDays(manager, pipelineId, from, before, pageLimit(query) + 1);
      return toPage(rows, query, ({ day }) => [Date.parse(day) / DAY_MS]).map(toPipelineDayDto);
    });
  }

  /** The days of many pipelines, newest first; at most 92 days, the last 30 by default. */
  listAll(query: ListPipelineDaysQuery): Promise<Page<NamedPipelineDayDto>> {
    const last = dateOf('to', query.to) ?? toDay(new Date());
    const from = dateOf('from', query.from) ?? daysBefore(last, USUAL_DAYS - 1);
    if (from < daysBefore(last, MOST_DAYS - 1)) {
      throw new InvalidRequestError([{ field: 'from', message: `must be at most ${MOST_DAYS} days before \`to\`` }]);
    }
    const [seenDay, after = 0] = positionOf(query, 2) ?? [];
    const to = seenDay === undefined ? last : toDay(momentAt(seenDay * DAY_MS));
    return this.transactions.read(async (manager) => {
      const which = { pipelineName: query.pipeline_name, pipelineTypeName: query.pipeline_type_name };
      const ids = await this.idsOf(manager, which);
      const rows = await this.days.list(manager, ids, { from, to, after }, pageLimit(query) + 1);
      return toPage(rows, query, ({ day, pipelineId }) => [Date.parse(day) / DAY_MS, pipelineId]).map(
        toNamedPipelineDayDto,
      );
    });
  }

  /** Days of many pipelines, newest first and by name, and how many there are. */
  report(which: ReportedPipelines, part: ReportPart): Promise<{ total: number; days: ReportedDay[] }> {
    return this.transactions.read(async (manager) => {
      const ids = await this.idsOf(manager, which);
      return ids?.length === 0 ? { total: 0, days: [] } : this.days.report(manager, ids, part);
    });
  }

  /** The names of pipelines that are not archived, sorted, at most 10,000. */
  pipelineNames(pipelineTypeName: string | undefined): Promise<string[]> {
    return this.transactions.read(async (manager) =>
      this.days.listNames(manager, await this.idsOf(manager, { pipelineTypeName }), MOST_NAMES),
    );
  }

  /** The names of types, sorted, at most 10,000. */
  pipelineTypeNames(): Promise<string[]> {
    return this.transactions.read((manager) => this.days.listTypeNames(manager, MOST_NAMES));
  }

  /** Null: all. */
  private async idsOf(
    manager: EntityManager,
    { pipelineName, pipelineTypeName }: ReportedPipelines,
  ): Promise<number[] | null> {
    const named = pipelineName === undefined ? null : await this.days.findIdsOfName(manager, nameKey(pipelineName));
    if (pipelineTypeName === undefined) return named;
    const ofType = await this.pipelines.idsOfType(manager, pipelineTypeName);
    return named === null ? ofType : named.filter((id) => ofType.includes(id));
  }
}

/** The UTC date of a moment. */
export function toDay(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}

function dayAfter(day: string): string {
  return day === LAST_DAY ? day : toDay(new Date(Date.parse(day) + DAY_MS));
}

function daysBefore(day: string, days: number): string {
  return toDay(new Date(Math.max(Date.parse(FIRST_DAY), Date.parse(day) - days * DAY_MS)));
}

/** Refuses a date that is not in the calendar, such as 30 February. */
function dateOf(field: string, day: string | undefined): string | undefined {
  if (day !== undefined && toDay(new Date(day)) !== day) {
    throw new InvalidRequestError([{ field, message: 'must be a date such as 2026-01-31, from 1970 on' }]);
  }
  return day;
}
