import type { EntityManager, ObjectLiteral } from 'typeorm';
import type { LongColumns } from '../database/long-columns.js';
import { takeAnswerRoom } from './answer-room.js';
import { ANSWER_BYTES } from './json-text.js';
import type { Page } from './page.js';

/** Runs a read. */
interface Reads {
  read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T>;
}

/**
 * Reads the long values that the statement of a list left out, as many as fit into one answer. Returns how many of the
 * entities, from the first on, have all their values; at least one. Do not call it inside a read, because it may wait.
 */
export async function completeList<Entity extends ObjectLiteral & { readonly id: number }>(
  transactions: Reads,
  columns: LongColumns<Entity>,
  entities: readonly Entity[],
): Promise<number> {
  if (columns.areComplete(entities)) return entities.length;
  await takeAnswerRoom();
  return transactions.read((manager) => columns.complete(manager, entities, ANSWER_BYTES));
}

/** The same for a page, which ends at the last entity with all its values. */
export async function completePage<Entity extends ObjectLiteral & { readonly id: number }>(
  transactions: Reads,
  columns: LongColumns<Entity>,
  page: Page<Entity>,
): Promise<Page<Entity>> {
  return page.first(await completeList(transactions, columns, page.items));
}
