import { hash } from 'node:crypto';
import { canonicalJson } from '../../platform/values/exact-json.js';
import type { PairName, WirePairs } from './threshold-pairs.js';

/** The fields that a pipeline's source code configures, under their wire names. Change detection covers all. */
export interface Configuration extends Readonly<WirePairs<PairName>> {
  readonly name: string;
  readonly pipeline_type_name: string;
  readonly pipeline_metadata: Record<string, unknown> | null;
  readonly schedule: string | null;
  readonly schedule_timezone: string | null;
}

/**
 * SHA-256 (hex) over the RFC 8785 canonical JSON of a configuration. Null fields are omitted; numbers that a double
 * cannot hold are written with all their digits. It depends on the content alone, so it is the same on every replica.
 */
export function configurationHash(configuration: Partial<Configuration>): string {
  return hash('sha256', canonicalJson(declaredFields(configuration)));
}

/** The fields of a configuration that are not null. */
export function declaredFields(configuration: Partial<Configuration>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(configuration).filter(([, value]) => value !== null));
}
