import type { FastifyRequest } from 'fastify';
import type { DomainError } from '../errors/domain-error.js';
import type { BodyRoom } from '../http/request-body.js';
import { OverloadedError } from './access.errors.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The request's share of what the service has in hand; null once it is given back, or where none was taken. */
    load: Load | null;
  }
}

interface Load {
  /** What its body takes. */
  bytes: number;
  /** Whether it counts among the requests in hand: not while its client sends the body. */
  counts: boolean;
  /** The answer is out, or nobody is there to take it. */
  isGone: boolean;
  /** What the request started has come to its end. */
  isDone: boolean;
}

/**
 * What the service has in hand: requests that it works on, and the bytes of their bodies, those on their way included.
 * Where there is no room for more bytes, the body on its way that has not grown for longest gives way.
 */
export class WorkInHand implements BodyRoom {
  private requests = 0;
  private bytes = 0;
  /** The bodies on their way, those that have not grown for longest first. */
  private readonly arriving = new Map<FastifyRequest, (refusal: DomainError) => void>();

  constructor(
    private readonly maxRequests: number,
    private readonly maxBytes: number,
  ) {}

  /** Counts the request, unless it counts already or takes no share. */
  enter({ load }: FastifyRequest): OverloadedError | undefined {
    if (!load || load.counts) return undefined;
    if (this.requests >= this.maxRequests) return new OverloadedError();
    load.counts = true;
    this.requests += 1;
    return undefined;
  }

  leave({ load }: FastifyRequest): void {
    if (!load?.counts) return;
    load.counts = false;
    this.requests -= 1;
  }

  /** Gives a share back when its request is both answered and done: a client that hangs up ends no work. */
  release(request: FastifyRequest): void {
    if (!request.load?.isGone || !request.load.isDone) return;
    this.leave(request);
    this.bytes -= request.load.bytes;
    request.load = null;
  }

  open(request: FastifyRequest, giveWay: (refusal: DomainError) => void): void {
    this.arriving.set(request, giveWay);
  }

  grow(request: FastifyRequest, bytes: number): OverloadedError | undefined {
    if (!request.load) return undefined;
    if (bytes > 0 && !this.makeRoom(request, bytes)) return new OverloadedError();
    request.load.bytes += bytes;
    this.bytes += bytes;
    const giveWay = this.arriving.get(request);
    if (giveWay && this.arriving.delete(request)) this.arriving.set(request, giveWay);
    return undefined;
  }

  close(request: FastifyRequest): void {
    this.arriving.delete(request);
  }

  /** Makes room at the cost of others on their way; whether there is some now. */
  private makeRoom(request: FastifyRequest, bytes: number): boolean {
    for (const [{ load }, giveWay] of this.arriving) {
      if (this.bytes + bytes <= this.maxBytes) return true;
      if (!load?.bytes || load === request.load) continue;
      giveWay(new OverloadedError());
      this.bytes -= load.bytes;
      load.bytes = 0;
    }
    return this.bytes + bytes <= this.maxBytes;
  }
}
