import type { EntityManager } from 'typeorm';
import { type DatasetDeclaration, datasetKey, declarationHash } from '../../../features/lineage/dataset-key.js';
import { nameKey } from '../../../platform/values/name.js';
import { copyRows, type Remark } from './copy-rows.js';
import {
  FIND_DATASET_KEYS,
  FIND_TYPE_KEYS,
  INSERT_DATASETS,
  INSERT_TYPES,
  LOCK_DATASETS,
  LOCK_TYPES,
} from './import-datasets.sql.js';
import { fitName, type ImportContext } from './import-step.js';
import { keepIds } from './reserve-ids.js';
import type { SourceAddress, SourceAddressType, SourceCounts } from './source.js';

/** A row by the key of its name here. */
interface Keyed {
  readonly id: number;
  readonly key: string;
}

/** Imports the types of addresses and the addresses, which are datasets here; returns whether all are here. */
export async function importDatasets(context: ImportContext, counts: SourceCounts): Promise<boolean> {
  const areTypesHere = await importTypes(context, counts.addressTypes);
  const areDatasetsHere = await importAddresses(context, counts.addresses);
  return areTypesHere && areDatasetsHere;
}

/** A type of the same name is the same, and keeps its group. */
function importTypes(context: ImportContext, total: number): Promise<boolean> {
  const remarkOf = new Doubles(typeKeyOf);
  return copyRows(
    context,
    {
      what: 'address types',
      read: (after, limit) => context.source.addressTypes(after, limit),
      remarkOf: (row) => remarkOf.find(row),
      toItem: (row: SourceAddressType) => ({
        ...row,
        name: fitName(row.name, row.id),
        key: typeKeyOf(row),
        group_name: fitName(row.group_name, row.id),
      }),
      lock: LOCK_TYPES,
      findMissing: (manager, items) => withoutKnown(manager, FIND_TYPE_KEYS, items),
      insert: async (manager, items) => {
        const given = await keepIds(manager, 'address_type', items);
        const rows = items.map((item) => ({ ...item, id: given(item.id) }));
        await manager.query(INSERT_TYPES, [JSON.stringify(rows)]);
      },
    },
    total,
  );
}

/** An address of the same name is the same, and keeps what is known of it here. */
function importAddresses(context: ImportContext, total: number): Promise<boolean> {
  const remarkOf = new Doubles(datasetKeyOf);
  return copyRows(
    context,
    {
      what: 'addresses',
      read: (after, limit) => context.source.addresses(after, limit),
      remarkOf: (row) =>
        row.type_name === null
          ? { text: 'refused, because their type does not exist', isRefused: true }
          : remarkOf.find(row),
      toItem: toDataset,
      lock: LOCK_DATASETS,
      findMissing: (manager, items) => withoutKnown(manager, FIND_DATASET_KEYS, items),
      insert: async (manager, items) => {
        const given = await keepIds(manager, 'address', items);
        const rows = items.map((item) => ({ ...item, id: given(item.id) }));
        await manager.query(INSERT_DATASETS, [JSON.stringify(rows)]);
      },
    },
    total,
  );
}

/** The key that an address of the source has here. Only its name counts, as there. */
export function datasetKeyOf({ id, name }: { readonly id: number; readonly name: string }): string {
  return datasetKey('', fitName(name, id));
}

function typeKeyOf({ id, name }: { readonly id: number; readonly name: string }): string {
  return nameKey(fitName(name, id));
}

function toDataset(row: SourceAddress) {
  const type = row.type_name ?? '';
  const { address_metadata: metadata, database_name, schema_name, table_name, primary_key } = row;
  const declaration: DatasetDeclaration = {
    database_name,
    schema_name,
    table_name,
    primary_key,
    address_metadata: metadata === null ? null : (JSON.parse(metadata) as Record<string, unknown>),
  };
  const name = fitName(row.name, row.id);
  return {
    ...row,
    name,
    name_key: nameKey(name),
    key: datasetKeyOf(row),
    type_key: nameKey(type),
    input_hash: declarationHash({ namespace: '', name, type: { name: type, group: '' }, declaration }),
  };
}

/** Finds rows of the source whose names are the same here: one row stands for them. */
class Doubles<Row extends { readonly id: number }> {
  private readonly firstOf = new Map<string, number>();

  constructor(private readonly keyOf: (row: Row) => string) {}

  find(row: Row): Remark | undefined {
    const key = this.keyOf(row);
    const first = this.firstOf.get(key) ?? row.id;
    this.firstOf.set(key, first);
    return first === row.id
      ? undefined
      : { text: 'are one with an earlier one of the same name here', isRefused: true };
  }
}

async function withoutKnown<Item extends Keyed>(
  manager: EntityManager,
  statement: string,
  items: readonly Item[],
): Promise<Item[]> {
  const rows = await manager.query<{ key: string }[]>(statement, [items.map(({ key }) => key)]);
  const known = new Set(rows.map(({ key }) => key));
  return items.filter(({ key }) => !known.has(key));
}
