import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Installation } from './binaries.js';
import { newPassword, ROLE, type Access } from './connection-url.js';
import { readIfPresent, UNFINISHED_PREFIX, WAYS_OUT, type DataFolder } from './data-folder.js';
import { EmbeddedServerError } from './embedded-server-error.js';
import { summarise } from './server-log.js';
import type { ServerSetup } from './server-process.js';
import { isDurable } from './server-settings.js';

/**
 * Refuses a cluster of another PostgreSQL version, or a folder that is not a cluster. Only reads, so it needs no lock.
 */
export async function checkCluster({ cluster }: DataFolder, { major }: Installation): Promise<void> {
  if (!(await exists(cluster))) return;
  const found = (await readIfPresent(join(cluster, 'PG_VERSION')))?.trim();
  if (found === undefined) {
    throw new EmbeddedServerError(
      `${cluster} exists, but it is not a PostgreSQL data folder: move it away, or ${WAYS_OUT}.`,
    );
  }
  if (found === major) return;
  throw new EmbeddedServerError(
    `The database in ${cluster} is of PostgreSQL ${found}, and the embedded server is PostgreSQL ${major}: ` +
      `dump it with the old version and restore it into a new folder, or ${WAYS_OUT}.`,
  );
}

/**
 * Creates the cluster if it does not exist, and returns the password to connect with: the known one, or a new one if
 * database.url is lost. The caller must hold the lock, and no server may be running.
 */
export async function prepareCluster(
  setup: ServerSetup,
  known: Access | undefined,
  signal: AbortSignal,
): Promise<string> {
  const { folder, launcher, log } = setup;
  await removeUnfinished(folder);
  const password = known?.password ?? newPassword();
  if (!(await exists(folder.cluster))) {
    log('creating the database (first start)');
    await createCluster(setup, password, signal);
    return password;
  }
  // A copy made by root belongs to root, and a copy may be readable by others: PostgreSQL accepts neither.
  if ((await stat(folder.cluster)).uid === 0) await launcher.own(folder.cluster);
  await chmod(folder.cluster, 0o700);
  if (known === undefined) {
    log('database.url is missing or damaged: setting a new password');
    await setPassword(setup, password);
  }
  return password;
}

/** Creates the cluster in a folder beside it; the rename makes it appear complete and flushed to the disk. */
async function createCluster(setup: ServerSetup, password: string, signal: AbortSignal): Promise<void> {
  const { folder, binaries, launcher, settings } = setup;
  const workshop = join(folder.root, `${UNFINISHED_PREFIX}${randomBytes(6).toString('hex')}`);
  const [fresh, passwordFile] = [join(workshop, 'data'), join(workshop, 'password')];
  try {
    await mkdir(workshop, { mode: 0o700 });
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    await launcher.own(workshop);
    const initdb = [
      `--pgdata=${fresh}`,
      `--username=${ROLE}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The locales of the system differ or are missing; the built-in one folds the case of all of Unicode everywhere.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--data-checksums',
      '--no-instructions',
      ...(isDurable(settings) ? [] : ['--no-sync']),
    ];
    const { code, output } = await launcher.run(binaries.initdb, initdb, { signal });
    if (code !== 0) {
      throw new EmbeddedServerError(
        `The database in ${folder.root} could not be created (${summarise(output)}): correct that, or ${WAYS_OUT}.`,
      );
    }
    await rename(fresh, folder.cluster);
  } finally {
    await rm(workshop, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Single-user mode asks for no password; it needs only the right to read the files. */
async function setPassword({ folder, binaries, launcher }: ServerSetup, password: string): Promise<void> {
  const { code, output } = await launcher.run(binaries.postgres, ['--single', '-D', folder.cluster, 'postgres'], {
    input: `ALTER ROLE ${ROLE} PASSWORD '${password}'\n`,
  });
  if (code !== 0 || output.includes('ERROR:')) {
    throw new EmbeddedServerError(`A new password could not be set in ${folder.cluster}: ${summarise(output)}.`);
  }
}

/**
 * Removes the remains of a killed first start. An initdb of it may still be writing; then the next start removes the
 * rest.
 */
async function removeUnfinished({ root }: DataFolder): Promise<void> {
  const names = (await readdir(root)).filter((name) => name.startsWith(UNFINISHED_PREFIX));
  await Promise.allSettled(names.map((name) => rm(join(root, name), { recursive: true, force: true, maxRetries: 3 })));
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
