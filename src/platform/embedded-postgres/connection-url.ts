import { randomBytes } from 'node:crypto';
import { chown, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readIfPresent } from './data-folder.js';

/** The role and the database of the embedded server, which creates and owns both. */
export const ROLE = 'watcher';
export const DATABASE = 'watcher';

/** The parameters for a connection to the embedded server, which listens on 127.0.0.1 only. */
export interface Access {
  readonly password: string;
  readonly port: number;
}

/** Hexadecimal, so that it needs no escaping in a URL or in SQL. */
export function newPassword(): string {
  return randomBytes(24).toString('hex');
}

export function connectionUrl({ password, port }: Access, database = DATABASE): string {
  return `postgresql://${ROLE}:${password}@127.0.0.1:${port}/${database}`;
}

/** The URL that the last start wrote, or undefined if the file is missing or damaged. */
export async function readAccess(file: string): Promise<Access | undefined> {
  const text = await readIfPresent(file);
  const found = /^postgresql:\/\/watcher:([0-9a-f]{16,})@127\.0\.0\.1:(\d{1,5})\/watcher\s*$/.exec(text ?? '');
  const [password, port] = [found?.[1], Number(found?.[2])];
  return password !== undefined && port > 0 && port < 65_536 ? { password, port } : undefined;
}

/** Writes the URL, password included, in one step; only its owner can read the file. */
export async function writeAccess(file: string, access: Access): Promise<void> {
  const temporary = `${file}.tmp`;
  await writeFile(temporary, `${connectionUrl(access)}\n`, { mode: 0o600 });
  if (process.getuid?.() === 0) {
    // Root may have started a user's database; that user must be able to read the URL at the next start.
    const { uid, gid } = await stat(dirname(file));
    await chown(temporary, uid, gid);
  }
  await rename(temporary, file);
}
