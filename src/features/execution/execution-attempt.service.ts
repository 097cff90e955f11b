import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AttemptBook, type AttemptToPlace, type Placement } from './attempt-book.js';
import { ExecutionEvents } from './execution.events.js';
import { ExecutionAttemptRepository } from './execution-attempt.repository.js';

/**
 * Assigns an attempt number to each start and marks earlier attempts as superseded. To keep numbers unique, it locks a
 * slot and reads it again before it adds an attempt.
 */
@Injectable()
export class ExecutionAttemptService {
  constructor(
    private readonly attempts: ExecutionAttemptRepository,
    private readonly events: ExecutionEvents,
  ) {}

  /** Returns the placements in the order of the starts; runs in the caller's transaction. */
  async place(manager: EntityManager, starts: readonly AttemptToPlace[]): Promise<Placement[]> {
    if (starts.every(isFirst)) {
      return starts.map(({ id }) => ({ kind: 'new', id, attempt: 1, superseded: false }));
    }
    let [book, placements] = await this.tryPlacing(manager, starts);
    if (book.extended.size > 0) {
      await this.attempts.lockSlots(manager, [...book.extended]);
      [book, placements] = await this.tryPlacing(manager, starts);
    }
    if (book.added.length > 0) await this.attempts.insert(manager, book.added);
    const superseded = book.superseded();
    if (superseded.length > 0) {
      await this.attempts.supersede(manager, superseded);
      // A superseded root is in another tree than its retry.
      await this.events.changed.emit(
        manager,
        superseded.map((id) => ({ id, rootId: id })),
      );
    }
    return placements.map((placement) => book.latest(placement));
  }

  /** Maps each execution to the latest attempt in its slot. */
  async latest(manager: EntityManager, ids: readonly number[]): Promise<Map<number, number>> {
    const [slots, attempts] = await this.read(manager, ids);
    const latest = new Map(attempts.map(({ slotId, executionId }) => [slotId, executionId]));
    return new Map(slots.map(({ id, slotId }) => [id, latest.get(slotId) ?? id]));
  }

  /** The ids of all attempts in the slot of an execution, oldest first. */
  async all(manager: EntityManager, id: number): Promise<number[]> {
    const [, attempts] = await this.read(manager, [id]);
    return attempts.length > 0 ? attempts.map(({ executionId }) => executionId) : [id];
  }

  private async tryPlacing(
    manager: EntityManager,
    starts: readonly AttemptToPlace[],
  ): Promise<[AttemptBook, Placement[]]> {
    const ids = starts.flatMap(({ id, holderId, retried }) => [
      ...(holderId === id ? [] : [holderId]),
      ...(retried ? [retried.id] : []),
    ]);
    const book = new AttemptBook(...(await this.read(manager, [...new Set(ids)])));
    return [book, starts.map((start) => book.place(start))];
  }

  private async read(
    manager: EntityManager,
    ids: readonly number[],
  ): Promise<ConstructorParameters<typeof AttemptBook>> {
    const slots = await this.attempts.findSlots(manager, ids);
    return [slots, await this.attempts.findAttempts(manager, [...new Set(slots.map(({ slotId }) => slotId))])];
  }
}

/** True for the first attempt at a new run. */
function isFirst({ id, holderId, attempt, retried }: AttemptToPlace): boolean {
  return holderId === id && (attempt ?? 1) === 1 && !retried;
}
