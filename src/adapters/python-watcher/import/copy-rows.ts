import type { EntityManager } from 'typeorm';
import { figure, type ImportContext, Notice } from './import-step.js';
import { Progress } from './progress.js';

/** What is worth saying of a row of the source. */
export interface Remark {
  readonly text: string;
  readonly isRefused: boolean;
}

/** How the rows of a table of the source, which have ids, become rows here. */
export interface RowCopy<Row, Item> {
  readonly what: string;
  /** The next rows by id. */
  readonly read: (after: number, limit: number) => Promise<Row[]>;
  readonly remarkOf: (row: Row) => Remark | undefined;
  readonly toItem: (row: Row) => Item;
  /** Keeps others from adding rows until the transaction ends, where rows keep their ids. */
  readonly lock?: string;
  /** Those of which there is no row here. */
  readonly findMissing: (manager: EntityManager, items: readonly Item[]) => Promise<readonly Item[]>;
  readonly insert: (manager: EntityManager, items: readonly Item[]) => Promise<void>;
}

/**
 * Adds the rows of the source that are not here, some in each transaction; what is here stays as it is. So an import
 * that was interrupted, or is repeated, adds what is missing. Then looks for each row again, and returns whether all are
 * here that were not refused.
 */
export async function copyRows<Row extends { readonly id: number }, Item>(
  { target, batchSize, print }: ImportContext,
  copy: RowCopy<Row, Item>,
  total: number,
): Promise<boolean> {
  const progress = new Progress(copy.what, total, print);
  const notices = new Map<string, Notice>();
  let [created, asked] = [0, 0];
  await forEachBatch(copy.read, batchSize, async (rows) => {
    for (const row of rows) note(notices, row.id, copy.remarkOf(row));
    const items = itemsOf(copy, rows);
    asked += items.length;
    created += await target.transaction('READ COMMITTED', async (manager) => {
      await manager.query(`SET LOCAL TimeZone = 'UTC'`);
      if (copy.lock !== undefined) await manager.query(copy.lock);
      const missing = await copy.findMissing(manager, items);
      if (missing.length > 0) await copy.insert(manager, missing);
      return missing.length;
    });
    progress.add(rows.length);
  });
  progress.end();
  print(`  ${figure(created)} created, ${figure(asked - created)} were here`);
  for (const notice of notices.values()) notice.print(print);

  let missing = 0;
  await forEachBatch(copy.read, batchSize, async (rows) => {
    missing += (await copy.findMissing(target.manager, itemsOf(copy, rows))).length;
  });
  print(`  looked for again: ${figure(missing)} missing`);
  return missing === 0;
}

async function forEachBatch<Row extends { readonly id: number }>(
  read: (after: number, limit: number) => Promise<Row[]>,
  limit: number,
  handle: (rows: readonly Row[]) => Promise<void>,
): Promise<void> {
  let last: Row | undefined;
  do {
    const rows = await read(last?.id ?? 0, limit);
    last = rows.at(-1);
    if (last) await handle(rows);
  } while (last);
}

function itemsOf<Row, Item>({ remarkOf, toItem }: RowCopy<Row, Item>, rows: readonly Row[]): Item[] {
  return rows.filter((row) => !remarkOf(row)?.isRefused).map(toItem);
}

function note(notices: Map<string, Notice>, id: number, remark: Remark | undefined): void {
  if (!remark) return;
  const notice = notices.get(remark.text) ?? new Notice(remark.text);
  notices.set(remark.text, notice);
  notice.add(id);
}
