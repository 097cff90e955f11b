import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createDatabase } from '../support/database.js';
import { Service } from '../support/service.js';
import { download, run } from './run.js';

const PROJECT = fileURLToPath(new URL('../../clients/python', import.meta.url));
export const TESTS = join(PROJECT, 'tests');

/** Installs the wheel of clients/python as a user would, and runs a part of its tests against the built service. */
export async function runTests(packages: readonly string[], tests: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'watcher-python-'));
  const database = await createDatabase();
  const service = await Service.start({ DATABASE_URL: database.url });
  try {
    // Without what an earlier build left, which would get into the wheel.
    const filter = (path: string): boolean => !/[/\\](?:build|[^/\\]*\.egg-info)$/.test(path);
    await cp(PROJECT, join(folder, 'project'), { recursive: true, filter });
    await run('python3', ['-m', 'venv', 'venv'], folder);
    const python = join(folder, 'venv', 'bin', 'python');
    await download(python, ['-m', 'pip', 'wheel', '--quiet', '--no-deps', '--wheel-dir', 'wheel', './project'], folder);
    const wheels = (await readdir(join(folder, 'wheel'))).map((name) => join('wheel', name));
    expect(wheels).toEqual([expect.stringMatching(/watcher_client-.*-py3-none-any\.whl$/)]);
    await download(python, ['-m', 'pip', 'install', '--quiet', '--no-compile', ...wheels, ...packages], folder);
    const environment = ['-u', 'WATCHER_KEY', '-u', 'WATCHER_SPOOL', `WATCHER_URL=${service.url}`, `HOME=${folder}`];
    await run('env', [...environment, `PYTHONPATH=${TESTS}`, python, '-m', 'unittest', ...tests], folder);
  } finally {
    await service.kill();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  }
}
