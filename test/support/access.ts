import { newKey } from '../../src/platform/auth/api-key.js';
import type { Scope } from '../../src/platform/auth/caller.js';
import type { TestDatabase } from './database.js';

export const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

/** Stores a key in the database, as `npm run key` does. */
export async function addKey(
  database: TestDatabase,
  scope: Scope,
  name: string = scope,
): Promise<{ id: string; text: string }> {
  const key = newKey();
  await database.sql('INSERT INTO api_key (id, name, scope, key_hash) VALUES ($1, $2, $3, $4)', [
    key.id,
    name,
    scope,
    key.hash,
  ]);
  return key;
}

/** Waits until the condition holds; the test's own timeout ends the wait. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}
