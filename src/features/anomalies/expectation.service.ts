import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { expectationOf } from './expectation.js';
import { ExpectationRepository, type NewExpectation } from './expectation.repository.js';
import type { PastRun } from './judging.repository.js';

/** An expectation that was learned from enough runs is learned anew after this time. */
const KEEP_MS = 5 * 60_000;
const ENOUGH_RUNS = 20;
/** A parent under which a pipeline has not run for this long is forgotten. */
const FORGET_MS = 90 * 86_400_000;

/** Learns how long the runs of each pipeline take, in all and under the pipeline of their parent. */
@Injectable()
export class ExpectationService {
  constructor(private readonly expectations: ExpectationRepository) {}

  /** Learns from the histories of pipelines, where it is time. */
  async learn(manager: EntityManager, histories: ReadonlyMap<number, readonly PastRun[]>, now: Date): Promise<void> {
    const learned = await this.expectations.findLearned(manager, [...histories.keys()]);
    const recent = new Set(
      learned
        .filter(({ runs, updatedAt }) => runs >= ENOUGH_RUNS && now.getTime() - updatedAt.getTime() < KEEP_MS)
        .map(({ pipelineId }) => pipelineId),
    );
    const due = [...histories].filter(([pipelineId]) => !recent.has(pipelineId));
    if (due.length === 0) return;
    const parents = await this.parentsOf(manager, due);
    const found = due.flatMap(([pipelineId, runs]) => expectationsOf(pipelineId, runs, parents));
    if (found.length === 0) return;
    await this.expectations.write(manager, found, now);
    const ids = due.map(([pipelineId]) => pipelineId);
    await this.expectations.forget(manager, ids, new Date(now.getTime() - FORGET_MS));
  }

  /** The pipelines of the parents of runs, by execution. */
  private async parentsOf(
    manager: EntityManager,
    due: readonly (readonly [number, readonly PastRun[]])[],
  ): Promise<ReadonlyMap<number, number>> {
    const ids = new Set(due.flatMap(([, runs]) => runs.flatMap(({ parentId }) => parentId ?? [])));
    return ids.size > 0 ? this.expectations.findPipelinesOf(manager, [...ids]) : new Map();
  }
}

function expectationsOf(
  pipelineId: number,
  runs: readonly PastRun[],
  parents: ReadonlyMap<number, number>,
): NewExpectation[] {
  const byParent = Map.groupBy(runs, ({ parentId }) => (parentId === null ? 0 : (parents.get(parentId) ?? 0)));
  byParent.delete(0);
  return [[0, runs] as const, ...byParent].flatMap(([parentPipelineId, ofParent]) => {
    const expectation = expectationOf(ofParent);
    return expectation ? { pipelineId, parentPipelineId, ...expectation } : [];
  });
}
