import { Inject, Injectable, Logger } from '@nestjs/common';
import { type CryptoKey, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { type Caller, type Scope, SCOPES } from './caller.js';
import { hasControlCharacter } from '../values/name.js';
import { CONFIG, type Config } from '../config/config.js';
import { IssuerUnavailableError } from './access.errors.js';
import { FreshCache } from './fresh-cache.js';
import { discoverKeys } from './issuer-keys.js';

/** Asymmetric algorithms only: with a symmetric one, anyone with the issuer's public key could sign. */
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
/** How long a verified token is accepted without a new verification; its expiry is checked each time. */
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
  private readonly logger = new Logger(OidcService.name);
  private readonly tokens = new FreshCache<Verified | null>(TTL_MS, MAX_TOKENS);
  private keys: Promise<JWTVerifyGetKey> | undefined;

  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'oidcIssuer' | 'oidcAudience'>) {}

  get configured(): boolean {
    return this.config.oidcIssuer !== undefined;
  }

  /**
   * The caller; null unless the token is a valid one of this issuer for this audience. `hash` is the hash of the token.
   * `mayLook` is called before the verification of a token that is not in the cache, and may throw.
   */
  async find(token: string, hash: string, mayLook: () => void): Promise<Caller | null> {
    if (!this.configured || token.split('.').length !== 3) return null;
    const found = await this.tokens.get(hash, () => this.verify(token), mayLook);
    return found && found.expires + CLOCK_TOLERANCE_SECONDS > Date.now() / 1000 ? found.caller : null;
  }

  private async verify(token: string): Promise<Verified | null> {
    try {
      const keys = await this.issuerKeys();
      const {
        sub,
        exp = 0,
        ...payload
      } = await this.verifyBy(keys, token).catch((error: unknown) => {
        if (error instanceof errors.JWKSMultipleMatchingKeys) return this.verifyByAny(error, token);
        throw error;
      });
      if (!isSubject(sub)) return null;
      const expiresAt = new Date(exp * 1000);
      return {
        caller: { id: `oidc:${sub}`, name: sub, scope: scopeOf(payload), kind: 'token', expiresAt },
        expires: exp,
      };
    } catch (error) {
      if (error instanceof IssuerUnavailableError) throw error;
      // Every other error is caused by the token, or by the key that it names.
      this.logger.debug(`a token was refused: ${String(error)}`);
      return null;
    }
  }

  private async verifyBy(key: JWTVerifyGetKey | CryptoKey, token: string): Promise<JWTPayload> {
    const options = {
      issuer: this.config.oidcIssuer,
      audience: this.config.oidcAudience,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['exp', 'sub'],
    };
    const { payload } =
      typeof key === 'function' ? await jwtVerify(token, key, options) : await jwtVerify(token, key, options);
    return payload;
  }

  /** Tries each key that fits a token without `kid`. */
  private async verifyByAny(several: errors.JWKSMultipleMatchingKeys, token: string): Promise<JWTPayload> {
    for await (const key of several) {
      const payload = await this.verifyBy(key, token).catch((error: unknown) => {
        if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof TypeError) return undefined;
        throw error;
      });
      if (payload) return payload;
    }
    throw new errors.JWSSignatureVerificationFailed();
  }

  /** The issuer's keys; fetched again after a failure. */
  private issuerKeys(): Promise<JWTVerifyGetKey> {
    this.keys ??= discoverKeys(this.config.oidcIssuer ?? '').catch((error: unknown) => {
      this.keys = undefined;
      throw error;
    });
    return this.keys;
  }
}

/** Whether a `sub` claim can name a caller: text that the database and the log can store, and that is unambiguous. */
function isSubject(sub: unknown): sub is string {
  return (
    typeof sub === 'string' &&
    sub !== '' &&
    sub.length <= MAX_SUBJECT &&
    sub.isWellFormed() &&
    !hasControlCharacter(sub)
  );
}

/** The largest scope in the `scope` claim: `read`, `write`, `admin`, with or without `watcher:` before it. */
function scopeOf(payload: JWTPayload): Scope | null {
  const claim = payload['scope'];
  const given = typeof claim === 'string' ? claim.split(' ').map((scope) => scope.replace(/^watcher:/, '')) : [];
  return SCOPES.findLast((scope) => given.includes(scope)) ?? null;
}
