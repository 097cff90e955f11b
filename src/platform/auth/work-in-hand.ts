import type { FastifyRequest } from 'fastify';
import type { DomainError } from '../errors/domain-error.js';
import type { BodyRoom } from '../http/request-body.js';
import { OverloadedError } from './access.errors.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The request's share of the limits; null where none was taken, or after its release. */
    load: Load | null;
  }
}

interface Load {
  /** The bytes of its body. */
  bytes: number;
  /** Whether it counts as a request under way; it does not while its body arrives. */
  counts: boolean;
  /** Whether the response is sent, or its connection closed. */
  isGone: boolean;
  /** Whether the work of the request has ended. */
  isDone: boolean;
}

/**
 * The requests under way and the bytes of their bodies, including bodies that still arrive. Where there is no room for
 * more bytes, the arriving body that has not grown for the longest time is refused.
 */
export class WorkInHand implements BodyRoom {
  private requests = 0;
  private bytes = 0;
  /** The bodies that still arrive; the one that has not grown for the longest time comes first. */
  private readonly arriving = new Map<FastifyRequest, (refusal: DomainError) => void>();

  constructor(
    private readonly maxRequests: number,
    private readonly maxBytes: number,
  ) {}

  /** Counts the request, unless it is counted already or has no share. */
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

  /** Releases a share when its request is answered and its work has ended; a closed connection does not end it. */
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

  /** Makes room by refusing other bodies that still arrive. Returns whether there is room now. */
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
