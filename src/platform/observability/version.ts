import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** The version of the service, as package.json has it: the one place where it is written. */
export const VERSION = readVersion();

function readVersion(): string {
  const file = findPackageJSON('..', import.meta.url);
  const { version } = JSON.parse(file ? readFileSync(file, 'utf8') : '{}') as { version?: string };
  if (version === undefined) throw new Error('the service has lost its package.json');
  return version;
}
