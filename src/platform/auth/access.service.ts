import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Caller } from './caller.js';
import { CONFIG, type Config } from '../config/config.js';
import { ConfigurationError } from '../config/variable.js';
import { UnauthenticatedError } from './access.errors.js';
import { hashOf, sameHash } from './api-key.js';
import { ApiKeyService } from './api-key.service.js';
import { OidcService } from './oidc.service.js';
import { isLoopback } from './own-name.js';
import { SessionService } from './session.service.js';

/** What a request shows to prove who sent it; at most one of the two. */
export interface Credentials {
  /** A key, or a token of the issuer. */
  readonly token?: string | undefined;
  /** The token of a session. */
  readonly session?: string | undefined;
}

/** The caller of every request while no key is configured. */
export const ANYBODY: Caller = { id: 'anybody', name: 'anybody', scope: 'admin', kind: 'open' };
const ADMIN: Caller = { id: 'admin', name: 'WATCHER_ADMIN_KEY', scope: 'admin', kind: 'key' };

/**
 * Finds the caller of a request. Once a key is configured, by the environment, an issuer or the database, every request
 * needs one. Before that the service is open, and refuses to start on an address that other machines can reach.
 */
@Injectable()
export class AccessService implements OnModuleInit {
  private readonly adminHash: string | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly apiKeys: ApiKeyService,
    private readonly oidc: OidcService,
    private readonly sessions: SessionService,
  ) {
    this.adminHash = config.adminKey === undefined ? undefined : hashOf(config.adminKey);
  }

  /** @throws ConfigurationError */
  async onModuleInit(): Promise<void> {
    const { auth, host, oidcIssuer, oidcAudience } = this.config;
    if ((oidcIssuer === undefined) !== (oidcAudience === undefined)) {
      const [missing, given] = oidcIssuer === undefined ? ['ISSUER', 'AUDIENCE'] : ['AUDIENCE', 'ISSUER'];
      throw new ConfigurationError(`OIDC_${missing} is not set, but OIDC_${given} is: set both or neither`);
    }
    if (!auth || isLoopback(host) || (await this.needsKey())) return;
    throw new ConfigurationError(
      `HOST got '${host}', which others can reach, but no key is configured: set WATCHER_ADMIN_KEY, create one with ` +
        "'npm run key -- create --name NAME --scope admin', or turn keys off with WATCHER_AUTH=off",
    );
  }

  /**
   * The caller of a request with these credentials; a promise only where they must be looked up. `mayLook` is called
   * before the lookup of those that are not in the cache, and may throw.
   * @throws UnauthenticatedError
   */
  identify(shown: Credentials, mayLook: () => void): Caller | Promise<Caller> {
    const closed = this.needsKey();
    if (closed === true) return this.known(shown, mayLook);
    return closed === false ? ANYBODY : closed.then((isClosed) => (isClosed ? this.known(shown, mayLook) : ANYBODY));
  }

  /** The caller of a key; null for an unknown one, and for a token of the issuer. */
  async callerOfKey(key: string): Promise<Caller | null> {
    const hash = hashOf(key);
    return this.isAdmin(hash) ? ADMIN : this.apiKeys.find(key, hash, () => undefined);
  }

  private needsKey(): boolean | Promise<boolean> {
    if (!this.config.auth) return false;
    return this.adminHash !== undefined || this.oidc.configured || this.apiKeys.hasAny();
  }

  private isAdmin(hash: string): boolean {
    return this.adminHash !== undefined && sameHash(hash, this.adminHash);
  }

  private known({ token, session }: Credentials, mayLook: () => void): Caller | Promise<Caller> {
    if (session !== undefined) return this.inSession(this.sessions.find(session, mayLook));
    if (token === undefined) throw new UnauthenticatedError('The request needs a key: Authorization: Bearer KEY.');
    const hash = hashOf(token);
    if (this.isAdmin(hash)) return ADMIN;
    const byKey = this.apiKeys.find(token, hash, mayLook);
    if (byKey && !(byKey instanceof Promise)) return byKey;
    return this.foundOr(byKey, token, hash, mayLook);
  }

  private inSession(found: Caller | null | Promise<Caller | null>): Caller | Promise<Caller> {
    if (found instanceof Promise) return found.then((caller) => this.inSession(caller));
    if (!found) throw new UnauthenticatedError('The session has ended.');
    return found;
  }

  private async foundOr(
    byKey: Promise<Caller | null> | null,
    token: string,
    hash: string,
    mayLook: () => void,
  ): Promise<Caller> {
    const caller = (await byKey) ?? (await this.oidc.find(token, hash, mayLook));
    if (!caller) throw new UnauthenticatedError('The key is not known here.');
    return caller;
  }
}
