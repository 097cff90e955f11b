import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type DuePipeline, PipelineRepository } from './pipeline.repository.js';
import { lastBefore, nextAfter } from './schedule.js';

/** The expected starts of a pipeline that are due: the last one, and how many there are. */
export interface DueStart {
  readonly pipelineId: number;
  readonly expectedAt: Date;
  /** A start from here on counts as the expected one. */
  readonly since: Date;
  /** Counted up to {@link MOST_COUNTED}. */
  readonly count: number;
  readonly isWatched: boolean;
}

/** The most pipelines of one check; the next one takes the rest. */
const MOST_DUE = 10_000;
/** The most expected starts of one pipeline that are counted, as after a long absence of the service. */
const MOST_COUNTED = 100;

/** Says when runs of pipelines should have started. */
@Injectable()
export class PipelineScheduleService {
  constructor(private readonly pipelines: PipelineRepository) {}

  /** Takes the expected starts that are due at `now`, each once, in the caller's transaction. */
  async takeDue(manager: EntityManager, now: Date): Promise<DueStart[]> {
    const due = await this.pipelines.takeDue(manager, now, MOST_DUE);
    if (due.length === 0) return [];
    const nexts = due.map((pipeline) => nextAfter(pipeline, new Date(pipeline.missedBefore.getTime() - 1)));
    await this.pipelines.setNextExpected(
      manager,
      due.map(({ pipelineId }, index) => ({ pipelineId, next: nexts[index] ?? null })),
    );
    return due.map((pipeline) => dueStartOf(pipeline, now));
  }
}

function dueStartOf(pipeline: DuePipeline, now: Date): DueStart {
  const { pipelineId, isWatched, missedBefore } = pipeline;
  let { expectedAt } = pipeline;
  let count = 1;
  for (let next = nextAfter(pipeline, expectedAt); next && next < missedBefore; next = nextAfter(pipeline, next)) {
    expectedAt = next;
    count += 1;
    if (count < MOST_COUNTED) continue;
    expectedAt = lastBefore(pipeline, missedBefore) ?? expectedAt;
    break;
  }
  const graceMs = now.getTime() - missedBefore.getTime();
  return { pipelineId, isWatched, expectedAt, count, since: new Date(expectedAt.getTime() - graceMs) };
}
