import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { qualityOf, varyBy } from './accepted.js';

/** Answers shorter than this, in characters, are sent as they are: they fit into a few packets. */
const LEAST = 8192;
/** How many answers are compressed at once; further ones are sent as they are, so that none waits for a thread. */
const AT_ONCE = 8;
const READS = new Set(['GET', 'HEAD']);

/** The codings, the preferred one first, with levels at which they cost little (see docs/adr). */
const CODINGS: readonly { readonly name: string; readonly compress: (bytes: Buffer) => Promise<Buffer> }[] = [
  {
    name: 'br',
    compress: (bytes) =>
      promisify(brotliCompress)(bytes, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: 1,
          [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        },
      }),
  },
  { name: 'gzip', compress: (bytes) => promisify(gzip)(bytes, { level: 3 }) },
];

/**
 * Compresses the long JSON answers of reads, as the client accepts it. Problem documents, answers to writes, streams and
 * everything that is compressed already stay as they are.
 */
export function registerCompression(fastify: FastifyInstance): void {
  let running = 0;
  fastify.addHook('onSend', (request, reply, payload: unknown, done) => {
    if (!isLongRead(request, reply, payload)) return done(null, payload);
    varyBy(reply, 'Accept-Encoding');
    const coding = codingFor(request.headers['accept-encoding']);
    if (!coding || running >= AT_ONCE) return done(null, payload);
    running += 1;
    return void coding
      .compress(Buffer.from(payload))
      .finally(() => (running -= 1))
      .then(
        (compressed) => {
          reply.header('content-encoding', coding.name).removeHeader('content-length');
          weakenTag(reply);
          done(null, compressed);
        },
        () => done(null, payload),
      );
  });
}

function isLongRead(request: FastifyRequest, reply: FastifyReply, payload: unknown): payload is string {
  return (
    typeof payload === 'string' &&
    payload.length >= LEAST &&
    READS.has(request.method) &&
    reply.statusCode === 200 &&
    String(reply.getHeader('content-type')).startsWith('application/json') &&
    !reply.hasHeader('content-encoding')
  );
}

/** The coding that the client likes best, and of those the preferred one; undefined where it takes none. */
function codingFor(accepted = ''): (typeof CODINGS)[number] | undefined {
  const [best] = CODINGS.map((coding) => ({ coding, quality: qualityOf(accepted, [coding.name, '*']) }))
    .filter(({ quality }) => quality > 0)
    .toSorted((a, b) => b.quality - a.quality);
  return best?.coding;
}

/** A strong ETag means the same bytes, and other codings are other bytes. */
function weakenTag(reply: FastifyReply): void {
  const tag = reply.getHeader('etag');
  if (typeof tag === 'string' && tag.startsWith('"')) reply.header('etag', `W/${tag}`);
}
