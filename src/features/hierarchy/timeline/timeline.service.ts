import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../../../platform/database/transaction-runner.js';
import { takeAnswerRoom } from '../../../platform/http/answer-room.js';
import { cursorOf, type Moment, momentOf } from '../../changes/change-cursor.js';
import { ChangeService } from '../../changes/change.service.js';
import { ExecutionService } from '../../execution/execution.service.js';
import { statusOf } from '../../execution/execution-status.js';
import { PipelineNameService } from '../../pipeline/pipeline-name.service.js';
import type { TimelineDto, TimelinePipelinesDto, TimelineQuery } from './timeline.dto.js';
import { type Bar, type Place, TimelineRepository } from './timeline.repository.js';

/** The most executions of an answer. */
const MAX_BARS = 50_000;
/** The most levels, as in a tree. */
const MAX_LEVELS = 1000;
/** The most pipelines whose usual duration is looked up; the others have none. */
const MAX_USUAL = 1000;
/** A tree with more executions reserves part of the memory for large answers. */
const LARGE_TREE = 1000;

/** A part of a tree at a moment. */
interface Part {
  readonly moment: Moment;
  readonly complete: boolean;
  readonly places: readonly Place[];
}

/** Reads trees for a timeline: as a whole, and then what has changed. */
@Injectable()
export class TimelineService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly trees: TimelineRepository,
    private readonly executions: ExecutionService,
    private readonly pipelines: PipelineNameService,
    private readonly changes: ChangeService,
  ) {}

  async timeline(id: number, query: TimelineQuery): Promise<TimelineDto> {
    const since = query.after === undefined ? undefined : momentOf(query.after);
    const maxDepth = Math.min(query.max_depth ?? MAX_LEVELS, MAX_LEVELS);
    const { rootId } = await this.executions.require(id);
    const part = await this.transactions.read(
      async (manager) =>
        (since && (await this.changed(manager, id, maxDepth, since, rootId))) ??
        (await this.whole(manager, id, maxDepth)),
    );
    if (part.places.length > LARGE_TREE) await takeAnswerRoom();
    const missing = part.places[MAX_BARS];
    return this.transactions.read(async (manager) => {
      const bars = await this.trees.findBars(manager, part.places.slice(0, MAX_BARS));
      return {
        as_of: new Date().toISOString(),
        cursor: cursorOf(part.moment),
        complete: part.complete,
        truncated: missing !== undefined,
        truncated_at_depth: missing?.depth ?? null,
        ...toColumns(bars),
        pipelines: await this.describe(manager, [...new Set(bars.map(({ pipelineId }) => pipelineId))]),
      };
    });
  }

  private async whole(manager: EntityManager, id: number, maxDepth: number): Promise<Part> {
    // Before the tree is read: what is committed in between is in this answer and again in the next one.
    const moment = await this.changes.now(manager);
    // One more than fits, to detect missing executions.
    return { moment, complete: true, places: await this.trees.findBelow(manager, id, maxDepth, MAX_BARS + 1) };
  }

  /** What changed since a moment; undefined if that can't be told, and the whole tree is needed. */
  private async changed(
    manager: EntityManager,
    id: number,
    maxDepth: number,
    since: Moment,
    rootId: number,
  ): Promise<Part | undefined> {
    const hints = await this.changes.ofTree(manager, since, rootId);
    if (hints.everything || hints.executions.length > MAX_BARS) return undefined;
    return {
      moment: hints,
      complete: false,
      places: await this.trees.findAmong(manager, id, maxDepth, hints.executions),
    };
  }

  private async describe(manager: EntityManager, ids: readonly number[]): Promise<TimelinePipelinesDto> {
    const found = await this.pipelines.describe(manager, ids);
    const usual = await this.trees.findUsual(manager, ids.slice(0, MAX_USUAL));
    return {
      id: found.map((pipeline) => pipeline.id),
      name: found.map(({ name }) => name),
      usual_ms: found.map((pipeline) => usual.get(pipeline.id) ?? null),
    };
  }
}

type TimelineColumns = Pick<
  TimelineDto,
  'id' | 'parent' | 'pipeline' | 'start' | 'ms' | 'status' | 'rows' | 'deadline'
>;

function toColumns(bars: readonly Bar[]): TimelineColumns {
  return {
    id: bars.map(({ id }) => id),
    parent: bars.map(({ parentId }) => parentId),
    pipeline: bars.map(({ pipelineId }) => pipelineId),
    start: bars.map(({ startDate }) => startDate.toISOString()),
    ms: bars.map(({ startDate, endDate }) => endDate && endDate.getTime() - startDate.getTime()),
    status: bars.map(statusOf),
    rows: bars.map(({ totalRows }) => totalRows),
    deadline: bars.map(({ deadline }) => deadline && deadline.toISOString()),
  };
}
