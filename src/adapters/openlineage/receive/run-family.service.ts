import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ExecutionRecordService } from '../../../features/execution/records/execution-record.service.js';
import { toDate } from '../event/event-time.js';
import { parentClaimOf } from '../state/derived-run.js';
import { OpenLineageRunRepository, type StoredRun } from './openlineage-run.repository.js';
import type { PlacedChange } from './run-writer.service.js';
import type { TreePlan } from './run-tree.js';

/** Brings in step what a run shares with its relatives: its place, the spans of expected parents, and attempts. */
@Injectable()
export class RunFamilyService {
  constructor(
    private readonly runs: OpenLineageRunRepository,
    private readonly executions: ExecutionRecordService,
  ) {}

  /** After runs and executions were written. */
  async settle(manager: EntityManager, plan: TreePlan, placed: readonly PlacedChange[]): Promise<void> {
    if (plan.moves.size > 0) await this.move(manager, plan.moves);
    await this.span(manager, placed, plan);
    await this.rank(manager, placed, plan);
  }

  /** All are made roots first: in between, two that change places would be below each other. */
  private async move(manager: EntityManager, moves: TreePlan['moves']): Promise<void> {
    const named = [...moves].flatMap(([runId, parent]) => (parent === null ? [runId] : [runId, parent]));
    const ids = await this.executionsOf(manager, named);
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
    await this.spanAbove(manager, left);
  }

  private async span(manager: EntityManager, placed: readonly PlacedChange[], plan: TreePlan): Promise<void> {
    const parents = new Set<string>();
    for (const { change } of placed) {
      const parent = plan.parentOf.get(change.runId);
      const isLonger = change.was?.start !== change.is.start || change.was?.end !== change.is.end;
      if (parent != null && isLonger) parents.add(parent);
    }
    for (const parent of plan.moves.values()) if (parent !== null) parents.add(parent);
    const expected = placed.flatMap(({ change, place }) => (change.is.status === 'expected' ? place.executionId : []));
    const ids = await this.executionsOf(manager, [...parents]);
    await this.spanAbove(manager, [...expected, ...ids.values()]);
  }

  /** From expected executions up to the first that is none. */
  private async spanAbove(manager: EntityManager, executionIds: readonly number[]): Promise<void> {
    for (let ids = [...new Set(executionIds)]; ids.length > 0;) {
      const runs = new Map((await this.runs.findOfExecutions(manager, ids)).map((run) => [run.executionId, run]));
      const spans = ids.map((id) => ({ id, ...ownSpan(runs.get(id)) }));
      ids = [...new Set(await this.executions.span(manager, spans))];
    }
  }

  /** Ranks the attempts in the slots that runs of the batch are in, were in, or have left. */
  private async rank(manager: EntityManager, placed: readonly PlacedChange[], plan: TreePlan): Promise<void> {
    const slots = new Map<string, { parentRunId: string; pipelineId: number }>();
    const single = new Map<number, boolean>();
    const add = (parentRunId: string | null | undefined, pipelineId: number): void => {
      if (parentRunId != null) slots.set(`${parentRunId} ${pipelineId}`, { parentRunId, pipelineId });
    };
    for (const { change, place } of placed) {
      const { before, was, is, runId } = change;
      const parent = plan.parentOf.get(runId);
      if ((was?.attempt ?? is.attempt) === null) continue;
      const parentBefore = before && !before.isParentRefused ? parentClaimOf(before.state, runId)?.runId : undefined;
      const isSameSlot =
        before && parentBefore === (parent ?? undefined) && before.pipelineId === place.pipelineId &&
        was?.attempt === is.attempt && was?.mapIndex === is.mapIndex;
      if (isSameSlot) continue;
      add(parent, place.pipelineId);
      if (before) {
        add(parentBefore, before.pipelineId);
        single.set(place.executionId, false);
      }
    }
    for (const [runId] of plan.moves) {
      const moved = plan.others.find((run) => run.runId === runId);
      const parent = moved && parentClaimOf(moved.state, runId)?.runId;
      if (!moved) continue;
      add(parent, moved.pipelineId);
      single.set(moved.executionId, false);
    }
    if (slots.size === 0 && single.size === 0) return;
    const ranks = slots.size === 0 ? new Map<number, boolean>() : await this.runs.rank(manager, [...slots.values()]);
    await this.executions.rank(manager, new Map([...single, ...ranks]));
  }

  private async executionsOf(manager: EntityManager, runIds: readonly string[]): Promise<Map<string, number>> {
    const found = new Map((await this.runs.find(manager, runIds)).map((run) => [run.runId, run.executionId]));
    for (const runId of runIds) {
      const [, hex] = /^00000000-0000-8000-8000-([0-9a-f]{12})$/.exec(runId) ?? [];
      if (hex !== undefined) found.set(runId, Number.parseInt(hex, 16));
    }
    return found;
  }
}

function ownSpan(run: StoredRun | undefined): { own: Date | null; fallback: Date | null } {
  const { seenFirst = null, namedFirst = null } = run?.state ?? {};
  const dateOf = (instant: string | null): Date | null => (instant === null ? null : toDate(instant));
  return { own: dateOf(seenFirst), fallback: dateOf(namedFirst) };
}
