import { Injectable } from '@nestjs/common';
import { type EntityManager, IsNull } from 'typeorm';
import { type Page, pageLimit, positionOf, toPage } from '../../../platform/http/page.js';
import type { IncidentImpact } from '../incidents/incident-impact.service.js';
import type { ListAlertsQuery } from './alert.dto.js';
import { ALERT_LONG_COLUMNS, AlertEntity } from './alert.entity.js';
import {
  COUNT_UNSENT,
  DELETE_OLD_ALERTS,
  FIND_PIPELINE_SUBJECT,
  FIND_SUBJECTS,
  GIVE_UP_WITHOUT_TARGET,
  INSERT_ALERTS,
} from './alert.sql.js';
import type { Subject } from './route/alert-route.js';

/** The properties of a pipeline that routes match. */
export type PipelineSubject = Omit<Subject, 'kind' | 'severity'> & { readonly pipelineId: number };

/** The properties of an incident that routes match, and those that decide whether a message is written. */
export interface IncidentSubject extends Subject {
  readonly id: number;
  readonly notifiedAt: Date | null;
  readonly mutedUntil: Date | null;
}

/** An alert to be written. */
export type NewAlert = Pick<
  AlertEntity,
  'deliveryId' | 'route' | 'channel' | 'event' | 'incidentIds' | 'body' | 'createdAt'
> & { readonly target: string };

/** The fields that an attempt updates. */
type Attempt = Pick<AlertEntity, 'status' | 'attempts' | 'nextAttemptAt' | 'sentAt' | 'lastError'>;

/** These are as long as what they tell of, and no part of a list. */
const UNSHOWN = ['body', 'impact'];

/** Owns all SQL of `alert`. */
@Injectable()
export class AlertRepository {
  /** Inserts alerts; returns their ids by delivery id. */
  async insert(manager: EntityManager, alerts: readonly NewAlert[]): Promise<Map<string, number>> {
    const items = alerts.map((alert) => ({
      delivery_id: alert.deliveryId,
      route: alert.route,
      target: alert.target,
      channel: alert.channel,
      event: alert.event,
      incident_ids: alert.incidentIds,
      body: alert.body,
      created_at: alert.createdAt,
    }));
    const rows: { id: number; delivery_id: string }[] = await manager.query(INSERT_ALERTS, [JSON.stringify(items)]);
    return new Map(rows.map((row) => [row.delivery_id, row.id]));
  }

  /** The alerts of these ids, oldest first. */
  findByIds(manager: EntityManager, ids: readonly number[]): Promise<AlertEntity[]> {
    return manager
      .createQueryBuilder(AlertEntity, 'a')
      .where('a.id = ANY(:ids::bigint[])', { ids })
      .orderBy('a.id')
      .getMany();
  }

  findWaiting(manager: EntityManager, id: number): Promise<AlertEntity | null> {
    return manager.findOneBy(AlertEntity, { id, status: 'waiting' });
  }

  /** Keeps what a message says of the impact, for all attempts. */
  async keepImpact(manager: EntityManager, id: number, impact: readonly IncidentImpact[]): Promise<void> {
    await manager.update(AlertEntity, { id, impact: IsNull() }, { impact });
  }

  /** Updates an alert only while it waits: a sent alert stays sent. */
  async record(manager: EntityManager, id: number, attempt: Attempt): Promise<void> {
    await manager.update(AlertEntity, { id, status: 'waiting' }, attempt);
  }

  /** See {@link GIVE_UP_WITHOUT_TARGET}. */
  async giveUpWithoutTarget(manager: EntityManager, targets: readonly string[], reason: string): Promise<string[]> {
    const [rows]: [{ target: string }[], number] = await manager.query(GIVE_UP_WITHOUT_TARGET, [targets, reason]);
    return [...new Set(rows.map(({ target }) => target))];
  }

  /** The properties of incidents that routes match. */
  subjectsOf(
    manager: EntityManager,
    incidentIds: readonly number[],
    metadata: readonly (object | null)[],
  ): Promise<IncidentSubject[]> {
    return manager.query(FIND_SUBJECTS, [JSON.stringify(metadata), incidentIds]);
  }

  /** The same for a pipeline, by its id or else its key (see `pipelineKey`). */
  async pipelineSubject(
    manager: EntityManager,
    key: number | string,
    metadata: readonly (object | null)[],
  ): Promise<PipelineSubject | undefined> {
    const parameters = typeof key === 'number' ? [key, null] : [null, key];
    const [row] = await manager.query<PipelineSubject[]>(FIND_PIPELINE_SUBJECT, [
      JSON.stringify(metadata),
      ...parameters,
    ]);
    return row;
  }

  /** The numbers of alerts that wait and that were given up; at most 100,000 each. */
  async countUnsent(manager: EntityManager): Promise<Record<'waiting' | 'failed', number>> {
    const [row] = await manager.query<Record<'waiting' | 'failed', number>[]>(COUNT_UNSENT);
    return row ?? { waiting: 0, failed: 0 };
  }

  /** Newest first; by pk_alert, ix_alert_unsent, ix_alert_channel or ix_alert_incident. */
  async list(manager: EntityManager, query: ListAlertsQuery): Promise<Page<AlertEntity>> {
    const limit = pageLimit(query) + 1;
    const rows = ALERT_LONG_COLUMNS.select(manager, 'a', limit, UNSHOWN).orderBy('a.id', 'DESC').limit(limit);
    if (query.status !== undefined) rows.andWhere('a.status = :status', { status: query.status });
    if (query.channel !== undefined) rows.andWhere('a.channel = :channel', { channel: query.channel });
    const incidentId = query.incident_id;
    if (incidentId !== undefined) rows.andWhere('a.incident_ids @> ARRAY[:incidentId::bigint]', { incidentId });
    const [before] = positionOf(query, 1) ?? [];
    if (before !== undefined) rows.andWhere('a.id < :before', { before });
    return toPage(await ALERT_LONG_COLUMNS.getMany(rows), query, (alert) => [alert.id]);
  }

  /** See {@link DELETE_OLD_ALERTS}; undefined for null. */
  async deleteOld(manager: EntityManager, afterId: number, before: Date, most: number): Promise<number | undefined> {
    const [row] = await manager.query<{ last: number | null }[]>(DELETE_OLD_ALERTS, [afterId, before, most]);
    return row?.last ?? undefined;
  }
}
