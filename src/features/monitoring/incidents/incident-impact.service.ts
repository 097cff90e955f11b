import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../../platform/database/transaction-runner.js';
import { IncidentEvents } from './incident.events.js';
import { IncidentImpactRepository, type ImpactOrigin } from './incident-impact.repository.js';

export type { ImpactOrigin };

/** What an incident affects: counts of at most 1,000, and the names of the nearest five pipelines. */
export interface IncidentImpact {
  readonly incidentId: number;
  readonly datasets: number;
  readonly pipelines: number;
  readonly names: readonly string[];
}

/** Says what depends on the origin of an incident; null if it is not known what the origin writes. */
type ImpactSource = (origin: ImpactOrigin) => Promise<Omit<IncidentImpact, 'incidentId'> | null>;

/**
 * Finds what incidents affect, after the commit of the incident: the end of a run waits for none of this. The module
 * that knows the lineage gives the answers; without it nothing is known, and no job is written.
 */
@Injectable()
export class IncidentImpactService {
  private source: ImpactSource | undefined;

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly impacts: IncidentImpactRepository,
    private readonly events: IncidentEvents,
  ) {}

  /** Called once, in `onModuleInit` of whoever knows. */
  answerBy(source: ImpactSource): void {
    this.source = source;
    this.events.committed.listen('impact', async (incidents) => {
      await this.find(incidents.map(({ incidentId }) => incidentId));
    });
  }

  /** What these incidents affect now, without those of which nothing is known; stores the counts. */
  async find(incidentIds: readonly number[]): Promise<IncidentImpact[]> {
    const { source } = this;
    if (!source || incidentIds.length === 0) return [];
    const origins = await this.transactions.read((manager) => this.impacts.findOrigins(manager, incidentIds));
    const found: IncidentImpact[] = [];
    for (const origin of origins) {
      const impact = await source(origin);
      if (impact) found.push({ incidentId: origin.incidentId, ...impact });
    }
    if (found.length > 0) await this.transactions.run((manager) => this.impacts.store(manager, found));
    return found;
  }
}
