import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type EndedExecution, ExecutionEvents } from './execution.events.js';
import { ExecutionAttemptService } from './execution-attempt.service.js';
import { ExecutionStartRepository, type Parent } from './execution-start.repository.js';
import { type ChildSpan, ExpectedExecutionRepository } from './expected-execution.repository.js';

/** A parent run given by its pipeline and external id. */
export interface NamedParent {
  readonly pipelineId: number;
  readonly configVersion: number;
  readonly externalId: string;
  /** The start of the child that names it. */
  readonly startDate: Date;
}

/**
 * Maintains expected executions: those named as a parent whose own start has not been reported. Each spans its
 * children, as far as they are known. All methods run in the caller's transaction.
 */
@Injectable()
export class ExpectedExecutionService implements OnModuleInit {
  constructor(
    private readonly executions: ExpectedExecutionRepository,
    private readonly starts: ExecutionStartRepository,
    private readonly attempts: ExecutionAttemptService,
    private readonly events: ExecutionEvents,
  ) {}

  onModuleInit(): void {
    this.events.ended.listen((manager, ended) => this.ended(manager, ended));
  }

  /**
   * The latest attempt at each run, by {@link keyOfRun}; creates an expected execution for a run that has not been
   * reported.
   */
  async resolve(manager: EntityManager, named: readonly NamedParent[]): Promise<Map<string, Parent>> {
    if (named.length === 0) return new Map();
    const runs = [...Map.groupBy(named, keyOfRun).values()].map((all) => all.reduce(earlier));
    const ids = await this.starts.drawIds(manager, runs.length);
    const wanted = runs.map((run, index) => ({ ...run, executionId: ids[index] as number }));
    const held = await this.starts.claimExternalIds(manager, wanted);
    const holders = new Map(held.map((holder) => [keyOfRun(holder), holder.executionId]));
    const isNew = (run: (typeof wanted)[number]): boolean => holders.get(keyOfRun(run)) === run.executionId;
    const added = wanted
      .filter(isNew)
      .map(({ executionId: id, ...run }) => ({ ...run, id, rootId: id, parentId: null }));
    if (added.length > 0) {
      await this.executions.insert(manager, added);
      await this.events.changed.emit(manager, added);
    }
    const known = held.map(({ executionId }) => executionId).filter((id) => !ids.includes(id));
    const latest = known.length > 0 ? await this.attempts.latest(manager, known) : new Map<number, number>();
    const parents = await this.starts.findParents(manager, [...latest.values()]);
    for (const { id, pipelineId } of added) {
      parents.set(id, { id, rootId: id, parentId: null, pipelineId, expected: true });
    }
    return new Map(
      [...holders].map(([key, id]) => [key, parents.get(latest.get(id) ?? id) ?? unreachable(id)] as const),
    );
  }

  /** Extends expected parents, and their expected ancestors, to span these children. Other parents remain unchanged. */
  async stretch(manager: EntityManager, children: readonly ChildSpan[]): Promise<void> {
    for (let spans = hulls(children); spans.length > 0;) {
      await this.spread(
        manager,
        spans.map(({ parentId }) => parentId),
      );
      spans = hulls(await this.executions.stretch(manager, spans));
    }
  }

  /** The same after a child has left its parent or become shorter. */
  async shrink(manager: EntityManager, parentId: number): Promise<void> {
    for (let id: number | null = parentId; id !== null;) {
      await this.spread(manager, [id]);
      id = await this.executions.shrink(manager, id);
    }
  }

  /** Publishes that the spans of executions change; the child that is the reason names their root. */
  private spread(manager: EntityManager, ids: readonly (number | null)[]): Promise<void> {
    return this.events.changed.emit(
      manager,
      ids.flatMap((id) => (id === null ? [] : { id })),
    );
  }

  /** Removes an ended execution from the expected ones, and adjusts its parent if that is expected. */
  private async ended(manager: EntityManager, ended: readonly EndedExecution[]): Promise<void> {
    const corrected = ended.filter(({ hadEnd }) => hadEnd);
    if (corrected.length > 0) {
      await this.executions.forget(
        manager,
        corrected.map(({ id }) => id),
      );
    }
    const below = ended.filter(({ isBelowExpected }) => isBelowExpected);
    await this.stretch(manager, below);
    for (const { hadEnd, parentId } of below) if (hadEnd && parentId !== null) await this.shrink(manager, parentId);
  }
}

export function keyOfRun({ pipelineId, externalId }: Pick<NamedParent, 'pipelineId' | 'externalId'>): string {
  return `${pipelineId}:${externalId}`;
}

function earlier(a: NamedParent, b: NamedParent): NamedParent {
  return b.startDate < a.startDate ? b : a;
}

/** One span per parent, from the first start to the last end. */
function hulls(children: readonly ChildSpan[]): ChildSpan[] {
  const parents = Map.groupBy(children, ({ parentId }) => parentId);
  parents.delete(null);
  return [...parents.values()].map((spans) =>
    spans.reduce((a, b) => ({
      parentId: a.parentId,
      startDate: a.startDate < b.startDate ? a.startDate : b.startDate,
      endDate: a.endDate > b.endDate ? a.endDate : b.endDate,
    })),
  );
}

function unreachable(id: number): never {
  throw new Error(`execution ${id} has an external id but does not exist`);
}
