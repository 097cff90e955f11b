import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyInstance } from 'fastify';
import { DomainError } from '../errors/domain-error.js';
import { ANSWER_BYTES } from './json-text.js';

/** The memory of all large answers together, in bytes. */
const ROOM = 10 * ANSWER_BYTES;
/** The memory of one answer while it is written: as rows, as objects, as text and as the bytes that are sent. */
const MAKING = 4 * ANSWER_BYTES;
/** How long an answer waits for memory before it is refused. */
const WAITS_MS = 10_000;

/** The share of a request. */
export interface Share {
  bytes: number;
}

/**
 * The memory that large answers share. An answer takes the most that it can need before its rows are read. Once it is
 * written it keeps the length of its text, until the client has received it. Others wait in the order of their arrival,
 * and are refused after a time. So the memory is bounded for any number of clients, however slowly they read.
 */
export class AnswerRoom {
  private taken = 0;
  private readonly queue: { readonly share: Share; readonly enter: () => void }[] = [];

  constructor(
    private readonly room = ROOM,
    private readonly making = MAKING,
    private readonly waitsMs = WAITS_MS,
  ) {}

  /** Waits until there is room for another answer. Throws a {@link DomainError} where that takes too long. */
  async take(share: Share): Promise<void> {
    if (share.bytes > 0) return;
    const entered = this.nextRoom(share);
    this.letIn();
    await entered;
  }

  /** Reduces the share to the length of the written answer, or to 0 when it is sent. */
  shrink(share: Share, bytes: number): void {
    if (bytes >= share.bytes) return;
    this.taken -= share.bytes - bytes;
    share.bytes = bytes;
    this.letIn();
  }

  private letIn(): void {
    for (const next of this.queue.splice(0, Math.max(0, Math.floor((this.room - this.taken) / this.making)))) {
      next.share.bytes = this.making;
      this.taken += this.making;
      next.enter();
    }
  }

  private nextRoom(share: Share): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = {
        share,
        enter: (): void => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.queue.splice(this.queue.indexOf(waiting), 1);
        reject(new DomainError('unavailable', 'overloaded', 'Too many large answers are under way; try again.'));
      }, this.waitsMs);
      this.queue.push(waiting);
    });
  }
}

interface Context {
  readonly room: AnswerRoom;
  readonly share: Share;
}

const storage = new AsyncLocalStorage<Context>();

/** Call this before the rows of a large answer are read. It does nothing outside of requests. */
export async function takeAnswerRoom(): Promise<void> {
  const context = storage.getStore();
  if (context) await context.room.take(context.share);
}

/** Gives each read a share, and releases it when the answer is sent. The answers to writes are small. */
export function registerAnswerRoom(fastify: FastifyInstance, room = new AnswerRoom()): void {
  const shares = new WeakMap<object, Share>();
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return done();
    const share = { bytes: 0 };
    shares.set(request, share);
    reply.raw.once('close', () => {
      // A closed connection does not end the work; the share is released when the work ends.
      if (reply.raw.writableEnded || !request.raw.complete) room.shrink(share, 0);
    });
    return storage.run({ room, share }, done);
  });
  fastify.addHook('onSend', (request, reply, payload: unknown, done) => {
    const share = shares.get(request);
    if (share) room.shrink(share, reply.raw.destroyed ? 0 : lengthOf(payload));
    done(null, payload);
  });
}

function lengthOf(payload: unknown): number {
  return typeof payload === 'string' || Buffer.isBuffer(payload) ? Buffer.byteLength(payload) : 0;
}
