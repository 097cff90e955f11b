import { Injectable } from '@nestjs/common';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { type Page, pageLimit, positionOf, toPage } from '../../../platform/http/page.js';
import type { ListIncidentsQuery } from './incident.dto.js';
import { INCIDENT_LONG_COLUMNS, IncidentEntity, type Kind } from './incident.entity.js';
import { COUNT_OPEN_INCIDENTS, DELETE_OLD_INCIDENTS } from './incident.sql.js';

/** The fields of an incident that a caller may change. */
export type Acknowledgement = Pick<IncidentEntity, 'acknowledgedAt' | 'acknowledgedBy' | 'note' | 'mutedUntil'>;

/**
 * Owns the SQL of `incident`, except that of failures (see `failure.repository.ts`) and of the checks (see
 * `check.repository.ts`).
 */
@Injectable()
export class IncidentRepository {
  /** The number of open incidents, by kind; at most 100,000 in all. */
  async countOpen(manager: EntityManager): Promise<Record<Kind, number>> {
    const [row] = await manager.query<Record<Kind, number>[]>(COUNT_OPEN_INCIDENTS);
    return row ?? { freshness: 0, timeliness: 0, failure: 0, lost: 0, missed: 0, slow: 0, anomaly: 0 };
  }

  findById(manager: EntityManager, id: number): Promise<IncidentEntity | null> {
    return this.select(manager).where('i.id = :id', { id }).getOne();
  }

  /** The incidents with these ids, oldest first. */
  findByIds(manager: EntityManager, ids: readonly number[]): Promise<IncidentEntity[]> {
    return this.select(manager).where('i.id = ANY(:ids::bigint[])', { ids }).orderBy('i.id').getMany();
  }

  /** Reads the incident and locks it until the transaction ends. */
  lock(manager: EntityManager, id: number): Promise<IncidentEntity | null> {
    return this.select(manager).where('i.id = :id', { id }).setLock('pessimistic_write', undefined, ['i']).getOne();
  }

  async acknowledge(manager: EntityManager, id: number, change: Partial<Acknowledgement>): Promise<void> {
    await manager.update(IncidentEntity, { id }, change);
  }

  /** Records that a message about these incidents was written. */
  async noteNotified(manager: EntityManager, ids: readonly number[], now: Date): Promise<void> {
    await manager
      .createQueryBuilder()
      .update(IncidentEntity)
      .set({ notifiedAt: now })
      .where('id = ANY(:ids::bigint[])', { ids })
      .execute();
  }

  /** Newest first; by pk_incident, ix_incident_open, ix_incident_kind, ix_incident_pipeline or ix_incident_root. */
  async list(manager: EntityManager, query: ListIncidentsQuery): Promise<Page<IncidentEntity>> {
    const limit = pageLimit(query) + 1;
    const rows = INCIDENT_LONG_COLUMNS.select(manager, 'i', limit)
      .innerJoin('i.pipeline', 'p')
      .addSelect(['p.id', 'p.name'])
      .orderBy('i.id', 'DESC')
      .limit(limit);
    if (query.status === 'open') rows.andWhere('i.resolvedAt IS NULL');
    if (query.status === 'resolved') rows.andWhere('i.resolvedAt IS NOT NULL');
    // With a single kind, the order of its index is the order of the result.
    const [kind, ...otherKinds] = query.kind ?? [];
    if (otherKinds.length > 0) rows.andWhere('i.kind = ANY(:kinds::text[])', { kinds: query.kind });
    else if (kind !== undefined) rows.andWhere('i.kind = :kind', { kind });
    if (query.pipeline_id !== undefined) rows.andWhere('i.pipelineId = :pipelineId', { pipelineId: query.pipeline_id });
    if (query.root_id !== undefined) {
      rows.andWhere(
        `i.id IN (SELECT late.id FROM incident late WHERE late.root_id = :rootId
                  UNION SELECT f.incident_id FROM incident_failure f WHERE f.execution_id = :rootId)`,
        { rootId: query.root_id },
      );
    }
    const [before] = positionOf(query, 1) ?? [];
    if (before !== undefined) rows.andWhere('i.id < :before', { before });
    return toPage(await INCIDENT_LONG_COLUMNS.getMany(rows), query, (incident) => [incident.id]);
  }

  private select(manager: EntityManager): SelectQueryBuilder<IncidentEntity> {
    return manager.createQueryBuilder(IncidentEntity, 'i').innerJoin('i.pipeline', 'p').addSelect(['p.id', 'p.name']);
  }

  /** See {@link DELETE_OLD_INCIDENTS}; undefined for null. */
  async deleteOld(manager: EntityManager, afterId: number, before: Date, most: number): Promise<number | undefined> {
    const [row] = await manager.query<{ last: number | null }[]>(DELETE_OLD_INCIDENTS, [afterId, before, most]);
    return row?.last ?? undefined;
  }
}
