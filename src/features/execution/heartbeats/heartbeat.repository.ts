import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { StoredStatus } from '../execution-status.js';
import type { HeartbeatEntity } from './heartbeat.entity.js';
import { FIND_BEATEN_SINCE, FIND_HEARTBEAT, FIND_STATUSES, RECORD_HEARTBEATS } from './heartbeat.sql.js';

/** A heartbeat of one execution to record. */
export interface NewHeartbeat {
  readonly id: number;
  readonly at: Date;
  readonly progress: number | undefined;
  readonly message: string | undefined;
}

/** Owns the SQL of heartbeats, except that of the check (see `lost-execution.repository.ts`). */
@Injectable()
export class HeartbeatRepository {
  /** The existing ones of the executions, in no order. */
  findStatuses(manager: EntityManager, ids: readonly number[]): Promise<(StoredStatus & { readonly id: number })[]> {
    return manager.query(FIND_STATUSES, [ids]);
  }

  /** Those of the executions whose last heartbeat is newer than a moment. */
  async findBeatenSince(manager: EntityManager, ids: readonly number[], moment: Date): Promise<number[]> {
    const rows: { id: number }[] = await manager.query(FIND_BEATEN_SINCE, [ids, moment]);
    return rows.map(({ id }) => id);
  }

  /** At most one for each execution. */
  async record(manager: EntityManager, heartbeats: readonly NewHeartbeat[]): Promise<void> {
    const all = (field: keyof NewHeartbeat): unknown[] => heartbeats.map((heartbeat) => heartbeat[field] ?? null);
    await manager.query(RECORD_HEARTBEATS, [all('id'), all('at'), all('progress'), all('message')]);
  }

  async find(
    manager: EntityManager,
    id: number,
  ): Promise<Pick<HeartbeatEntity, 'at' | 'progress' | 'message'> | undefined> {
    const rows: Pick<HeartbeatEntity, 'at' | 'progress' | 'message'>[] = await manager.query(FIND_HEARTBEAT, [id]);
    return rows[0];
  }
}
