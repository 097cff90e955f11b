import { nameKey } from '../../platform/values/name.js';

/** Follows the name in the key of a pipeline with a namespace. Neither can contain it: it is a control character. */
const SEPARATOR = '\u001f';

/**
 * The key by which a pipeline is found: that of its name, and where it has a namespace, the key of that. Pipelines with
 * the same key are the same.
 */
export function pipelineKey(name: string, namespace = ''): string {
  return namespace === '' ? nameKey(name) : nameKey(name) + SEPARATOR + nameKey(namespace);
}
