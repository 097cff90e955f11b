import { createHash } from 'node:crypto';
import { canonicalJson } from '../../platform/values/exact-json.js';
import type { PairName, WirePairs } from './threshold-pairs.js';

/** What the source code of a pipeline configures, under its names on the wire: the unit of change detection. */
export interface Configuration extends Readonly<WirePairs<PairName>> {
  readonly name: string;
  readonly pipeline_type_name: string;
  readonly pipeline_metadata: Record<string, unknown> | null;
}

/**
 * SHA-256, in hex, over the RFC 8785 canonical JSON of a configuration. Fields that are null count as left out; numbers that
 * a double can't hold enter with all their digits. The same on every replica and after every restart, since nothing but
 * the content enters.
 */
export function configurationHash(configuration: Configuration): string {
  const declared = Object.fromEntries(Object.entries(configuration).filter(([, value]) => value !== null));
  return createHash('sha256').update(canonicalJson(declared)).digest('hex');
}
