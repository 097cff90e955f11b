import { Injectable, type OnModuleInit } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import {
  type IncidentImpact,
  IncidentImpactService,
  type ImpactOrigin,
} from '../monitoring/incidents/incident-impact.service.js';
import { PipelineNameService } from '../pipeline/pipeline-name.service.js';
import { MOST_AFFECTED } from './impact.service.js';
import { LineageRepository } from './lineage.repository.js';
import { RunLineageService } from './run-lineage.service.js';
import { MOST_LEVELS } from './walk.js';

/** How many of the affected pipelines are named. */
const NAMED = 5;

/** Says what incidents affect. */
@Injectable()
export class IncidentImpactSourceService implements OnModuleInit {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly impacts: IncidentImpactService,
    private readonly runs: RunLineageService,
    private readonly lineage: LineageRepository,
    private readonly names: PipelineNameService,
  ) {}

  onModuleInit(): void {
    this.impacts.answerBy((origin) => this.impactOf(origin));
  }

  /** The datasets of the origin and all downstream of them, with their readers; null if the origin writes none. */
  private impactOf({ executionIds, pipelineId }: ImpactOrigin): Promise<Omit<IncidentImpact, 'incidentId'> | null> {
    return this.transactions.read(async (manager) => {
      const written = await this.runs.writtenBy(manager, executionIds, pipelineId);
      if (written.length === 0) return null;
      const origins = written.slice(0, MOST_AFFECTED);
      const limits = { maxDepth: MOST_LEVELS + 1, most: MOST_AFFECTED - origins.length };
      const { withOrigins } = await this.lineage.walk(manager, origins, 'downstream', limits);
      const readers = await this.lineage.findReaders(manager, withOrigins, MOST_AFFECTED);
      const nearest = readers.slice(0, NAMED).map((reader) => reader.pipelineId);
      const named = new Map((await this.names.describe(manager, nearest)).map(({ id, name }) => [id, name]));
      return {
        datasets: withOrigins.length,
        pipelines: readers.length,
        names: nearest.flatMap((id) => named.get(id) ?? []),
      };
    });
  }
}
