import type { EntityManager } from 'typeorm';

const LAST_ID = `SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence($1::text, 'id')::regclass), 0) AS id`;

const RESERVE_IDS = `SELECT setval(pg_get_serial_sequence($1::text, 'id'), $2::bigint)`;

/** The tables whose rows keep their ids where those are free. */
export type CopiedTable =
  'address' | 'address_type' | 'anomaly_detection_rule' | 'pipeline' | 'pipeline_execution' | 'pipeline_type';

/** The last id that a table has given out; 0 if none. */
export async function lastGivenId(manager: EntityManager, table: CopiedTable): Promise<number> {
  const [row] = await manager.query<{ id: number }[]>(LAST_ID, [table]);
  return row?.id ?? 0;
}

/** No row will get an id up to this one. */
export async function reserveIds(manager: EntityManager, table: CopiedTable, upTo: number): Promise<void> {
  await manager.query(RESERVE_IDS, [table, upTo]);
}

/**
 * Reserves the ids of rows in a table that nobody else adds to meanwhile. Rows above the last id keep theirs; the others
 * get new ones (null).
 */
export async function keepIds(
  manager: EntityManager,
  table: CopiedTable,
  rows: readonly { readonly id: number }[],
): Promise<(id: number) => number | null> {
  const last = await lastGivenId(manager, table);
  const highest = Math.max(last, ...rows.map(({ id }) => id));
  if (highest > last) await reserveIds(manager, table, highest);
  return (id) => (id > last ? id : null);
}
