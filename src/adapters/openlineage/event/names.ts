import { hash } from 'node:crypto';
import type { JobName } from './lineage-event.js';
import { type JsonObject, storable } from './json.js';

const SHORTEST_CUT = 9;
const PLAIN = /^[\x20-\x7e]*$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const LONGEST_NAME = 255;

/**
 * A name as it is stored: one that is too long keeps its beginning, followed by `~` and eight hexadecimal digits of its
 * SHA-256. Control characters, which a name of a pipeline cannot have, become U+FFFD.
 */
export function fittingName(name: string, longest: number): string {
  // Most names.
  if (name.length <= longest && PLAIN.test(name)) return name;
  const clean = storable(name)
    .replace(/\p{Cc}/gu, '\ufffd')
    .normalize('NFC');
  const characters = [...clean];
  if (characters.length <= longest) return clean;
  return `${characters.slice(0, longest - SHORTEST_CUT).join('')}~${hash('sha256', clean).slice(0, 8)}`;
}

/** The name of a run, in lower case; undefined unless it is a UUID of any version. */
export function runIdOf(value: unknown): string | undefined {
  return typeof value === 'string' && UUID.test(value) ? value.toLowerCase() : undefined;
}

/** The name of a job as it is stored; undefined where the namespace or the name is none. */
export function jobNameOf(job: JsonObject | undefined): JobName | undefined {
  const [namespace, name] = [job?.['namespace'], job?.['name']];
  if (typeof namespace !== 'string' || typeof name !== 'string' || namespace.trim() === '' || name.trim() === '')
    return undefined;
  return [fittingName(namespace.trim(), LONGEST_NAME), fittingName(name.trim(), LONGEST_NAME)];
}

const NATIVE_RUN = /^00000000-0000-8000-8000-([0-9a-f]{12})$/;

/** The id of the execution whose `run_id` this is, if it is one of the service's own. */
export function nativeIdOf(runId: string): number | undefined {
  const [, hex] = NATIVE_RUN.exec(runId) ?? [];
  return hex === undefined ? undefined : Number.parseInt(hex, 16);
}
