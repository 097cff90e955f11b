import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const start = promisify(execFile);
/** A machine without access to PyPI is found out in this time. */
const PATIENCE_MS = 240_000;

/** A throw-away Python environment with packages from PyPI. */
export interface Venv {
  readonly folder: string;
  /** The path of one of its programs. */
  program(name: string): string;
  remove(): Promise<void>;
}

/** Undefined, with a word, where the packages can't be installed. */
export async function install(packages: readonly string[]): Promise<Venv | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'watcher-openlineage-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const program = (name: string): string => join(folder, 'venv', 'bin', name);
  try {
    await start('python3', ['-m', 'venv', join(folder, 'venv')], { timeout: PATIENCE_MS });
    const options = ['--quiet', '--no-compile', '--disable-pip-version-check', '--retries', '2'];
    await start(program('python'), ['-m', 'pip', 'install', ...options, ...packages], { timeout: PATIENCE_MS });
    return { folder, program, remove };
  } catch (error) {
    const [reason] = (error as Error).message.trim().split('\n').slice(-1);
    process.stderr.write(`${packages.join(', ')} can't be installed: skipping their tests (${reason}).\n`);
    await remove();
    return undefined;
  }
}
