import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** The version of the service, from package.json, its only source. */
export const VERSION = readVersion();

function readVersion(): string {
  const file = findPackageJSON('..', import.meta.url);
  const { version } = JSON.parse(file ? readFileSync(file, 'utf8') : '{}') as { version?: string };
  if (version === undefined) throw new Error('the package.json of the service is missing');
  return version;
}
