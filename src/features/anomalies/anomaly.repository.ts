import { Injectable } from '@nestjs/common';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { type Page, pageLimit, positionOf, toPage } from '../../platform/http/page.js';
import type { ListAnomaliesQuery } from './anomaly.dto.js';
import { AnomalyEntity } from './anomaly.entity.js';
import { DETACH_INCIDENT, FIND_FLAGGED } from './anomaly.sql.js';
import type { Metric } from './metric.js';

/** Reads anomalies, and dismisses them. */
@Injectable()
export class AnomalyRepository {
  findById(manager: EntityManager, id: number): Promise<AnomalyEntity | null> {
    return this.select(manager).where('a.id = :id', { id }).getOne();
  }

  /** Reads the anomaly and locks it until the transaction ends. */
  lock(manager: EntityManager, id: number): Promise<AnomalyEntity | null> {
    return this.select(manager).where('a.id = :id', { id }).setLock('pessimistic_write', undefined, ['a']).getOne();
  }

  async dismiss(manager: EntityManager, id: number, now: Date): Promise<void> {
    await manager.update(AnomalyEntity, { id }, { dismissedAt: now });
  }

  /** The metrics that a run is flagged for, with their anomalies. */
  async findFlagged(manager: EntityManager, executionId: number): Promise<Map<Metric, number>> {
    const rows: { id: number; metric: Metric }[] = await manager.query(FIND_FLAGGED, [executionId]);
    return new Map(rows.map(({ id, metric }) => [metric, id]));
  }

  /** See {@link DETACH_INCIDENT}; returns the incident. */
  async detachIncident(
    manager: EntityManager,
    { executionId, metric, pipelineId }: Pick<AnomalyEntity, 'executionId' | 'metric' | 'pipelineId'>,
  ): Promise<number | undefined> {
    const [rows]: [{ id: number }[], number] = await manager.query(DETACH_INCIDENT, [pipelineId, metric, executionId]);
    return rows[0]?.id;
  }

  /** Newest first; by pk_anomaly, ix_anomaly_pipeline or ix_anomaly_root. */
  async list(manager: EntityManager, query: ListAnomaliesQuery): Promise<Page<AnomalyEntity>> {
    const rows = this.select(manager)
      .orderBy('a.id', 'DESC')
      .limit(pageLimit(query) + 1);
    if (query.pipeline_id !== undefined) rows.andWhere('a.pipelineId = :pipelineId', { pipelineId: query.pipeline_id });
    if (query.root_id !== undefined) rows.andWhere('a.rootId = :rootId', { rootId: query.root_id });
    if (query.metric !== undefined) rows.andWhere('a.metric = :metric', { metric: query.metric });
    if (query.status !== undefined) {
      rows.andWhere(query.status === 'open' ? 'a.dismissedAt IS NULL' : 'a.dismissedAt IS NOT NULL');
    }
    const [before] = positionOf(query, 1) ?? [];
    if (before !== undefined) rows.andWhere('a.id < :before', { before });
    return toPage(await rows.getMany(), query, (anomaly) => [anomaly.id]);
  }

  private select(manager: EntityManager): SelectQueryBuilder<AnomalyEntity> {
    return manager.createQueryBuilder(AnomalyEntity, 'a').innerJoin('a.pipeline', 'p').addSelect(['p.id', 'p.name']);
  }
}
