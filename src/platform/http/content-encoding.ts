import { unzip } from 'node:zlib';
import { DomainError } from '../errors/domain-error.js';

/** How many bodies are inflated at once. Each may grow to the limit of a body; the others wait, still compressed. */
const AT_ONCE = 4;
const waiting: (() => void)[] = [];
let running = 0;

/** Whether a body is compressed, with gzip or deflate, by its Content-Encoding. */
export function isCompressed(encoding: string | undefined): boolean {
  return /^\s*(?:(?:x-)?gzip|deflate)\s*$/i.test(encoding ?? '');
}

/** @throws DomainError `unsupported_media_type`, for any other encoding */
export function requireKnownEncoding(encoding: string | undefined): void {
  if (encoding === undefined || isCompressed(encoding) || /^\s*(?:identity)?\s*$/i.test(encoding)) return;
  throw new DomainError(
    'unsupported_media_type',
    'unsupported_encoding',
    'The body may be plain, or compressed with gzip or deflate (Content-Encoding: gzip).',
  );
}

/** Inflates a body, and stops at the limit. @throws DomainError `too_large`, or `malformed` */
export async function inflate(compressed: Buffer, limit: number): Promise<Buffer> {
  if (compressed.length === 0) return compressed;
  // Passes the turn to the next in the queue, or frees it.
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running += 1;
  try {
    return await new Promise((resolve, reject) => {
      unzip(compressed, { maxOutputLength: limit }, (error, inflated) => {
        if (error) reject(refusalOf(error, limit));
        else resolve(inflated);
      });
    });
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

function refusalOf(error: NodeJS.ErrnoException, limit: number): DomainError {
  return error.code === 'ERR_BUFFER_TOO_LARGE'
    ? new DomainError('too_large', 'body_too_large', `The body is larger than ${limit} bytes when inflated.`)
    : new DomainError('malformed', 'malformed_gzip', `The body is not valid gzip or deflate: ${error.message}`);
}
