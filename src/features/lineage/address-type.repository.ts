import { Injectable } from '@nestjs/common';
import type { EntityManager, QueryDeepPartialEntity } from 'typeorm';
import { type Page, pageLimit, type PageQuery, positionOf, toPage } from '../../platform/http/page.js';
import { nameKey } from '../../platform/values/name.js';
import { AddressTypeEntity } from './address-type.entity.js';
import { CHANGED_NOW, FIND_TYPES, INSERT_TYPES } from './address.sql.js';
import type { TypeName } from './dataset-key.js';

/** A type as the creation of datasets needs it. */
export interface KnownType {
  readonly id: number;
  readonly key: string;
  readonly group: string;
}

/** All SQL on `address_type`. */
@Injectable()
export class AddressTypeRepository {
  /** The types with these names, by key, created where they did not exist; and the keys of those. */
  async ensure(
    manager: EntityManager,
    types: readonly TypeName[],
  ): Promise<{ known: ReadonlyMap<string, KnownType>; created: ReadonlySet<string> }> {
    const asked = new Map(types.map((type) => [nameKey(type.name), type]));
    const known = await this.find(manager, [...asked.keys()]);
    const missing = [...asked].filter(([key]) => !known.has(key));
    if (missing.length === 0) return { known, created: new Set() };
    const inserted = await manager.query<KnownType[]>(INSERT_TYPES, [
      missing.map(([, { name }]) => name),
      missing.map(([key]) => key),
      missing.map(([, { group }]) => group),
    ]);
    const created = new Set(inserted.map(({ key }) => key));
    const raced = missing.flatMap(([key]) => (created.has(key) ? [] : [key]));
    const found = raced.length === 0 ? [] : (await this.find(manager, raced)).values();
    for (const type of [...inserted, ...found]) known.set(type.key, type);
    return { known, created };
  }

  findById(manager: EntityManager, id: number): Promise<AddressTypeEntity | null> {
    return manager.findOneBy(AddressTypeEntity, { id });
  }

  /** Reads the row and locks it against other writers until the transaction ends. */
  lock(manager: EntityManager, key: number | string): Promise<AddressTypeEntity | null> {
    const where = typeof key === 'number' ? { id: key } : { nameKey: nameKey(key) };
    return manager.findOne(AddressTypeEntity, { where, lock: { mode: 'for_no_key_update' } });
  }

  async update(manager: EntityManager, id: number, change: Partial<AddressTypeEntity>): Promise<void> {
    const renamed = change.name === undefined ? change : { ...change, nameKey: nameKey(change.name) };
    const changed = { ...renamed, updatedAt: () => CHANGED_NOW } as QueryDeepPartialEntity<AddressTypeEntity>;
    await manager.update(AddressTypeEntity, { id }, changed);
  }

  /** Oldest first. Index: pk_address_type. */
  async list(manager: EntityManager, query: PageQuery): Promise<Page<AddressTypeEntity>> {
    const rows = manager
      .createQueryBuilder(AddressTypeEntity, 't')
      .orderBy('t.id')
      .limit(pageLimit(query) + 1);
    const [after] = positionOf(query, 1) ?? [];
    if (after !== undefined) rows.andWhere('t.id > :after', { after });
    return toPage(await rows.getMany(), query, (type) => [type.id]);
  }

  private async find(manager: EntityManager, keys: readonly string[]): Promise<Map<string, KnownType>> {
    const rows = await manager.query<KnownType[]>(FIND_TYPES, [keys]);
    return new Map(rows.map((type) => [type.key, type]));
  }
}
