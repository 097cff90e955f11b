import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Resolution } from './incident.entity.js';
import { IncidentEvents } from './incident.events.js';
import { type Warning, type WarningKind, WarningRepository } from './warning.repository.js';

export type { Warning };

/** Opens and resolves incidents that another module finds, and publishes their events; in the caller's transaction. */
@Injectable()
export class WarningService {
  constructor(
    private readonly warnings: WarningRepository,
    private readonly events: IncidentEvents,
  ) {}

  /** Returns the new incidents by execution; none for an execution that has an open one of the kind. */
  async open(
    manager: EntityManager,
    kind: WarningKind,
    warnings: readonly Warning[],
    now: Date,
  ): Promise<Map<number, number>> {
    if (warnings.length === 0) return new Map();
    const opened = await this.warnings.open(manager, kind, warnings, now);
    await this.events.opened.emit(
      manager,
      opened.map(({ id }) => ({ incidentId: id, at: now })),
    );
    return new Map(opened.map(({ executionId, id }) => [executionId, id]));
  }

  /** Counts further occurrences, one for each id. */
  async join(manager: EntityManager, ids: readonly number[]): Promise<void> {
    if (ids.length > 0) await this.warnings.join(manager, ids);
  }

  async resolve(manager: EntityManager, resolutions: ReadonlyMap<number, Resolution>, now: Date): Promise<void> {
    if (resolutions.size === 0) return;
    await this.resolved(manager, await this.warnings.resolve(manager, resolutions, now), now);
  }

  /** Resolves the incidents of executions that ended. */
  async resolveEnded(
    manager: EntityManager,
    kind: WarningKind,
    executionIds: readonly number[],
    now: Date,
  ): Promise<void> {
    await this.resolved(manager, await this.warnings.resolveEnded(manager, kind, executionIds, now), now);
  }

  /** Resolves the incidents of pipelines that are muted, inactive or archived by now. */
  async resolveUnwatched(manager: EntityManager, kinds: readonly WarningKind[], now: Date): Promise<void> {
    await this.resolved(manager, await this.warnings.resolveUnwatched(manager, kinds, now), now);
  }

  /** The executions of all open incidents of a kind. */
  findAllWarned(manager: EntityManager, kind: WarningKind): Promise<number[]> {
    return this.warnings.findAllWarned(manager, kind);
  }

  /** Those of the executions that have an open incident of the kind. */
  findWarned(manager: EntityManager, kind: WarningKind, executionIds: readonly number[]): Promise<Set<number>> {
    return this.warnings.findWarned(manager, kind, executionIds);
  }

  private async resolved(manager: EntityManager, ids: readonly number[], now: Date): Promise<void> {
    await this.events.resolved.emit(
      manager,
      ids.map((incidentId) => ({ incidentId, at: now, wasShort: false })),
    );
  }
}
