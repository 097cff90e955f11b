import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Page, pageLimit, positionOf, toPage } from '../../../platform/http/page.js';
import type { ListAlertsQuery } from './alert.dto.js';
import { ALERT_LONG_COLUMNS, AlertEntity } from './alert.entity.js';
import { COUNT_UNSENT } from './alert.sql.js';

/** An alert about to be written. */
export type NewAlert = Pick<AlertEntity, 'deliveryId' | 'channel' | 'event' | 'incidentIds' | 'body' | 'createdAt'>;

/** What an attempt leaves on its alert. */
type Attempt = Pick<AlertEntity, 'status' | 'attempts' | 'nextAttemptAt' | 'sentAt' | 'lastError'>;

/** The body is as long as what it tells of, and no part of a list. */
const UNSHOWN = ['body'];

/** Owns all SQL of `alert`. */
@Injectable()
export class AlertRepository {
  async insert(manager: EntityManager, alert: NewAlert): Promise<number> {
    const { identifiers } = await manager.insert(AlertEntity, { ...alert, nextAttemptAt: alert.createdAt });
    return (identifiers[0] as { id: number }).id;
  }

  findWaiting(manager: EntityManager, id: number): Promise<AlertEntity | null> {
    return manager.findOneBy(AlertEntity, { id, status: 'waiting' });
  }

  /** Only while it waits: what was sent stays sent. */
  async record(manager: EntityManager, id: number, attempt: Attempt): Promise<void> {
    await manager.update(AlertEntity, { id, status: 'waiting' }, attempt);
  }

  /** How many wait, and how many were given up; at most 100,000 of each. */
  async countUnsent(manager: EntityManager): Promise<Record<'waiting' | 'failed', number>> {
    const [row] = await manager.query<Record<'waiting' | 'failed', number>[]>(COUNT_UNSENT);
    return row ?? { waiting: 0, failed: 0 };
  }

  /** Newest first; by pk_alert, ix_alert_unsent or ix_alert_channel. */
  async list(manager: EntityManager, query: ListAlertsQuery): Promise<Page<AlertEntity>> {
    const limit = pageLimit(query) + 1;
    const rows = ALERT_LONG_COLUMNS.select(manager, 'a', limit, UNSHOWN).orderBy('a.id', 'DESC').limit(limit);
    if (query.status !== undefined) rows.andWhere('a.status = :status', { status: query.status });
    if (query.channel !== undefined) rows.andWhere('a.channel = :channel', { channel: query.channel });
    const [before] = positionOf(query, 1) ?? [];
    if (before !== undefined) rows.andWhere('a.id < :before', { before });
    return toPage(await ALERT_LONG_COLUMNS.getMany(rows), query, (alert) => [alert.id]);
  }
}
