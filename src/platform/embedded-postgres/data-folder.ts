import { mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { EmbeddedServerError, hasCode, reasonOf } from './embedded-server-error.js';

/** The paths in the data folder. All are absolute, with no symbolic links above the folder. */
export interface DataFolder {
  readonly root: string;
  /** The PostgreSQL cluster. It is created by one rename, so it is complete whenever it exists. */
  readonly cluster: string;
  readonly log: string;
  readonly urlFile: string;
  readonly lockFile: string;
}

/** Names of incomplete clusters that a killed first start left behind. */
export const UNFINISHED_PREFIX = 'postgres.new-';

/** The two alternatives that always exist; most error messages end with them. */
export const WAYS_OUT = 'set WATCHER_DATA_DIR to another folder, or DATABASE_URL to a PostgreSQL server of your own';

export async function openDataFolder(dataDir: string): Promise<DataFolder> {
  const wanted = resolve(dataDir);
  try {
    await makeFolder(wanted);
    const root = await realpath(wanted);
    return {
      root,
      cluster: join(root, 'postgres'),
      log: join(root, 'postgres.log'),
      urlFile: join(root, 'database.url'),
      lockFile: join(root, 'service.lock'),
    };
  } catch (error) {
    const reason = reasonOf(error);
    throw new EmbeddedServerError(`The data folder ${wanted} cannot be used (${reason}): ${WAYS_OUT}.`, {
      cause: error,
    });
  }
}

/**
 * Creates a folder and its parents. Does not use mkdir's `recursive`: on a file system that returns ENOENT for a
 * folder whose parent exists, such as /proc, Node retries for ever, in a thread that no signal stops.
 */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (await isFolder(path)) return;
    if (!hasCode(error, 'ENOENT') || (await isFolder(dirname(path)))) throw error;
    await makeFolder(dirname(path));
    // Another start may be creating it too.
    await mkdir(path).catch(async (again: unknown) => {
      if (!(await isFolder(path))) throw again;
    });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** The text of a file, or undefined if it does not exist. */
export async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
