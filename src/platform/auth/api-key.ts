import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** The parts of a key: the id finds its row, the hash of the whole key proves it. */
export interface PresentedKey {
  readonly id: string;
  readonly hash: string;
}

/** `watcher_`, by which secret scanners recognise a key; 48 bits of id; 256 bits of secret. */
const KEY = /^watcher_([0-9a-f]{12})_[\w-]{43}$/;

/** A new key: its text, which is shown once, and the parts that the database stores. */
export function newKey(): PresentedKey & { readonly text: string } {
  const id = randomBytes(6).toString('hex');
  const text = `watcher_${id}_${randomBytes(32).toString('base64url')}`;
  return { id, text, hash: hashOf(text) };
}

/** SHA-256 in hex. A slow hash is not needed: it protects secrets that people choose. */
export function hashOf(token: string): string {
  return hash('sha256', token, 'hex');
}

/** The id in a key, or undefined for a text that cannot be a key. */
export function keyIdOf(token: string): string | undefined {
  return KEY.exec(token)?.[1];
}

/** Compares two hashes in constant time. */
export function sameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
