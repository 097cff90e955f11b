import type { ExecutionAttemptEntity } from './execution-attempt.entity.js';
import type { SlotOfExecution } from './execution-attempt.repository.js';

/** The fields of a start that determine its attempt. */
export interface AttemptToPlace {
  /** Its id, if it turns out to be a new execution. */
  readonly id: number;
  /** The execution that holds its external id; its own id if the external id is free or not given. */
  readonly holderId: number;
  readonly externalId: string | null;
  /** The attempt number in the request. */
  readonly attempt: number | undefined;
  /** The execution given as `retry_of`. */
  readonly retried: { readonly id: number; readonly externalId: string | null } | undefined;
}

/** The result of placing a start: an existing execution, an expected one that now starts, or a new one. */
export interface Placement {
  readonly kind: 'known' | 'expected' | 'new';
  readonly id: number;
  readonly attempt: number;
  /** True if its slot has a later attempt. */
  readonly superseded: boolean;
}

/**
 * Assigns attempts to the starts of a batch, one start after the other. A slot holds all attempts at one run: the
 * executions that share an external id, and those that repeat one of them. Its id is that of its first execution.
 */
export class AttemptBook {
  /** The attempts to insert. */
  readonly added: ExecutionAttemptEntity[] = [];
  /** The existing slots that get another attempt. */
  readonly extended = new Set<number>();
  private readonly slotOf: Map<number, number>;
  private readonly expected: Set<number>;
  private readonly attempts = new Map<number, Map<number, number>>();
  private readonly placements = new Map<number, Placement>();

  constructor(slots: readonly SlotOfExecution[], attempts: readonly ExecutionAttemptEntity[]) {
    this.slotOf = new Map(slots.map(({ id, slotId }) => [id, slotId]));
    this.expected = new Set(slots.filter(({ expected }) => expected).map(({ id }) => id));
    for (const { slotId, attempt, executionId } of attempts) this.noted(slotId).set(attempt, executionId);
  }

  place(start: AttemptToPlace): Placement {
    const placement = this.decide(start);
    if (placement.kind !== 'known') this.placements.set(placement.id, placement);
    return placement;
  }

  /** The current placement of an execution: a later start of the batch may have superseded it. */
  latest(placement: Placement): Placement {
    return this.placements.get(placement.id) ?? placement;
  }

  /** The executions from before this batch that now have a later attempt. */
  superseded(): number[] {
    const slots = new Set(this.added.map(({ slotId }) => slotId));
    return [...slots].flatMap((slotId) => {
      const attempts = this.noted(slotId);
      const highest = Math.max(...attempts.keys());
      return [...attempts].filter(([n, id]) => n < highest && !this.placements.has(id)).map(([, id]) => id);
    });
  }

  private decide({ id, holderId, externalId, attempt, retried }: AttemptToPlace): Placement {
    const isHeld = holderId !== id;
    if (retried) {
      // Another execution already holds the external id, so this start is a repeated request.
      if (isHeld && externalId !== retried.externalId) return this.known(holderId);
      return this.placeIn(this.slot(retried.id), id, attempt);
    }
    if (!isHeld) return this.open(id, attempt ?? 1);
    if (this.expected.delete(holderId)) return this.start(holderId, attempt ?? 1);
    // The execution belongs to a chain that began with another external id, so the default attempt 1 does not apply.
    if (attempt === undefined && this.slot(holderId) !== holderId) return this.known(holderId);
    return this.placeIn(this.slot(holderId), id, attempt ?? 1);
  }

  private open(id: number, attempt: number): Placement {
    this.slotOf.set(id, id);
    if (attempt > 1) this.note(id, attempt, id);
    return { kind: 'new', id, attempt, superseded: false };
  }

  private start(id: number, attempt: number): Placement {
    if (attempt > 1) this.note(id, attempt, id);
    return { kind: 'expected', id, attempt, superseded: false };
  }

  private placeIn(slotId: number, id: number, wanted: number | undefined): Placement {
    const attempts = this.attemptsIn(slotId);
    const highest = Math.max(...attempts.keys());
    const attempt = wanted ?? highest + 1;
    const there = attempts.get(attempt);
    if (there !== undefined) return this.known(there);
    if (this.noted(slotId).size === 0) this.note(slotId, 1, slotId);
    this.note(slotId, attempt, id);
    this.extended.add(slotId);
    this.slotOf.set(id, slotId);
    if (attempt > highest) for (const older of attempts.values()) this.supersede(older);
    return { kind: 'new', id, attempt, superseded: attempt < highest };
  }

  private known(id: number): Placement {
    return { kind: 'known', id, attempt: 1, superseded: false };
  }

  private supersede(id: number): void {
    const placement = this.placements.get(id);
    if (placement) this.placements.set(id, { ...placement, superseded: true });
  }

  private note(slotId: number, attempt: number, executionId: number): void {
    this.added.push({ slotId, attempt, executionId });
    this.noted(slotId).set(attempt, executionId);
  }

  /** A slot without entries has one attempt: the execution that gives the slot its id. */
  private attemptsIn(slotId: number): ReadonlyMap<number, number> {
    const noted = this.noted(slotId);
    return new Map(noted.size > 0 ? noted : [[1, slotId]]);
  }

  private noted(slotId: number): Map<number, number> {
    const noted = this.attempts.get(slotId) ?? new Map<number, number>();
    this.attempts.set(slotId, noted);
    return noted;
  }

  private slot(id: number): number {
    return this.slotOf.get(id) ?? id;
  }
}
