import { canonicalJson } from '../../../platform/values/exact-json.js';
import type { Instant } from '../event/event-time.js';

/** A value that an event states, and the time of the event. */
export type Claim<Value> = readonly [at: Instant, value: Value];

/**
 * The claim that counts: the latest, and of two at the same moment the one with the greater value, which is compared as
 * JSON unless it is a number. So the result does not depend on the order in which claims are heard.
 */
function latest<C extends Claim<unknown>>(a: C | undefined, b: C | undefined): C | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a[0] !== b[0]) return a[0] > b[0] ? a : b;
  if (typeof a[1] === 'number' && typeof b[1] === 'number') return a[1] >= b[1] ? a : b;
  return a[1] === b[1] || canonicalJson(a[1]) >= canonicalJson(b[1]) ? a : b;
}

/** The latest claim of each name. */
export function latestOfEach<C extends Claim<unknown>>(
  a: Readonly<Record<string, C>>,
  b: Readonly<Record<string, C>>,
): Record<string, C> {
  const merged: Record<string, C> = { ...a };
  for (const [name, claim] of Object.entries(b)) merged[name] = latest(merged[name], claim) as C;
  return merged;
}

export function earlierOf(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

export function laterOf(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}
