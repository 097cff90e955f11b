import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SessionEntity } from './session.entity.js';
import { DELETE_EXPIRED_SESSIONS, DELETE_SURPLUS_SESSIONS, FIND_SESSION } from './session.sql.js';

/** What a request in a session needs of it. */
export type FoundSession = Pick<SessionEntity, 'caller' | 'name' | 'scope' | 'adminKeyProof' | 'expiresAt'>;

/** Owns all SQL of `session`. */
@Injectable()
export class SessionRepository {
  /** The session of a token, unless it has expired or its key is revoked. */
  async findActive(manager: EntityManager, tokenHash: string, now: Date): Promise<FoundSession | undefined> {
    const rows: FoundSession[] = await manager.query(FIND_SESSION, [tokenHash, now]);
    return rows[0];
  }

  async insert(manager: EntityManager, session: SessionEntity): Promise<void> {
    await manager.insert(SessionEntity, session);
  }

  async delete(manager: EntityManager, tokenHash: string): Promise<void> {
    await manager.delete(SessionEntity, { tokenHash });
  }

  /** Deletes the sessions of a caller but for the newest. */
  async deleteSurplus(manager: EntityManager, caller: string, kept: number): Promise<void> {
    await manager.query(DELETE_SURPLUS_SESSIONS, [caller, kept]);
  }

  /** Deletes at most `limit` sessions that expired before a moment; returns the number deleted. */
  async deleteExpired(manager: EntityManager, before: Date, limit: number): Promise<number> {
    const [, deleted]: [unknown, number] = await manager.query(DELETE_EXPIRED_SESSIONS, [before, limit]);
    return deleted;
  }
}
