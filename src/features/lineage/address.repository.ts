import { Injectable } from '@nestjs/common';
import type { EntityManager, QueryDeepPartialEntity } from 'typeorm';
import { databaseBusy } from '../../platform/database/database-errors.js';
import { type Page, pageLimit, type PageQuery, positionOf, toPage } from '../../platform/http/page.js';
import { nameKey } from '../../platform/values/name.js';
import { ADDRESS_LONG_COLUMNS, AddressEntity } from './address.entity.js';
import { AddressTypeRepository, type KnownType } from './address-type.repository.js';
import {
  CHANGED_NOW,
  DECLARE_DATASETS,
  DESCRIBE_DATASETS,
  FIND_DATASETS,
  FIND_SHORT_METADATA,
  INSERT_DATASETS,
  LOCK_DATASETS,
  SET_NAME_KEYS,
} from './address.sql.js';
import {
  type AskedDataset,
  type DatasetDeclaration,
  datasetKey,
  declarationHash,
  declaresAnything,
  partsOf,
  patternOf,
} from './dataset-key.js';

/** Filters of a list of datasets. */
export interface DatasetFilter extends PageQuery {
  readonly namespace?: string;
  readonly name?: string;
  readonly q?: string;
}

/** What answers about lineage show of a dataset. */
export interface DescribedDataset {
  readonly id: number;
  readonly namespace: string;
  readonly name: string;
  readonly typeName: string;
  readonly groupName: string;
}

interface KnownDataset {
  readonly id: number;
  readonly key: string;
  readonly nameKey: string;
  readonly inputHash: string;
}

/** A dataset and its key. */
type KeyedDataset = readonly [key: string, dataset: AskedDataset];

/** All SQL on `address`. */
@Injectable()
export class AddressRepository {
  constructor(private readonly types: AddressTypeRepository) {}

  /**
   * The ids of datasets, created where they did not exist, in the order asked for; and which were created. What their
   * code declares is brought in step. Safe for concurrent calls: rows are written in the order of their keys.
   */
  async ensure(
    manager: EntityManager,
    asked: readonly AskedDataset[],
  ): Promise<{ ids: readonly number[]; created: ReadonlySet<number> }> {
    const byKey = new Map<string, AskedDataset>();
    const keys = asked.map((dataset) => {
      const key = datasetKey(dataset.namespace, dataset.name);
      // Of the same dataset in two places, the one that declares something counts.
      const known = byKey.get(key);
      if (!known || (declaresAnything(dataset.declaration) && !declaresAnything(known.declaration))) {
        byKey.set(key, dataset);
      }
      return key;
    });
    const found = await this.find(manager, [...byKey.keys()]);
    const changed = [...byKey].filter(([key, dataset]) => {
      const known = found.get(key);
      return known && declaresAnything(dataset.declaration) && known.inputHash !== declarationHash(dataset);
    });
    // A replica of an older version has added or renamed it, or SQL has.
    const misnamed = [...byKey].filter(([key, { name }]) => {
      const known = found.get(key);
      return known && known.nameKey !== nameKey(name);
    });
    const missing = [...byKey].filter(([key]) => !found.has(key));
    const created = await this.write(manager, { missing, changed, misnamed }, found);
    const idOf = (key: string): number => found.get(key)?.id ?? unreachable();
    return { ids: keys.map(idOf), created: new Set(created.map(idOf)) };
  }

  /** Adds what is missing to `found`, and brings what changed in step; returns the keys of the created ones. */
  private async write(
    manager: EntityManager,
    { missing, changed, misnamed }: Readonly<Record<'missing' | 'changed' | 'misnamed', readonly KeyedDataset[]>>,
    found: Map<string, KnownDataset>,
  ): Promise<string[]> {
    if (missing.length + changed.length + misnamed.length === 0) return [];
    const { known: types } = await this.types.ensure(
      manager,
      [...missing, ...changed].map(([, { type }]) => type),
    );
    const created: string[] = [];
    if (missing.length > 0) {
      const rows = missing.map(([key, dataset]) => ({
        namespace: dataset.namespace,
        name: dataset.name,
        name_key: nameKey(dataset.name),
        key,
        ...columnsOf(dataset, types),
      }));
      const inserted = await manager.query<KnownDataset[]>(INSERT_DATASETS, [JSON.stringify(rows)]);
      for (const dataset of inserted) found.set(dataset.key, dataset);
      created.push(...inserted.map(({ key }) => key));
      const raced = missing.flatMap(([key]) => (found.has(key) ? [] : [key]));
      if (raced.length > 0)
        for (const dataset of (await this.find(manager, raced)).values()) found.set(dataset.key, dataset);
    }
    const ids = [...changed, ...misnamed].map(([key]) => found.get(key)?.id);
    if (ids.length > 1) await manager.query(LOCK_DATASETS, [ids]);
    if (changed.length > 0) {
      const rows = changed.map(([key, dataset]) => ({ id: found.get(key)?.id, ...columnsOf(dataset, types) }));
      await manager.query(DECLARE_DATASETS, [JSON.stringify(rows)]);
    }
    if (misnamed.length > 0) {
      const keys = misnamed.map(([key]) => Buffer.from(key, 'hex'));
      await manager.query(SET_NAME_KEYS, [keys, misnamed.map(([, { name }]) => nameKey(name))]);
    }
    return created;
  }

