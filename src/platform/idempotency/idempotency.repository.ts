import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { IdempotencyKeyEntity } from './idempotency-key.entity.js';
import { DELETE_OLD, FIND_ANSWERS, INSERT_ANSWERS, LOCK_KEYS } from './idempotency.sql.js';

/** The id of the caller that owns the key. */
export type KeyOfCaller = Pick<IdempotencyKeyEntity, 'caller' | 'key'>;
export type KeptAnswer = Omit<IdempotencyKeyEntity, 'createdAt'>;

/** Owns all SQL of `idempotency_key`. */
@Injectable()
export class IdempotencyRepository {
  /**
   * Locks each key that is free, until the transaction ends; returns, in the order of the keys, whether it was free.
   */
  async lock(manager: EntityManager, keys: readonly KeyOfCaller[]): Promise<boolean[]> {
    const rows: { locked: boolean }[] = await manager.query(LOCK_KEYS, [keys.map(lockOf)]);
    return rows.map(({ locked }) => locked);
  }

  /** The answers stored since a moment; query them only after the locks are granted. */
  find(manager: EntityManager, keys: readonly KeyOfCaller[], since: Date): Promise<KeptAnswer[]> {
    return manager.query(FIND_ANSWERS, [keys.map(({ caller }) => caller), keys.map(({ key }) => key), since]);
  }

  async insert(manager: EntityManager, answers: readonly KeptAnswer[], now: Date, since: Date): Promise<void> {
    await manager.query(INSERT_ANSWERS, [
      answers.map(({ caller }) => caller),
      answers.map(({ key }) => key),
      answers.map(({ fingerprint }) => fingerprint),
      answers.map(({ status }) => status),
      answers.map(({ body }) => JSON.stringify(body)),
      now,
      since,
    ]);
  }

  /** Deletes at most `limit` answers from before a moment; returns the number deleted. */
  async deleteOld(manager: EntityManager, before: Date, limit: number): Promise<number> {
    const [, deleted]: [unknown, number] = await manager.query(DELETE_OLD, [before, limit]);
    return deleted;
  }
}

/** 64 bits of a hash: two keys with the same bits would only delay each other for a moment. */
function lockOf({ caller, key }: KeyOfCaller): string {
  return hash('sha256', `idempotency\0${caller}\0${key}`, 'buffer').readBigInt64BE().toString();
}
