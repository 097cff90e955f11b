import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { writtenMeanwhile } from '../../platform/database/database-errors.js';
import { DomainError } from '../../platform/errors/domain-error.js';
import type { Placement } from './attempt-book.js';
import { RetryError } from './execution.errors.js';
import { ExecutionEvents, type StartedExecution } from './execution.events.js';
import { ExecutionAttemptService } from './execution-attempt.service.js';
import {
  ExecutionStartRepository,
  type ExternalId,
  type NewExecution,
  type Parent,
  type ResolvedStart,
} from './execution-start.repository.js';
import { ExpectedExecutionRepository } from './expected-execution.repository.js';
import { ExpectedExecutionService, keyOfRun } from './expected-execution.service.js';
import { type Candidate, candidateOf, type ReceivedStart } from './start-request.js';

/** The execution of a start, and whether the start created it. */
export interface Started {
  readonly id: number;
  readonly created: boolean;
}

/** A start to write: a new execution, or an expected one. */
interface Beginning {
  readonly kind: Placement['kind'];
  readonly execution: NewExecution;
  readonly isBelowExpected: boolean;
}

/** Writes resolved starts: claims external ids, assigns attempts and parents. */
@Injectable()
export class ExecutionStartWriter {
  constructor(
    private readonly executions: ExecutionStartRepository,
    private readonly attempts: ExecutionAttemptService,
    private readonly expected: ExpectedExecutionService,
    private readonly expectedExecutions: ExpectedExecutionRepository,
    private readonly events: ExecutionEvents,
  ) {}

  /**
   * Returns results in the order of the starts; `mayMove` is true if the transaction holds the tree lock exclusively.
   */
  async write(
    manager: EntityManager,
    requests: readonly ReceivedStart[],
    resolved: ReadonlyMap<ReceivedStart, ResolvedStart>,
    mayMove: boolean,
  ): Promise<(Started | DomainError)[]> {
    const candidates = requests.map((request) => candidateOf(request, resolved.get(request) as ResolvedStart));
    const accepted = candidates.filter((candidate): candidate is Candidate => !(candidate instanceof DomainError));
    const holders = await this.claim(manager, accepted);
    const placed = await this.attempts.place(
      manager,
      accepted.map(({ request, execution, retried }) => ({
        id: execution.id,
        holderId: holders.get(keyOf(execution)) ?? execution.id,
        externalId: execution.externalId,
        attempt: request.attempt,
        retried,
      })),
    );
    const placements = new Map(accepted.map((candidate, index) => [candidate, placed[index] as Placement]));
    await this.begin(manager, await this.place(manager, placements), mayMove);
    return candidates.map((candidate) => {
      if (candidate instanceof DomainError) return candidate;
      const { id, kind } = placements.get(candidate) as Placement;
      return { id, created: kind !== 'known' };
    });
  }

  /** The holders of the requested external ids, by pipeline and external id. */
  private async claim(manager: EntityManager, candidates: readonly Candidate[]): Promise<Map<string, number>> {
    const wanted = candidates.flatMap(({ execution: { pipelineId, externalId, id } }): ExternalId[] =>
      externalId === null ? [] : [{ pipelineId, externalId, executionId: id }],
    );
    if (wanted.length === 0) return new Map();
    const held = await this.executions.claimExternalIds(manager, wanted);
    return new Map(held.map((holder) => [keyOfRun(holder), holder.executionId]));
  }

  /** The starts not reported before, with their attempts and parents. */
  private async place(
    manager: EntityManager,
    placements: ReadonlyMap<Candidate, Placement>,
  ): Promise<readonly Beginning[]> {
    const fresh = [...placements].filter(([, { kind }]) => kind !== 'known');
    const named = await this.expected.resolve(
      manager,
      fresh.flatMap(([{ namedParent }]) => namedParent ?? []),
    );
    return fresh.map(([candidate, { kind, id, attempt, superseded }]) => {
      const { execution } = candidate;
      Object.assign(execution, { id, attempt, superseded });
      if (execution.parentId === null) execution.rootId = id;
      const parent = candidate.namedParent && named.get(keyOfRun(candidate.namedParent));
      if (!parent) return { kind, execution, isBelowExpected: candidate.isBelowExpected };
      if (candidate.retried && candidate.retried.parentId !== parent.id) {
        throw new RetryError('must be an execution with the same parent');
      }
      execution.parentId = parent.id;
      execution.rootId = parent.rootId;
      return { kind, execution, isBelowExpected: parent.expected };
    });
  }

  private async begin(manager: EntityManager, beginnings: readonly Beginning[], mayMove: boolean): Promise<void> {
    const inserted = beginnings.filter(({ kind }) => kind === 'new').map(({ execution }) => execution);
    if (inserted.length > 0) await this.executions.insert(manager, inserted);
    const expected = beginnings.filter(({ kind }) => kind === 'expected').map(({ execution }) => execution);
    if (expected.length > 0) await this.fill(manager, expected, mayMove);
    const spans = beginnings.filter(({ isBelowExpected }) => isBelowExpected).map(({ execution }) => spanOf(execution));
    await this.expected.stretch(manager, spans);
    await this.events.started.emit(
      manager,
      beginnings.map(({ execution }) => startedOf(execution)),
    );
  }

  /** Starts expected executions, and moves those whose start names a parent. */
  private async fill(manager: EntityManager, executions: readonly NewExecution[], mayMove: boolean): Promise<void> {
    await this.expectedExecutions.fill(manager, executions);
    // Their rows are now locked, so no other transaction can move them.
    const before = await this.executions.findParents(
      manager,
      executions.map(({ id }) => id),
    );
    for (const execution of executions) {
      const { parentId, rootId } = before.get(execution.id) ?? execution;
      // A start without a parent keeps the current parent.
      if (execution.parentId === null) Object.assign(execution, { parentId, rootId });
    }
    await this.move(manager, executions, before, mayMove);
    // As an expected execution it spanned its children; its ancestors may now become shorter.
    for (const { parentId } of before.values()) if (parentId !== null) await this.expected.shrink(manager, parentId);
  }

  private async move(
    manager: EntityManager,
    executions: readonly NewExecution[],
    before: ReadonlyMap<number, Parent>,
    mayMove: boolean,
  ): Promise<void> {
    const moving = executions.filter(({ id, parentId }) => parentId !== null && parentId !== before.get(id)?.parentId);
    if (moving.length === 0) return;
    // The execution was not yet expected when the lock mode was chosen, so the transaction must run again.
    if (!mayMove) throw writtenMeanwhile('an execution');
    await this.events.moving.emit(
      manager,
      moving.map(({ id, parentId }) => ({ id, parentId })),
    );
  }
}

function keyOf({ pipelineId, externalId }: NewExecution): string {
  return externalId === null ? '' : keyOfRun({ pipelineId, externalId });
}

function spanOf({ parentId, startDate }: NewExecution): { parentId: number | null; startDate: Date; endDate: Date } {
  return { parentId, startDate, endDate: startDate };
}

function startedOf(execution: NewExecution): StartedExecution {
  const { id, parentId, rootId, pipelineId, externalId, startDate, deadline } = execution;
  return { id, parentId, rootId, pipelineId, externalId, startDate, deadline };
}
