import { canonicalJson } from '../../platform/values/exact-json.js';

/** Two states of something: the fields that differ, as they were and as they are. */
export interface ChangedFields {
  readonly before: Record<string, unknown>;
  readonly after: Record<string, unknown>;
}

/** The fields in which two states differ; undefined if there are none. */
export function changedFields(before: object, after: object): ChangedFields | undefined {
  const older = new Map(Object.entries(before));
  const changed = Object.entries(after).filter(([field, value]) => !isSame(older.get(field), value));
  if (changed.length === 0) return undefined;
  return {
    before: Object.fromEntries(changed.map(([field]) => [field, older.get(field) ?? null])),
    after: Object.fromEntries(changed),
  };
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || canonicalJson(a ?? null) === canonicalJson(b ?? null);
}
