import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  ExecutionRecordService,
  type RestatedExecution,
} from '../../../features/execution/records/execution-record.service.js';
import { TreeDepthService } from '../../../features/hierarchy/tree-depth.service.js';
import { toDate } from '../event/event-time.js';
import { nativeIdOf } from '../event/names.js';
import { type DerivedStatus, deriveRun, parentClaimOf } from '../state/derived-run.js';
import type { RunState } from '../state/run-state.js';
import { OpenLineageRunRepository, type RankedAttempt } from './openlineage-run.repository.js';
import type { PlacedChange } from './run-change.js';
import { closingMoves, refuse, type TreePlan } from './run-tree.js';

/** The most levels of a tree: a chain of n runs has n²/2 rows in the closure. */
const MOST_LEVELS = 1000;

/** Brings in step what a run shares with its relatives: its place, the spans of expected parents, and attempts. */
@Injectable()
export class RunFamilyService {
  constructor(
    private readonly runs: OpenLineageRunRepository,
    private readonly executions: ExecutionRecordService,
    private readonly trees: TreeDepthService,
  ) {}

  /**
   * Refuses the claims that would make a tree too deep, and those that would close a cycle through parents that no event
   * claims: those of the service's own executions, and those set by hand. Under the tree lock.
   */
  async limit(manager: EntityManager, planned: TreePlan, executionIds: ReadonlyMap<string, number>): Promise<TreePlan> {
    const plan = refuse(planned, await this.closingCycles(manager, planned, executionIds));
    const executionOf = (runId: string): number | undefined => executionIds.get(runId);
    const placed = [...plan.parentOf].filter(([runId]) => plan.moves.has(runId) || !plan.changes.get(runId)?.before);
    const parents = placed.flatMap(([, parent]) => (parent === null ? [] : (executionOf(parent) ?? [])));
    const depths = await this.trees.depthsOf(manager, [...new Set(parents)]);
    const moved = [...plan.moves.keys()].flatMap((runId) => executionOf(runId) ?? []);
    const heights = await this.trees.heightsOf(manager, moved);
    const depthOf = (runId: string, steps = 0): number => {
      const parent = plan.parentOf.get(runId) ?? null;
      const known = depths.get(executionOf(runId) ?? 0);
      if (known !== undefined || parent === null || steps > MOST_LEVELS) return known ?? 0;
      return depthOf(parent, steps + 1) + 1;
    };
    const isTooDeep = ([runId, parent]: readonly [string, string | null]): boolean =>
      parent !== null && depthOf(parent) + 1 + (heights.get(executionOf(runId) ?? 0) ?? 0) > MOST_LEVELS;
    return refuse(
      plan,
      placed.filter(isTooDeep).map(([runId]) => runId),
    );
  }

  private async closingCycles(
    manager: EntityManager,
    { moves, changes, known }: TreePlan,
    executionIds: ReadonlyMap<string, number>,
  ): Promise<string[]> {
    if (moves.size === 0) return [];
    const named = [...moves].flatMap(([runId, parent]) => (parent === null ? [runId] : [runId, parent]));
    const ids = await this.executionsOf(manager, named, executionIds);
    const idOf = (runId: string | null): number | null => (runId === null ? null : (ids.get(runId) ?? null));
    const lines = await this.trees.linesOf(
      manager,
      [...moves.values()].flatMap((parent) => idOf(parent) ?? []),
    );
    const parents = new Map(lines.flatMap((line) => line.map((id, index) => [id, line[index + 1] ?? null] as const)));
    for (const [runId, parent] of moves) parents.set(idOf(runId) as number, idOf(parent));
    const claimedAt = (runId: string): string => {
      const state = changes.get(runId)?.after ?? known.get(runId)?.state;
      return (state && parentClaimOf(state, runId)?.at) ?? '';
    };
    return closingMoves(
      [...moves.keys()].map((runId) => ({ runId, at: claimedAt(runId), id: idOf(runId) as number })),
      parents,
    );
  }

