import { isUtf8 } from 'node:buffer';
import { DomainError } from '../errors/domain-error.js';
import { parseJson } from '../values/exact-json.js';

/** Parses a request body and keeps its numbers exactly (see `exact-json.ts`). A byte order mark is
 * skipped; an empty body is undefined. Throws a `malformed` error. */
export function parseJsonBody(body: Buffer): unknown {
  if (!isUtf8(body)) throw malformed('The body is not valid UTF-8.');
  const text = body.toString('utf8').replace(/^\ufeff/, '');
  if (text === '') return undefined;
  try {
    return parseJson(text);
  } catch (error) {
    throw malformed(`The body is not valid JSON: ${(error as Error).message}`);
  }
}

function malformed(detail: string): DomainError {
  return new DomainError('malformed', 'malformed_json', detail);
}