  private async find(manager: EntityManager, keys: readonly string[]): Promise<Map<string, KnownDataset>> {
    const rows = await manager.query<KnownDataset[]>(FIND_DATASETS, [keys.map((key) => Buffer.from(key, 'hex'))]);
    return new Map(rows.map((row) => [row.key, row]));
  }

  async describe(manager: EntityManager, ids: readonly number[]): Promise<Map<number, DescribedDataset>> {
    if (ids.length === 0) return new Map();
    const rows = await manager.query<DescribedDataset[]>(DESCRIBE_DATASETS, [ids]);
    return new Map(rows.map((dataset) => [dataset.id, dataset]));
  }

  /** The metadata of datasets by id; null where it is longer than 4 kB. */
  async findShortMetadata(
    manager: EntityManager,
    ids: readonly number[],
  ): Promise<ReadonlyMap<number, Record<string, unknown> | null>> {
    const rows = await manager.query<{ id: number; metadata: Record<string, unknown> | null }[]>(FIND_SHORT_METADATA, [
      ids,
    ]);
    return new Map(rows.map(({ id, metadata }) => [id, metadata]));
  }

  findById(manager: EntityManager, id: number): Promise<AddressEntity | null> {
    return manager.findOne(AddressEntity, { where: { id }, relations: { addressType: true } });
  }

  /** Reads the row and locks it against other writers until the transaction ends; a name is one without a namespace. */
  lock(manager: EntityManager, key: number | string): Promise<AddressEntity | null> {
    const where = typeof key === 'number' ? { id: key } : { key: Buffer.from(datasetKey('', key), 'hex') };
    return manager.findOne(AddressEntity, { where, lock: { mode: 'for_no_key_update' } });
  }

  async update(manager: EntityManager, dataset: AddressEntity, change: Partial<AddressEntity>): Promise<void> {
    const { name } = change;
    const keyOf = (newName: string): Buffer => Buffer.from(datasetKey(dataset.namespace, newName), 'hex');
    const keys = name === undefined ? {} : { key: keyOf(name), nameKey: nameKey(name) };
    const changed = { ...change, ...keys, updatedAt: () => CHANGED_NOW };
    await manager.update(AddressEntity, { id: dataset.id }, changed as QueryDeepPartialEntity<AddressEntity>);
  }

  /** Oldest first. Indexes: pk_address, ix_address_namespace, uq_address_key, ix_address_name, ix_address_name_key_part. */
  async list(manager: EntityManager, query: DatasetFilter): Promise<Page<AddressEntity>> {
    const limit = pageLimit(query) + 1;
    const rows = ADDRESS_LONG_COLUMNS.select(manager, 'a', limit)
      .innerJoinAndSelect('a.addressType', 't')
      .orderBy('a.id')
      .limit(limit);
    const { namespace, name, q } = query;
    if (namespace !== undefined) rows.andWhere('a.namespace = :namespace', { namespace });
    if (name !== undefined) {
      const key = Buffer.from(datasetKey(namespace ?? '', name), 'hex');
      const isExact = namespace !== undefined;
      rows.andWhere(isExact ? 'a.key = :key::bytea' : '(a.name = :name OR a.key = :key::bytea)', { name, key });
    }
    if (q !== undefined) rows.andWhere('a.nameKey LIKE :part', { part: patternOf(q) });
    const [after] = positionOf(query, 1) ?? [];
    if (after !== undefined) rows.andWhere('a.id > :after', { after });
    return toPage(await ADDRESS_LONG_COLUMNS.getMany(rows), query, (dataset) => [dataset.id]);
  }
}

/** The columns that a declaration sets; the parts of a name fill what it leaves out. */
function columnsOf(dataset: AskedDataset, types: ReadonlyMap<string, KnownType>) {
  const type = types.get(nameKey(dataset.type.name));
  if (!type) throw databaseBusy();
  const { declaration } = dataset;
  const [database, schema, table] = partsOf(dataset.name, type.group) ?? [];
  return {
    address_type_id: type.id,
    database_name: declaration.database_name ?? database ?? null,
    schema_name: declaration.schema_name ?? schema ?? null,
    table_name: declaration.table_name ?? table ?? null,
    primary_key: declaration.primary_key ?? null,
    address_metadata: declaration.address_metadata ?? null,
    input_hash: declarationHash(dataset),
  } satisfies DatasetDeclaration & { address_type_id: number; input_hash: string };
}

function unreachable(): never {
  // It was renamed between the insert that found its name taken and the read; a retry finds the name free.
  throw databaseBusy();
}
