/** Reads values of any shape, for facets that may be malformed. */

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectOf(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

/** The members that are objects; undefined unless it is an array. */
export function objectsOf(value: unknown): JsonObject[] | undefined {
  return Array.isArray(value) ? value.filter(isObject) : undefined;
}

/** Text that the database can store; undefined for anything else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? storable(value) : undefined;
}

/** A count from 0 to 2^53-1. */
export function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** NUL and lone surrogates, which the database cannot store, become U+FFFD. */
export function storable(text: string): string {
  return text.isWellFormed() && !text.includes('\0') ? text : text.toWellFormed().replaceAll('\0', '\ufffd');
}

/** The same for all texts in a value. */
export function storableValue(value: unknown): unknown {
  if (typeof value === 'string') return storable(value);
  if (Array.isArray(value)) return value.map(storableValue);
  if (!isObject(value) || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [storable(name), storableValue(member)]));
}

/** Whether objects and arrays are nested in one another more than `most` times. */
export function isDeeperThan(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (most === 0) return true;
  if (Array.isArray(value)) return value.some((member) => isDeeperThan(member, most - 1));
  // Parsed JSON inherits no enumerable property, and `Object.values` takes twice as long.
  for (const name in value) if (isDeeperThan((value as JsonObject)[name], most - 1)) return true;
  return false;
}
