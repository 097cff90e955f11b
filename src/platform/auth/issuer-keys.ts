import { createRemoteJWKSet, customFetch, type JWK, type JWTVerifyGetKey } from 'jose';
import { Logger } from '@nestjs/common';
import { IssuerUnavailableError } from './access.errors.js';

const ISSUER_TIMEOUT_MS = 3000;
/** The least length of an RSA key that jose accepts. */
const LEAST_RSA_BITS = 2048;

const logger = new Logger('IssuerKeys');

/**
 * The keys of an OpenID Connect issuer, found by its discovery document and fetched anew when they change. Malformed
 * and weak keys of the set are left out, so that they do not affect the others.
 * @throws IssuerUnavailableError, here and from the returned function
 */
export async function discoverKeys(issuer: string): Promise<JWTVerifyGetKey> {
  const { issuer: named, jwks_uri: keys } = await fetchObject(
    `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    { signal: AbortSignal.timeout(ISSUER_TIMEOUT_MS) },
  );
  if (named !== issuer || typeof keys !== 'string' || !URL.canParse(keys)) {
    throw new IssuerUnavailableError(
      new Error(`the discovery document of ${issuer} names issuer ${String(named)} and keys at ${String(keys)}`),
    );
  }
  return createRemoteJWKSet(new URL(keys), { timeoutDuration: ISSUER_TIMEOUT_MS, [customFetch]: fetchKeys });
}

async function fetchKeys(url: string, init: RequestInit): Promise<Response> {
  const { keys } = await fetchObject(url, init);
  if (!Array.isArray(keys)) throw new IssuerUnavailableError(new Error(`${url} holds no keys`));
  const usable = keys.filter(isUsable);
  if (usable.length < keys.length) {
    logger.warn(`${keys.length - usable.length} of the keys at ${url} are malformed or too weak, and are ignored`);
  }
  return Response.json({ keys: usable });
}

function isUsable(key: unknown): key is JWK {
  if (typeof key !== 'object' || key === null || !('kty' in key)) return false;
  const { kty, n } = key as JWK;
  return kty !== 'RSA' || Buffer.from(String(n), 'base64url').length * 8 >= LEAST_RSA_BITS;
}

async function fetchObject(url: string, init: RequestInit): Promise<Record<string, unknown>> {
  try {
    const response = await fetch(url, init);
    if (!response.ok) throw new Error(`${url} answered with status ${response.status}`);
    return (await response.json()) as Record<string, unknown>;
  } catch (error) {
    throw new IssuerUnavailableError(error);
  }
}
