import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A key by its parts: the id finds its row, the hash of the whole proves it. */
export interface PresentedKey {
  readonly id: string;
  readonly hash: string;
}

/** `watcher_`, so that secret scanners can tell one; 48 bits that name it; 256 bits that nobody guesses. */
const KEY = /^watcher_([0-9a-f]{12})_[\w-]{43}$/;

/** A new key: the text that its owner sees once, and what the database keeps. */
export function newKey(): PresentedKey & { readonly text: string } {
  const id = randomBytes(6).toString('hex');
  const text = `watcher_${id}_${randomBytes(32).toString('base64url')}`;
  return { id, text, hash: hashOf(text) };
}

/** SHA-256 in hex. Not a slow hash: those protect secrets that people choose. */
export function hashOf(token: string): string {
  return hash('sha256', token, 'hex');
}

/** The id in a key, or undefined for what can't be one. */
export function keyIdOf(token: string): string | undefined {
  return KEY.exec(token)?.[1];
}

/** Compares two hashes in a time that tells nothing of where they differ. */
export function sameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
