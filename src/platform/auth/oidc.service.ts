import { Inject, Injectable } from '@nestjs/common';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { type Caller, type Scope, SCOPES } from './caller.js';
import { CONFIG, type Config } from '../config/config.js';
import { IssuerUnavailableError } from './access.errors.js';
import { FreshCache } from './fresh-cache.js';

/** Asymmetric ones alone: with a symmetric one, who knows the issuer's public key could sign. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const ISSUER_TIMEOUT_MS = 3000;
/** How long a verified token is taken without looking again; its end is looked at each time. */
const TTL_MS = 60_000;
const MAX_TOKENS = 10_000;
const MAX_SUBJECT = 255;
const CLOCK_TOLERANCE_SECONDS = 5;

interface Verified {
  readonly caller: Caller;
  /** Seconds since the epoch. */
  readonly expires: number;
}

/** Finds the caller of a JWT of the configured OpenID Connect issuer. */
@Injectable()
export class OidcService {
  private readonly tokens = new FreshCache<Verified | null>(TTL_MS, MAX_TOKENS);
  private keys: Promise<JWTVerifyGetKey> | undefined;

  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'oidcIssuer' | 'oidcAudience'>) {}

  get configured(): boolean {
    return this.config.oidcIssuer !== undefined;
  }

  /** The caller; null for what is no valid token of this issuer for this audience. `hash` is that of the token. */
  async find(token: string, hash: string): Promise<Caller | null> {
    if (!this.configured || token.split('.').length !== 3) return null;
    const found = await this.tokens.get(hash, () => this.verify(token));
    return found && found.expires + CLOCK_TOLERANCE_SECONDS > Date.now() / 1000 ? found.caller : null;
  }

  private async verify(token: string): Promise<Verified | null> {
    try {
      const { payload } = await jwtVerify(token, await this.issuerKeys(), {
        issuer: this.config.oidcIssuer,
        audience: this.config.oidcAudience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['exp', 'sub'],
      });
      const { sub = '', exp = 0 } = payload;
      if (sub === '' || sub.length > MAX_SUBJECT) return null;
      return { caller: { id: `oidc:${sub}`, name: sub, scope: scopeOf(payload) }, expires: exp };
    } catch (error) {
      // The issuer's fault, as far as anybody can tell; every other error of jose's is the token's.
      const isTokens = error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout);
      if (isTokens && error.code !== 'ERR_JOSE_GENERIC' && error.code !== 'ERR_JWKS_INVALID') return null;
      throw new IssuerUnavailableError(error);
    }
  }

  /** The issuer's keys, found by its discovery document; asked for again after a failure. */
  private issuerKeys(): Promise<JWTVerifyGetKey> {
    this.keys ??= this.discover().catch((error: unknown) => {
      this.keys = undefined;
      throw error;
    });
    return this.keys;
  }

  private async discover(): Promise<JWTVerifyGetKey> {
    const issuer = this.config.oidcIssuer ?? '';
    const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(ISSUER_TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`the discovery document of ${issuer} is answered with ${response.status}`);
    const { issuer: named, jwks_uri: keys } = (await response.json()) as Record<string, unknown>;
    if (named !== issuer) throw new Error(`the discovery document of ${issuer} names the issuer ${String(named)}`);
    return createRemoteJWKSet(new URL(String(keys)), { timeoutDuration: ISSUER_TIMEOUT_MS });
  }
}

/** The most that the `scope` claim allows here: `read`, `write`, `admin`, with or without `watcher:` before it. */
function scopeOf(payload: JWTPayload): Scope | null {
  const claim = payload['scope'];
  const given = typeof claim === 'string' ? claim.split(' ').map((scope) => scope.replace(/^watcher:/, '')) : [];
  return SCOPES.findLast((scope) => given.includes(scope)) ?? null;
}
