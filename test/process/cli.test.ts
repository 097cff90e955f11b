import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli, Service } from '../support/service.js';

/** Variables of libpq that would break each connection that used them. */
const STRANGE = { PGHOST: 'nowhere.invalid', PGSSLMODE: 'verify-full', PGOPTIONS: '-c no_such_setting=1' };

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watcher-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

interface Outcome {
  readonly code: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `watcher` with these arguments on the database of the test. */
function watcher(...args: string[]): Promise<Outcome> {
  const env = { PATH: process.env['PATH'], WATCHER_DATA_DIR: folder, ...STRANGE };
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    );
  });
}

describe('the watcher command', () => {
  it.each([
    [['no-such-command'], "watcher: there is no command 'no-such-command'\nusage:"],
    [['serve', 'now'], "watcher: serve takes no arguments, and got 'now'\nusage:"],
  ])('refuses %j with its usage', async (args, message) => {
    const { code, stderr } = await watcher(...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('serves, creates keys for the service, and shuts down cleanly when signalled twice', async () => {
    const service = await Service.start({ WATCHER_DATA_DIR: folder, ...STRANGE }, [cli, 'serve']);
    const postmaster = Number.parseInt(await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8'), 10);

    const created = await watcher('key', 'create', '--name', 'nightly', '--scope', 'read');
    expect(created).toMatchObject({ code: 0, stderr: '' });
    const [key = ''] = created.stdout.split('\n');
    const answer = await fetch(`${service.url}/pipeline`, { headers: { authorization: `Bearer ${key}` } });
    expect(answer.status).toBe(200);
    const last = await watcher('key', 'revoke', 'nightly');
    expect([last.code, last.stderr]).toEqual([1, expect.stringContaining('it is the last key')]);

    service.signal('SIGINT');
    service.signal('SIGHUP');
    expect(await service.ended).toBe(0);
    expect(() => process.kill(postmaster, 0)).toThrow('ESRCH');
  });
});
