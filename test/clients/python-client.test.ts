import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createDatabase } from '../support/database.js';
import { Service } from '../support/service.js';
import { download, run } from './run.js';

const PROJECT = fileURLToPath(new URL('../../clients/python', import.meta.url));

/**
 * The wheel of clients/python, installed as a user would, passes its own tests against the built service. With
 * TEST_INTEGRATIONS the examples for dbt, Prefect, Dagster and Airflow are run too; that takes minutes, and installs them.
 */
it('the client library for Python passes its tests against the service', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'watcher-python-'));
  const database = await createDatabase();
  const service = await Service.start({ DATABASE_URL: database.url });
  try {
    await cp(PROJECT, join(folder, 'project'), { recursive: true });
    await run('python3', ['-m', 'venv', 'venv'], folder);
    const python = join(folder, 'venv', 'bin', 'python');
    await download(python, ['-m', 'pip', 'wheel', '--quiet', '--no-deps', '--wheel-dir', 'wheel', './project'], folder);
    const wheels = (await readdir(join(folder, 'wheel'))).map((name) => join('wheel', name));
    expect(wheels).toEqual([expect.stringMatching(/watcher_client-.*-py3-none-any\.whl$/)]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--no-index', ...wheels], folder);
    const environment = ['-u', 'WATCHER_KEY', '-u', 'WATCHER_SPOOL', `WATCHER_URL=${service.url}`, `HOME=${folder}`];
    const tests = ['-m', 'unittest', 'discover', '--start-directory', join(PROJECT, 'tests')];
    await run('env', [...environment, python, '-W', 'error::ResourceWarning', ...tests], folder);
  } finally {
    await service.kill();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  }
});
