import { createHash } from 'node:crypto';
import type { FieldError } from '../common/domain-error.js';
import { canonicalJson } from '../common/exact-json.js';
import type { Datepart } from '../common/fields.js';

/** A threshold of a check: a number and its unit, both or neither. */
export interface Thresholds {
  readonly freshness_number: number | null;
  readonly freshness_datepart: Datepart | null;
  readonly timeliness_number: number | null;
  readonly timeliness_datepart: Datepart | null;
}

/** What the source code of a pipeline configures, under its names on the wire: the unit of change detection. */
export interface Configuration extends Thresholds {
  readonly name: string;
  readonly pipeline_type_name: string;
  readonly pipeline_metadata: Record<string, unknown> | null;
}

/**
 * SHA-256, in hex, over the RFC 8785 canonical JSON of a configuration. Fields that are null count
 * as left out; numbers that a double can't hold enter with all their digits. The same on every replica and after every restart, since nothing but the content enters.
 */
export function configurationHash(configuration: Configuration): string {
  const given = Object.fromEntries(Object.entries(configuration).filter(([, value]) => value !== null));
  return createHash('sha256').update(canonicalJson(given)).digest('hex');
}

/** What is wrong with the threshold pairs of a row: half a pair can't be checked against. */
export function pairErrors(thresholds: Thresholds): FieldError[] {
  const pairs = [
    ['freshness_number', 'freshness_datepart'],
    ['timeliness_number', 'timeliness_datepart'],
  ] as const;
  return pairs.flatMap(([number, datepart]) => {
    if ((thresholds[number] === null) === (thresholds[datepart] === null)) return [];
    const missing = thresholds[number] === null ? number : datepart;
    const given = thresholds[number] === null ? datepart : number;
    return [{ field: missing, message: `is needed together with ${given}: both or neither` }];
  });
}
