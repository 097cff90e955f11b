import { Injectable, Logger } from '@nestjs/common';
import type { Caller, Scope } from './caller.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { keyIdOf, sameHash } from './api-key.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { FreshCache } from './fresh-cache.js';

/** How long a revoked key may still be accepted, and a new one refused. */
const TTL_MS = 5000;
const HOUR_MS = 3_600_000;
/** The most keys in the cache, unknown ones included, so that guesses do not fill the memory. */
const MAX_KEYS = 10_000;

/** Finds the caller of a key. A result is kept for {@link TTL_MS}, so that few requests cost a query. */
@Injectable()
export class ApiKeyService {
  private readonly logger = new Logger(ApiKeyService.name);
  private readonly callers = new FreshCache<Caller | null>(TTL_MS, MAX_KEYS);
  private readonly presence = new FreshCache<boolean>(TTL_MS, 1);
  private everAny = false;

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly keys: ApiKeyRepository,
  ) {}

  /**
   * Whether any key was ever created. Revoked keys count: revoking the last key must not open the service.
   */
  hasAny(): boolean | Promise<boolean> {
    return this.everAny || this.presence.get('', () => this.lookForAny());
  }

  /**
   * The caller that a key belongs to; null for an unknown or revoked key. `hash` is the hash of the key. `mayLook` is
   * called before the query for a key that is not in the cache, and may throw.
   */
  find(key: string, hash: string, mayLook: () => void): Caller | null | Promise<Caller | null> {
    const id = keyIdOf(key);
    return id === undefined ? null : this.callers.get(hash, () => this.load(id, hash), mayLook);
  }

  private async lookForAny(): Promise<boolean> {
    this.everAny = await this.transactions.read((manager) => this.keys.hasAny(manager));
    return this.everAny;
  }

  private async load(id: string, hash: string): Promise<Caller | null> {
    const key = await this.transactions.read((manager) => this.keys.findActive(manager, id));
    if (!key || !sameHash(key.keyHash, hash)) return null;
    const now = new Date();
    if (key.lastUsedAt === null || now.getTime() - key.lastUsedAt.getTime() > HOUR_MS) this.touch(id, now);
    return { id: `key:${id}`, name: key.name, scope: key.scope satisfies Scope, kind: 'key' };
  }

  /** Runs in the background; a failure only goes to the log. */
  private touch(id: string, now: Date): void {
    this.transactions
      .run((manager) => this.keys.touch(manager, id, now))
      .catch((error: unknown) => this.logger.debug(`the last use of key ${id} was not recorded: ${String(error)}`));
  }
}
