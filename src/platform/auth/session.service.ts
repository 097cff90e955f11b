import { createHmac, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from './caller.js';
import { CONFIG, type Config } from '../config/config.js';
import { TransactionRunner } from '../database/transaction-runner.js';
import { hashOf, keyIdOf, sameHash } from './api-key.js';
import { FreshCache } from './fresh-cache.js';
import { SessionRepository } from './session.repository.js';

/** How long a session lasts. */
const LASTS_MS = 12 * 3_600_000;
/** How long a session may still be accepted after its key was revoked or another replica ended it, as for keys. */
const TTL_MS = 5000;
/** The most sessions in the cache, unknown ones included, so that guesses do not fill the memory. */
const MAX_SESSIONS = 10_000;
/** The most sessions of one key; a login beyond them ends the oldest. */
const MOST_OF_CALLER = 1000;
const SWEPT_AT_ONCE = 5000;
const TOKEN = /^[\w-]{43}$/;

/** A session that began: the token, which is told once, and how long it lasts. */
export interface NewSession {
  readonly token: string;
  readonly lastsSeconds: number;
}

/** Begins, finds and ends sessions. */
@Injectable()
export class SessionService {
  private readonly callers = new FreshCache<Caller | null>(TTL_MS, MAX_SESSIONS);

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly sessions: SessionRepository,
    @Inject(CONFIG) private readonly config: Pick<Config, 'adminKey'>,
  ) {}

  /** Begins a session of the caller of a key. It ends with that key. */
  async begin({ id: caller, name, scope }: Caller, key: string): Promise<NewSession> {
    if (scope === null) throw new Error('a key has a scope');
    const token = randomBytes(32).toString('base64url');
    const adminKeyProof = key === this.config.adminKey ? proofOf(key, token) : null;
    const keyId = adminKeyProof === null ? (keyIdOf(key) ?? null) : null;
    const createdAt = new Date();
    const expiresAt = new Date(createdAt.getTime() + LASTS_MS);
    await this.transactions.run(async (manager) => {
      const session = { tokenHash: hashOf(token), caller, name, scope, keyId, adminKeyProof, createdAt, expiresAt };
      await this.sessions.insert(manager, session);
      await this.sessions.deleteSurplus(manager, caller, MOST_OF_CALLER);
    });
    return { token, lastsSeconds: LASTS_MS / 1000 };
  }

  /**
   * The caller in a session; null where it has ended. `mayLook` is called before the query for a session that is not in
   * the cache, and may throw.
   */
  find(token: string, mayLook: () => void): Caller | null | Promise<Caller | null> {
    if (!TOKEN.test(token)) return null;
    const hash = hashOf(token);
    const found = this.callers.get(hash, () => this.load(token, hash), mayLook);
    return found instanceof Promise ? found.then(unlessExpired) : unlessExpired(found);
  }

  /** Ends a session, if there is one: here at once, on other replicas within 5 s. */
  async end(token: string): Promise<void> {
    if (!TOKEN.test(token)) return;
    const hash = hashOf(token);
    await this.transactions.run((manager) => this.sessions.delete(manager, hash));
    this.callers.forget(hash);
  }

  /** Deletes the sessions that have expired, in transactions of a bounded size. */
  async sweep(signal: AbortSignal): Promise<void> {
    const now = new Date();
    for (let deleted = SWEPT_AT_ONCE; deleted === SWEPT_AT_ONCE && !signal.aborted;) {
      deleted = await this.transactions.run((manager) => this.sessions.deleteExpired(manager, now, SWEPT_AT_ONCE));
    }
  }

  private async load(token: string, hash: string): Promise<Caller | null> {
    const found = await this.transactions.read((manager) => this.sessions.findActive(manager, hash, new Date()));
    if (!found || !this.isOfCurrentKey(found.adminKeyProof, token)) return null;
    const { caller: id, name, scope, expiresAt } = found;
    return { id, name, scope, kind: 'session', expiresAt };
  }

  /** A session that began with WATCHER_ADMIN_KEY ends when that is changed or removed. */
  private isOfCurrentKey(proof: string | null, token: string): boolean {
    const { adminKey } = this.config;
    return proof === null || (adminKey !== undefined && sameHash(proof, proofOf(adminKey, token)));
  }
}

function proofOf(adminKey: string, token: string): string {
  return createHmac('sha256', token).update(adminKey).digest('hex');
}

function unlessExpired(caller: Caller | null): Caller | null {
  return caller?.expiresAt && caller.expiresAt.getTime() > Date.now() ? caller : null;
}
