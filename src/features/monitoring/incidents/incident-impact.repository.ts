import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { FIND_ORIGINS, STORE_IMPACTS } from './incident.sql.js';

/** Where an incident begins: its execution and the causes below it, or its pipeline if it has no execution. */
export interface ImpactOrigin {
  readonly incidentId: number;
  readonly pipelineId: number;
  readonly executionIds: readonly number[];
}

/** Owns the SQL of what incidents affect. */
@Injectable()
export class IncidentImpactRepository {
  findOrigins(manager: EntityManager, incidentIds: readonly number[]): Promise<ImpactOrigin[]> {
    return manager.query(FIND_ORIGINS, [incidentIds]);
  }

  async store(
    manager: EntityManager,
    impacts: readonly { readonly incidentId: number; readonly datasets: number; readonly pipelines: number }[],
  ): Promise<void> {
    await manager.query(STORE_IMPACTS, [
      impacts.map(({ incidentId }) => incidentId),
      impacts.map(({ datasets }) => datasets),
      impacts.map(({ pipelines }) => pipelines),
    ]);
  }
}
