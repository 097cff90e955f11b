import { isUtf8 } from 'node:buffer';
import { DomainError } from '../errors/domain-error.js';

/** Numbers of 16 and more digits are the ones that a double may not hold as they were sent. */
const LONG_NUMBER = /[\d.]{16}/;
const WATERMARKS = new Set(['watermark', 'next_watermark']);

/**
 * Parses a request body. A watermark sent as a number that a double can't hold exactly (a
 * nanosecond epoch, a 64-bit id) keeps its digits as text, since a watermark that changes is
 * data loaded twice or never. An empty body is undefined. Throws a `malformed` error.
 */
export function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) throw malformed('The body is not valid UTF-8.');
  const text = body.toString('utf8');
  try {
    return LONG_NUMBER.test(text) ? parseKeepingDigits(text) : JSON.parse(text);
  } catch (error) {
    throw malformed(`The body is not valid JSON: ${(error as Error).message}`);
  }
}

/** Only the body's own watermarks are kept as text: below it, in metadata, the same name is the client's. */
function parseKeepingDigits(text: string): unknown {
  const digits = new Map<object, Record<string, string>>();
  function note(this: object, key: string, value: unknown, context?: { readonly source?: string }): unknown {
    const { source = '' } = context ?? {};
    if (typeof value === 'number' && WATERMARKS.has(key) && LONG_NUMBER.test(source)) {
      digits.set(this, { ...digits.get(this), [key]: source });
    }
    return value;
  }
  const body: unknown = JSON.parse(text, note);
  return typeof body === 'object' && body !== null ? Object.assign(body, digits.get(body)) : body;
}

function malformed(detail: string): DomainError {
  return new DomainError('malformed', 'malformed_json', detail);
}
