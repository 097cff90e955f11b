import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { parseExactly } from '../exact.js';
import type { Report, ReportStore } from '../store.js';

/**
 * A folder of reports, one file each, that the clients of all languages share. A report is on the disk when `add`
 * returns. No lock is needed: the keys of the reports make it harmless that two processes send the same one.
 */
export class Spool implements ReportStore {
  private readonly folder: string;

  /** `spool` is the folder for all services. */
  constructor(
    spool: string,
    url: string,
    private readonly limit: number,
  ) {
    this.folder = join(spool, url.replaceAll(/[^A-Za-z0-9.-]/g, '_'));
  }

  add(name: string, report: Report): boolean {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    if (this.names().length >= this.limit) return false;
    const unfinished = join(this.folder, `.tmp-${process.pid}-${name}`);
    try {
      const file = openSync(unfinished, 'w', 0o600);
      try {
        writeFileSync(file, JSON.stringify(report));
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(unfinished, join(this.folder, name));
    } catch (error) {
      rmSync(unfinished, { force: true });
      throw error;
    }
    syncFolder(this.folder);
    return true;
  }

  names(): string[] {
    try {
      return readdirSync(this.folder)
        .filter((name) => /^\d.*\.json$/.test(name))
        .sort();
    } catch {
      return []; // nothing was kept yet
    }
  }

  read(name: string): Report | undefined {
    let text: string;
    try {
      text = readFileSync(join(this.folder, name), 'utf8');
    } catch {
      return undefined; // another process has sent it
    }
    try {
      return parseExactly(text) as Report;
    } catch (error) {
      this.refuse(name, { detail: `not JSON: ${String(error)}` });
      return undefined;
    }
  }

  remove(name: string): void {
    rmSync(join(this.folder, name), { force: true });
  }

  /** Moves it into the folder `refused`, where its answer lies beside it. */
  refuse(name: string, answer: unknown): void {
    const refused = join(this.folder, 'refused');
    mkdirSync(refused, { recursive: true, mode: 0o700 });
    const answerFile = join(refused, name.replace(/\.json$/, '.answer.json'));
    writeFileSync(answerFile, JSON.stringify(answer), { mode: 0o600 });
    try {
      renameSync(join(this.folder, name), join(refused, name));
    } catch {
      // Another process has moved it.
    }
  }
}

/** Makes a renaming survive a loss of power. Windows can't open a folder, and needs no such call. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
