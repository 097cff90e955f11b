import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyInstance } from 'fastify';
import { DomainError } from '../errors/domain-error.js';
import { ANSWER_BYTES } from './json-text.js';

/** What large answers may take of the memory together, in bytes. */
const ROOM = 10 * ANSWER_BYTES;
/** What one takes while it is made: as rows, as objects, as text and as the bytes that are sent. */
const MAKING = 4 * ANSWER_BYTES;
/** How long one waits for the others before it is refused. */
const WAITS_MS = 10_000;

/** What a request has taken of the room. */
export interface Share {
  bytes: number;
}

/**
 * The memory that large answers share. One takes the most that it can need before its rows are read, keeps the length of
 * its text until the client has it, and gives back the rest. Others wait in the order of their arrival; those that wait
 * too long are refused. So the memory is bounded, however many ask and however slowly they read.
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

  /** The answer is made and has this length; or it is out, and has none. */
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

/** To be called before the rows of a large answer are read; does nothing outside of requests. */
export async function takeAnswerRoom(): Promise<void> {
  const context = storage.getStore();
  if (context) await context.room.take(context.share);
}

/** Gives each request its share of the room, and takes it back when its answer is out. */
export function registerAnswerRoom(fastify: FastifyInstance, room = new AnswerRoom()): void {
  const shares = new WeakMap<object, Share>();
  fastify.addHook('onRequest', (request, reply, done) => {
    const share = { bytes: 0 };
    shares.set(request, share);
    reply.raw.once('close', () => {
      // Who hangs up ends no work: then the share is given back when that is done.
      if (reply.raw.writableEnded || !request.raw.complete) room.shrink(share, 0);
    });
    storage.run({ room, share }, done);
  });
  fastify.addHook('onSend', (request, reply, payload: unknown, done) => {
    const share = shares.get(request);
    const bytes = typeof payload === 'string' || Buffer.isBuffer(payload) ? Buffer.byteLength(payload) : 0;
    if (share) room.shrink(share, reply.raw.destroyed ? 0 : bytes);
    done(null, payload);
  });
}