  /** After runs and executions were written; returns what listeners are told of all of them. */
  async settle(
    manager: EntityManager,
    plan: TreePlan,
    placed: readonly PlacedChange[],
    executionIds: ReadonlyMap<string, number>,
  ): Promise<RestatedExecution[]> {
    const heard = heardOf(plan, executionIds);
    const left =
      plan.moves.size > 0
        ? await this.move(manager, plan.moves, executionIds, heard)
        : new Map<number, number | null>();
    await this.span(manager, placed, plan, executionIds, heard);
    const ranked = await this.rank(manager, placed, plan);
    return [
      ...placed.flatMap((one) => restatedOf(one, left) ?? []),
      ...ranked.map(({ id, pipelineId }) => reranked(id, pipelineId)),
    ];
  }

  /**
   * All are made roots first: in between, two that change places would be below each other. Returns the parents before,
   * by execution.
   */
  private async move(
    manager: EntityManager,
    moves: TreePlan['moves'],
    executionIds: ReadonlyMap<string, number>,
    heard: Heard,
  ): Promise<Map<number, number | null>> {
    const named = [...moves].flatMap(([runId, parent]) => (parent === null ? [runId] : [runId, parent]));
    const ids = await this.executionsOf(manager, named, executionIds);
    const idOf = (runId: string): number => ids.get(runId) as number;
    const executions = [...moves.keys()].map(idOf);
    const places = await this.executions.places(manager, executions);
    const all = [...moves].map(([runId, parent]) => ({
      id: idOf(runId),
      parentId: parent === null ? null : idOf(parent),
    }));
    const leaving = all.filter(({ id, parentId }) => {
      const current = places.get(id)?.parentId ?? null;
      return current !== null && current !== parentId;
    });
    await this.executions.move(
      manager,
      leaving.map(({ id }) => ({ id, parentId: null })),
    );
    await this.executions.move(
      manager,
      all.filter(({ id, parentId }) => parentId !== null && places.get(id)?.parentId !== parentId),
    );
    const left = leaving.flatMap(({ id }) => places.get(id)?.parentId ?? []);
    await this.spanAbove(manager, left, heard);
    return new Map(executions.map((id) => [id, places.get(id)?.parentId ?? null]));
  }

  /** Sets the spans of the expected executions that the batch changes, and of those whose children it changes. */
  private async span(
    manager: EntityManager,
    placed: readonly PlacedChange[],
    plan: TreePlan,
    executionIds: ReadonlyMap<string, number>,
    heard: Heard,
  ): Promise<void> {
    const parents = new Set<string>();
    for (const { change } of placed) {
      const parent = plan.parentOf.get(change.runId);
      const isLonger = change.was?.start !== change.is.start || change.was?.end !== change.is.end;
      if (parent != null && isLonger) parents.add(parent);
    }
    for (const parent of plan.moves.values()) if (parent !== null) parents.add(parent);
    const expected = placed.flatMap(({ change, place }) => (change.is.status === 'expected' ? place.executionId : []));
    const ids = [...(await this.executionsOf(manager, [...parents], executionIds)).values()];
    const mayBeExpected = ids.filter((id) => {
      const state = heard.get(id);
      return state === undefined || deriveRun(state).status === 'expected';
    });
    await this.spanAbove(manager, [...expected, ...mayBeExpected], heard);
  }

  /** From expected executions up to the first that is none. */
  private async spanAbove(manager: EntityManager, executionIds: readonly number[], heard: Heard): Promise<void> {
    for (let ids = [...new Set(executionIds)]; ids.length > 0;) {
      const others = ids.filter((id) => !heard.has(id));
      const found = await this.runs.findOfExecutions(manager, others);
      const states = new Map([...heard, ...found.map((run) => [run.executionId, run.state] as const)]);
      const spans = ids.map((id) => ({ id, ...ownSpan(states.get(id)) }));
      ids = [...new Set(await this.executions.span(manager, spans))];
    }
  }

