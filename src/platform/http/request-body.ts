import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DomainError } from '../errors/domain-error.js';
import { inflate, isCompressed, requireKnownEncoding } from './content-encoding.js';
import { parseJsonBody } from './json-body.js';

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i;
/** The most bytes of a body that has many reports. */
export const LARGE_BODY_BYTES = 16 * 1024 * 1024;
/** The first size of a body's buffer. It doubles as bytes arrive, so that a slow client takes about what it has sent. */
const FIRST_CAPACITY = 4096;
const NO_BYTES = Buffer.alloc(0);
/** How many bytes of a refused body are read, for clients that read no answer before they have sent everything. */
const MOST_DRAINED = 64 * 1024 * 1024;

/** The memory that all bodies share. */
export interface BodyRoom {
  /** A body begins to arrive; `giveWay` is called when its memory is needed for others. */
  open(request: FastifyRequest, giveWay: (refusal: DomainError) => void): void;
  /** The body grows by a number of bytes; returns the refusal where there is no room. */
  grow(request: FastifyRequest, bytes: number): DomainError | undefined;
  /** The body has arrived, or its connection is gone. */
  close(request: FastifyRequest): void;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The most bytes of a body of this route, if more than of others. */
    bodyLimit?: number;
  }
  interface FastifyRequest {
    /** SHA-256, in hex, of the inflated bytes of the body; only for a request with an Idempotency-Key. */
    bodyHash: string;
    /** The reason why the body could not be read; thrown in the next hook. */
    bodyRefusal: DomainError | null;
  }
}

/**
 * Reads request bodies: JSON, plain or in gzip or deflate, of at most `bodyLimit` bytes. An empty body of any type is undefined. A
 * refusal leaves the connection open; the rest of the body is read and dropped, so that the client can read the answer.
 * Call it before any route is added.
 */
export function registerBodies(fastify: FastifyInstance, room: BodyRoom): void {
  fastify.decorateRequest('bodyHash', '');
  fastify.decorateRequest('bodyRefusal', null);
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (isKnownEmpty(request.raw)) delete request.raw.headers['content-type'];
    done();
  });
  fastify.removeAllContentTypeParsers();
  // Fastify closes the connection after an error in a parser. So the hook below throws the error.
  const parse = (request: FastifyRequest, work: () => Promise<unknown>, done: Done): void => {
    if (request.is404) return done(null);
    work().then(
      (body) => done(null, body),
      (error: unknown) => {
        if (!(error instanceof DomainError)) return done(error as Error);
        request.bodyRefusal = error;
        done(null);
      },
    );
  };
  fastify.addContentTypeParser(JSON_TYPE, (request, _payload, done) =>
    parse(request, () => readJson(request, room), done),
  );
  fastify.addContentTypeParser('*', (request, _payload, done) => parse(request, () => refuseBody(request), done));
  fastify.addHook('preValidation', (request, reply, done) => {
    const refusal = request.bodyRefusal;
    if (refusal?.kind === 'unsupported_media_type') reply.header('accept-encoding', 'gzip, deflate');
    done(refusal ?? undefined);
  });
  // Before the answer is sent: afterwards Node drops the rest itself, without a limit.
  fastify.addHook('onSend', (request, _reply, payload, done) => {
    if (!request.raw.complete) drain(request.raw);
    done(null, payload);
  });
}

type Done = (error: Error | null, body?: unknown) => void;

function isKnownEmpty({ headers }: IncomingMessage): boolean {
  const { 'content-length': length = '0' } = headers;
  return headers['transfer-encoding'] === undefined && length === '0';
}

async function readJson(request: FastifyRequest, room: BodyRoom): Promise<unknown> {
  requireKnownEncoding(request.headers['content-encoding']);
  const { bodyLimit: common, config } = request.routeOptions;
  const bodyLimit = Math.max(common, config.bodyLimit ?? 0);
  const received = await readBytes(request, bodyLimit, room);
  const bytes = isCompressed(request.headers['content-encoding']) ? await inflate(received, bodyLimit) : received;
  const refusal = room.grow(request, bytes.length - received.length);
  if (refusal) throw refusal;
  if (request.headers['idempotency-key'] !== undefined) request.bodyHash = hash('sha256', bytes);
  return parseJsonBody(bytes);
}

/** Refuses a body of another type at its first byte. */
async function refuseBody(request: FastifyRequest): Promise<undefined> {
  const { raw } = request;
  const isEmpty = await new Promise<boolean>((resolve) => {
    raw
      .once('data', () => resolve(false))
      .once('end', () => resolve(true))
      .once('close', () => resolve(true))
      .on('error', () => resolve(true));
  });
  if (!isEmpty) {
    throw new DomainError('unsupported_media_type', 'unsupported_media_type', 'The body must be application/json.');
  }
}

/** All bytes of a body, in one buffer. @throws DomainError `too_large`, or the room's */
function readBytes(request: FastifyRequest, limit: number, room: BodyRoom): Promise<Buffer> {
  const { raw } = request;
  const declared = Number(raw.headers['content-length'] ?? 0);
  if (declared > limit) return Promise.reject(tooLarge(limit));
  return new Promise((resolve, reject) => {
    let buffer: Buffer = NO_BYTES;
    let length = 0;
    const settle = (refusal?: Error): void => {
      raw.off('data', take).off('end', onEnd).off('close', onClose);
      room.close(request);
      if (refusal) reject(refusal);
      else resolve(buffer.subarray(0, length));
    };
    const take = (chunk: Buffer): void => {
      if (length + chunk.length > limit) return settle(tooLarge(limit));
      const needed = length + chunk.length;
      if (chunk.length === declared) {
        // Most bodies arrive in one piece.
        const refusal = room.grow(request, chunk.length);
        if (refusal) return settle(refusal);
        buffer = chunk;
        length = chunk.length;
        return;
      }
      if (needed > buffer.length) {
        const capacity = Math.min(
          Math.max(needed, FIRST_CAPACITY, 2 * buffer.length),
          Math.max(needed, declared || limit),
        );
        const refusal = room.grow(request, capacity - buffer.length);
        if (refusal) return settle(refusal);
        const larger = Buffer.allocUnsafe(capacity);
        buffer.copy(larger, 0, 0, length);
        buffer = larger;
      }
      chunk.copy(buffer, length);
      length = needed;
    };
    const onEnd = (): void => settle();
    const onClose = (): void => settle(cutOff());
    room.open(request, settle);
    raw.on('data', take).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}

/** No client receives this refusal, because the connection is gone. */
function cutOff(): DomainError {
  return new DomainError('malformed', 'body_cut_off', 'The connection closed before the end of the body.');
}

function tooLarge(limit: number): DomainError {
  return new DomainError('too_large', 'body_too_large', `The body is larger than ${limit} bytes.`);
}

const drained = new WeakSet<object>();

/** Whether the request on this connection has been answered, so that the rest of its body is dropped. */
export function isDrained(socket: object): boolean {
  return drained.has(socket);
}

/** Reads and drops the rest of an answered request's body; closes the connection where the rest is too long. */
function drain(raw: IncomingMessage): void {
  const { socket } = raw;
  let bytes = 0;
  drained.add(socket);
  raw
    .on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MOST_DRAINED) socket.destroy();
    })
    .once('end', () => drained.delete(socket))
    .resume();
}
