import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** The changes that an incident goes through. */
export type IncidentChange = 'opened' | 'resolved';

/** Incidents that were opened, or resolved, at once. */
export interface IncidentsChanged {
  readonly change: IncidentChange;
  readonly incidentIds: readonly number[];
  readonly at: Date;
}

type Listener = (manager: EntityManager, changed: IncidentsChanged) => Promise<void>;

/**
 * Announces changed incidents inside the transaction that changes them, so that what a listener writes is committed or
 * rolled back with them. Alerts listen; incidents know nothing of alerts.
 */
@Injectable()
export class IncidentEvents {
  private readonly listeners: Listener[] = [];

  listen(listener: Listener): void {
    this.listeners.push(listener);
  }

  /** Part of the caller's transaction; announces nothing where no incident changed. */
  async announce(
    manager: EntityManager,
    change: IncidentChange,
    incidentIds: readonly number[],
    at: Date,
  ): Promise<void> {
    if (incidentIds.length === 0) return;
    for (const listener of this.listeners) await listener(manager, { change, incidentIds, at });
  }
}