  /** Ranks the attempts in the slots that runs of the batch are in, were in, or have left. */
  private async rank(
    manager: EntityManager,
    placed: readonly PlacedChange[],
    plan: TreePlan,
  ): Promise<{ id: number; pipelineId: number }[]> {
    const slots = new Map<string, { parentRunId: string; pipelineId: number }>();
    const single = new Map<number, Rank>();
    const add = (parentRunId: string | null | undefined, pipelineId: number): void => {
      if (parentRunId != null) slots.set(`${parentRunId} ${pipelineId}`, { parentRunId, pipelineId });
    };
    for (const { change, place } of placed) {
      const { before, was, is, runId } = change;
      const parent = plan.parentOf.get(runId);
      if ((was?.attempt ?? is.attempt) === null) continue;
      const parentBefore = before && !before.isParentRefused ? parentClaimOf(before.state, runId)?.runId : undefined;
      const isSameSlot =
        before &&
        parentBefore === (parent ?? undefined) &&
        before.pipelineId === place.pipelineId &&
        was?.attempt === is.attempt &&
        was?.mapIndex === is.mapIndex;
      if (isSameSlot) continue;
      add(parent, place.pipelineId);
      if (before) {
        add(parentBefore, before.pipelineId);
        single.set(place.executionId, { superseded: false, pipelineId: place.pipelineId });
      }
    }
    const ranked = slots.size === 0 ? [] : await this.runs.rank(manager, [...slots.values()]);
    for (const { id, ...rank } of ranked) single.set(id, rank);
    const ranks = new Map([...single].map(([id, { superseded }]) => [id, superseded] as const));
    const changed = await this.executions.rank(manager, ranks);
    return changed.map((id) => ({ id, pipelineId: (single.get(id) as Rank).pipelineId }));
  }

  private async executionsOf(
    manager: EntityManager,
    runIds: readonly string[],
    known: ReadonlyMap<string, number>,
  ): Promise<Map<string, number>> {
    const others = runIds.filter((runId) => !known.has(runId));
    const found = new Map((await this.runs.find(manager, others)).map((run) => [run.runId, run.executionId]));
    for (const runId of runIds) {
      const id = known.get(runId) ?? found.get(runId) ?? nativeIdOf(runId);
      if (id !== undefined) found.set(runId, id);
    }
    return found;
  }
}

/** What was heard of runs, by execution. */
type Heard = ReadonlyMap<number, RunState>;

/** Of the runs that the batch is about. */
function heardOf({ known, changes }: TreePlan, executionIds: ReadonlyMap<string, number>): Heard {
  const states = [
    ...[...known.values()].map(({ runId, state }) => [runId, state] as const),
    ...[...changes].map(([runId, { after }]) => [runId, after] as const),
  ];
  return new Map(
    states.flatMap(([runId, state]) => {
      const id = executionIds.get(runId);
      return id === undefined ? [] : [[id, state] as const];
    }),
  );
}

type Rank = Omit<RankedAttempt, 'id'>;

/** Undefined where neither failures nor successes are concerned. */
function restatedOf(
  { change: { before, was, is }, place }: PlacedChange,
  left: ReadonlyMap<number, number | null>,
): RestatedExecution | undefined {
  const { executionId, pipelineId } = place;
  const concerns = (status: DerivedStatus): boolean => was?.status === status || is.status === status;
  const pipelineBefore = before?.pipelineId ?? pipelineId;
  const isWithdrawn =
    was?.status === 'succeeded' &&
    (is.status !== 'succeeded' || pipelineBefore !== pipelineId || (is.end ?? '') < (was.end ?? ''));
  const isRearranged = left.has(executionId) || (was?.status === 'expected' && is.status !== 'expected');
  if (!isRearranged && !concerns('failed') && !concerns('succeeded')) return undefined;
  return {
    id: executionId,
    pipelineIds: [...new Set([pipelineBefore, pipelineId])],
    parentBefore: left.get(executionId) ?? null,
    isFailure: concerns('failed'),
    isFirstEnd: (was?.end ?? null) === null,
    isWithdrawn,
    isRearranged,
  };
}

function reranked(id: number, pipelineId: number): RestatedExecution {
  const kept = { isFirstEnd: false, isWithdrawn: false, isRearranged: false };
  return { id, pipelineIds: [pipelineId], parentBefore: null, isFailure: true, ...kept };
}

function ownSpan(state: RunState | undefined): { own: Date | null; fallback: Date | null } {
  const { seenFirst = null, namedFirst = null } = state ?? {};
  const dateOf = (instant: string | null): Date | null => (instant === null ? null : toDate(instant));
  return { own: dateOf(seenFirst), fallback: dateOf(namedFirst) };
}
