import { DatabaseSync } from 'node:sqlite';
import { EmbeddedServerError, reasonOf } from './embedded-server-error.js';
import { WAYS_OUT } from './data-folder.js';

const SQLITE_BUSY = 5;

/**
 * The exclusive right of one process to a data folder, from before the first read until the server has stopped.
 *
 * It is a lock of the operating system on a file, so it ends with the process however that dies: no stale pid can
 * mislead the next start, and two starts can't both succeed. Node has no file locks of its own; an exclusive SQLite
 * transaction is one, on every system, and it works within one process as well. (An advisory lock in the embedded
 * server would leave a gap between the start of the server and the lock.)
 */
export class FolderLock {
  private constructor(private readonly holder: DatabaseSync) {}

  /** Takes the lock or throws at once; never waits. */
  static take(file: string, folder: string): FolderLock {
    let holder: DatabaseSync | undefined;
    try {
      holder = new DatabaseSync(file);
      // In memory, so that no journal file appears beside the lock; nothing is ever written.
      holder.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
      return new FolderLock(holder);
    } catch (error) {
      holder?.close();
      throw refusal(error, folder);
    }
  }

  release(): void {
    if (this.holder.isOpen) this.holder.close();
  }
}

function refusal(error: unknown, folder: string): EmbeddedServerError {
  if (typeof error === 'object' && error !== null && 'errcode' in error && error.errcode === SQLITE_BUSY) {
    return new EmbeddedServerError(
      `Another Watcher is running on the data folder ${folder}: stop that one first, or ${WAYS_OUT}.`,
      { cause: error },
    );
  }
  const reason = reasonOf(error);
  return new EmbeddedServerError(`The data folder ${folder} cannot be locked (${reason}): ${WAYS_OUT}.`, {
    cause: error,
  });
}
