import { Injectable } from '@nestjs/common';
import { type EntityManager, IsNull } from 'typeorm';
import { nameKey } from '../values/name.js';
import { ApiKeyEntity } from './api-key.entity.js';
import { REVOKE_KEY, TOUCH_KEY } from './api-key.sql.js';

/** Owns all SQL of `api_key`. */
@Injectable()
export class ApiKeyRepository {
  /** The key, unless it is revoked. */
  findActive(manager: EntityManager, id: string): Promise<ApiKeyEntity | null> {
    return manager.findOneBy(ApiKeyEntity, { id, revokedAt: IsNull() });
  }

  /** Whether any key was ever created, revoked keys included. */
  hasAny(manager: EntityManager): Promise<boolean> {
    return manager.exists(ApiKeyEntity);
  }

  /** All keys, oldest first. There is no paging, because an installation has tens of keys. */
  list(manager: EntityManager): Promise<ApiKeyEntity[]> {
    return manager.find(ApiKeyEntity, { order: { createdAt: 'ASC', id: 'ASC' } });
  }

  async insert(manager: EntityManager, key: Pick<ApiKeyEntity, 'id' | 'name' | 'scope' | 'keyHash'>): Promise<void> {
    await manager.insert(ApiKeyEntity, { ...key, nameKey: nameKey(key.name) });
  }

  /** Revokes the key with an id or a name, if there is one. */
  async revoke(manager: EntityManager, idOrName: string, now: Date): Promise<{ id: string; name: string } | undefined> {
    const [rows]: [{ id: string; name: string }[]] = await manager.query(REVOKE_KEY, [
      idOrName,
      nameKey(idOrName),
      now,
    ]);
    return rows[0];
  }

  async touch(manager: EntityManager, id: string, now: Date): Promise<void> {
    await manager.query(TOUCH_KEY, [id, now]);
  }
}
