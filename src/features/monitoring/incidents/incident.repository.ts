import { Injectable } from '@nestjs/common';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { type Page, pageLimit, positionOf, toPage } from '../../../platform/http/page.js';
import type { ListIncidentsQuery } from './incident.dto.js';
import { INCIDENT_LONG_COLUMNS, IncidentEntity, type Kind, type IncidentRootCause } from './incident.entity.js';
import {
  COUNT_OPEN_INCIDENTS,
  HAVE_OPEN_FAILURES,
  NOTE_LATE_ENDS,
  OPEN_FAILURES,
  RESOLVE_FAILURES,
} from './incident.sql.js';

/** A root that failed, and what its failure came from. */
export interface FailedTree {
  readonly pipeline_id: number;
  readonly execution_id: number;
  /** When the root ended. */
  readonly since: Date;
  readonly root_causes: readonly IncidentRootCause[];
  readonly root_cause_count: number;
}

/** A pipeline that succeeded, and when. */
export interface Success {
  readonly pipelineId: number;
  readonly endDate: Date;
}

/** Owns the SQL of `incident` and `late_end`, but for the checks' own (see `check.repository.ts`). */
@Injectable()
export class IncidentRepository {
  /** Opens the incidents of failed trees; the ids of those that are new. */
  async openFailures(manager: EntityManager, trees: readonly FailedTree[], now: Date): Promise<number[]> {
    const opened: { id: number }[] = await manager.query(OPEN_FAILURES, [JSON.stringify(trees), now]);
    return opened.map(({ id }) => id);
  }

  /** Resolves the failures that successes end, mostly none; the ids of those resolved. */
  async resolveFailures(manager: EntityManager, successes: readonly Success[], now: Date): Promise<number[]> {
    const pipelineIds = successes.map(({ pipelineId }) => pipelineId);
    const [look] = await manager.query<{ open: boolean }[]>(HAVE_OPEN_FAILURES, [pipelineIds]);
    if (!look?.open) return [];
    const [resolved]: [{ id: number }[], number] = await manager.query(RESOLVE_FAILURES, [
      pipelineIds,
      successes.map(({ endDate }) => endDate.toISOString()),
      now,
    ]);
    return resolved.map(({ id }) => id);
  }

  async noteLateEnds(manager: EntityManager, executionIds: readonly number[]): Promise<void> {
    await manager.query(NOTE_LATE_ENDS, [executionIds]);
  }

  /** How many are open, by kind; at most 100,000 in all. */
  async countOpen(manager: EntityManager): Promise<Record<Kind, number>> {
    const [row] = await manager.query<Record<Kind, number>[]>(COUNT_OPEN_INCIDENTS);
    return row ?? { freshness: 0, timeliness: 0, failure: 0 };
  }

  findById(manager: EntityManager, id: number): Promise<IncidentEntity | null> {
    return this.select(manager).where('i.id = :id', { id }).getOne();
  }

  /** The incidents of these ids, oldest first. */
  findByIds(manager: EntityManager, ids: readonly number[]): Promise<IncidentEntity[]> {
    return this.select(manager).where('i.id = ANY(:ids::bigint[])', { ids }).orderBy('i.id').getMany();
  }

  /** Newest first; by pk_incident, ix_incident_open, ix_incident_kind or ix_incident_pipeline. */
  async list(manager: EntityManager, query: ListIncidentsQuery): Promise<Page<IncidentEntity>> {
    const limit = pageLimit(query) + 1;
    const rows = INCIDENT_LONG_COLUMNS.select(manager, 'i', limit)
      .innerJoin('i.pipeline', 'p')
      .addSelect(['p.id', 'p.name'])
      .orderBy('i.id', 'DESC')
      .limit(limit);
    if (query.status === 'open') rows.andWhere('i.resolvedAt IS NULL');
    if (query.status === 'resolved') rows.andWhere('i.resolvedAt IS NOT NULL');
    if (query.kind !== undefined) rows.andWhere('i.kind = :kind', { kind: query.kind });
    if (query.pipeline_id !== undefined) rows.andWhere('i.pipelineId = :pipelineId', { pipelineId: query.pipeline_id });
    const [before] = positionOf(query, 1) ?? [];
    if (before !== undefined) rows.andWhere('i.id < :before', { before });
    return toPage(await INCIDENT_LONG_COLUMNS.getMany(rows), query, (incident) => [incident.id]);
  }

  private select(manager: EntityManager): SelectQueryBuilder<IncidentEntity> {
    return manager.createQueryBuilder(IncidentEntity, 'i').innerJoin('i.pipeline', 'p').addSelect(['p.id', 'p.name']);
  }
}
