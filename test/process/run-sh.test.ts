import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.js';
import { expectEndsSent, keepEnds } from '../support/kept-ends.js';
import { cli } from '../support/service.js';
import { hasTool } from '../support/tools.js';
import { type Json, Watcher } from '../support/watcher.js';

const script = fileURLToPath(new URL('../../clients/sh/watcher-run', import.meta.url));
const node = [process.execPath, cli, 'run'];
/** An address at which nobody listens. */
const NOWHERE = 'http://127.0.0.1:1';

let watcher: Watcher;
let folder: string;

beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watcher-sh-'));
  await mkdir(join(folder, 'tmp'));
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

interface Outcome {
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

class Program {
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;

  constructor([program = '', ...args]: readonly string[], environment: Record<string, string> = {}, input = '') {
    const { PATH = '', HOME = '' } = process.env;
    const own = {
      WATCHER_URL: watcher.url,
      WATCHER_SPOOL: join(folder, 'spool'),
      TMPDIR: join(folder, 'tmp'),
      // A busy machine may answer later than after the usual five seconds.
      WATCHER_TIMEOUT: '20',
    };
    const child = spawn(program, args, { env: { PATH, HOME, ...own, ...environment } });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    child.stdin.on('error', () => undefined).end(input);
    this.child = child;
    this.ended = once(child, 'close').then(([code, signal]) => ({
      code: code ?? signal,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }
}

const run = (command: readonly string[], environment?: Record<string, string>, input?: string): Promise<Outcome> =>
  new Program(command, environment, input).ended;

/** The executions of a pipeline, oldest first. */
async function executions(name: string): Promise<Json[]> {
  return watcher.all(`/pipeline_execution?order=asc&pipeline_name=${encodeURIComponent(name)}`);
}

/** The command lines of processes that contain this text. */
function processes(text: string): string[] {
  const { stdout } = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  if (!stdout) throw new Error('ps has no output');
  return stdout.split('\n').filter((line) => line.includes(text));
}

const spoolOf = (url: string): string => join(folder, 'spool', url.replaceAll(/[^A-Za-z0-9.-]/g, '_'));

/** Makes the reports kept for one service wait for another. */
const redirect = (from: string, to: string): Promise<void> => rename(spoolOf(from), spoolOf(to));

const shells = [['dash'], ['bash'], ['busybox', 'sh']].filter(([name = '']) => hasTool(name));

describe.each(shells)('watcher-run in %s', (...shell: string[]) => {
  const twin = [...shell.filter(Boolean), script];
  const unique = (name: string): string => `${name} of ${shell[0]}`;

  it('reports a success with counts and a watermark, and gives the next run the watermark', async () => {
    const name = unique('success');
    const report = String.raw`{"total_rows": 5, "next_watermark": "w\"1\\/%d é", "execution_metadata": {"a": [1]}}`;
    await writeFile(join(folder, 'r'), report);
    const first = await run(
      [...twin, '--pipeline', name, '--', 'sh', '-c', 'cat; cp "$0" "$WATCHER_REPORT"', join(folder, 'r')],
      {},
      'input',
    );
    expect(first).toEqual({ code: 0, stdout: 'input', stderr: '' });
    const second = await run([...twin, '--pipeline', name, '--', 'sh', '-c', 'printf %s "$WATCHER_WATERMARK"']);
    expect(second.stdout).toBe('w"1\\/%d é');
    expect(await executions(name)).toMatchObject([
      {
        status: 'succeeded',
        total_rows: 5,
        next_watermark: 'w"1\\/%d é',
        execution_metadata: { a: [1], exit_code: 0 },
      },
      { status: 'succeeded', watermark: 'w"1\\/%d é' },
    ]);
    // Nothing is left of any of them.
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  it('reports a failure with its code and the end of the error output', async () => {
    const name = `${unique('fail')} "q" \\ / % é`;
    const { code, stderr } = await run([
      ...twin,
      '--pipeline',
      name,
      '--',
      'sh',
      '-c',
      String.raw`seq 9999 >&2; printf 'a"b\\c\t\001\377é\n' >&2; exit 7`,
    ]);
    expect([code, stderr]).toEqual([7, expect.stringMatching(/^1\n2\n/)]);
    const [{ status, error_message, execution_metadata }] = await executions(name);
    expect([status, execution_metadata.exit_code]).toEqual(['failed', 7]);
    expect(error_message).toMatch(/^…\n\d+\n/);
    expect(error_message.endsWith('9999\na"b\\c\t\u0001é')).toBe(true);
    expect(error_message.length).toBeLessThan(16_400);
  });

  it('fails as the system does for commands that cannot be run, and refuses wrong options', async () => {
    const name = unique('missing');
    expect(await run([...twin, '--pipeline', name, 'no-such-command'])).toMatchObject({
      code: 127,
      stderr: 'watcher: no-such-command: command not found\n',
    });
    expect(await run([...twin, '--pipeline', name, '/etc/passwd'])).toMatchObject({ code: 126 });
    expect((await executions(name)).map(({ status }) => status)).toEqual(['failed', 'failed']);
    for (const args of [
      [],
      ['--nonsense', 'true'],
      ['--parent', 'x', 'true'],
      ['--heartbeat', '1x', 'true'],
      ['sh', '-c', ':'],
    ]) {
      expect([args, (await run([...twin, ...args])).code]).toEqual([args, 125]);
    }
  });

  it('reports an end without what the command reported wrongly', async () => {
    const name = unique('wrong');
    for (const report of [
      '[1]',
      '{"total_rows":',
      '{"total_rows":-1}',
      '{"status":"done"}',
      '{"rows":1,"inserts":2}',
    ]) {
      expect(
        await run([...twin, '--pipeline', name, '--', 'sh', '-c', 'printf %s "$0" >"$WATCHER_REPORT"', report]),
      ).toMatchObject({ code: 0, stderr: expect.stringMatching(/not all understood|was refused/) });
    }
    const ends = await executions(name);
    expect(ends.map(({ status, inserts }) => [status, inserts])).toEqual([
      ...Array.from({ length: 4 }, () => ['succeeded', null]),
      ['succeeded', 2],
    ]);
    for (const end of ends) expect(end.execution_metadata.report_error).toEqual(expect.any(String));
  });

  it('reports the end with its exit code after a refusal, and what no message may hold without it', async () => {
    const name = unique('refused');
    const command = String.raw`printf 'x\000y\n' >&2; echo '{"inserts":-1}' >"$WATCHER_REPORT"; exit 4`;
    const { code, stderr } = await run([...twin, '--pipeline', name, '--', 'sh', '-c', command]);
    expect([code, stderr]).toEqual([4, expect.stringMatching(/^x\0y\nwatcher: the end was refused: .*\n$/)]);
    expect(await executions(name)).toMatchObject([
      { status: 'failed', error_message: 'xy', execution_metadata: { exit_code: 4 } },
    ]);
  });

  it('sends ends of another client, without what is refused and with all digits', async () => {
    const name = unique('kept ends');
    await keepEnds(spoolOf(watcher.url), name);
    // A run sends what it can in two seconds, which may be little on a busy machine.
    const isLeft = async (): Promise<boolean> =>
      (await readdir(spoolOf(watcher.url))).some((file) => file.endsWith('.json'));
    for (let tries = 0; tries < 15 && (await isLeft()); tries++) {
      await run([...twin, '--pipeline', unique('sends'), 'true']);
    }
    await expectEndsSent(spoolOf(watcher.url), name, watcher.url);
  });

  it('prints what it would do', async () => {
    const { stdout } = await run([...twin, '--dry-run', '--pipeline', 'dry', '--next-watermark', '7', 'true']);
    expect(JSON.parse(stdout)).toMatchObject({ next_watermark: '7', heartbeat_ms: 30_000, command: ['true'] });
  });

  it('skips an inactive pipeline', async () => {
    const name = unique('inactive');
    await watcher.pipeline(name, { active: false });
    expect(await run([...twin, '--pipeline', name, 'echo', 'hi'])).toEqual({
      code: 0,
      stdout: '',
      stderr: `watcher: the pipeline '${name}' is inactive; the command was not run\n`,
    });
  });

  it('nests with itself and with the Node program, in both orders', async () => {
    const name = unique('tree');
    const level = (program: readonly string[], n: number): string[] => [...program, '--pipeline', `${name} ${n}`, '--'];
    expect(
      await run([...level(twin, 1), ...level(twin, 2), ...level(node, 3), ...level(twin, 4), 'true']),
    ).toMatchObject({ code: 0, stderr: '' });
    const runs = (await Promise.all([1, 2, 3, 4].map((n) => executions(`${name} ${n}`)))).flat();
    expect(runs.map(({ parent_id }) => parent_id)).toEqual([null, ...runs.slice(0, 3).map(({ id }) => id)]);
  });

  it.each<[NodeJS.Signals, number[]]>([
    ['SIGTERM', [143]],
    ['SIGHUP', [129]],
    ['SIGINT', [130, 143]],
  ])('hands %s on', async (signal, codes) => {
    const name = unique(signal);
    const program = new Program([...twin, '--pipeline', name, '--', 'sh', '-c', 'echo ready; exec sleep 60']);
    await eventually(() => expect(program.stdout).toContain('ready'));
    program.child.kill(signal);
    const outcome = await program.ended;
    // Where `env` can't undo that a background process ignores SIGINT, the command gets SIGTERM.
    expect(codes).toContain(outcome.code);
    expect(await executions(name)).toMatchObject([
      { status: 'aborted', execution_metadata: { exit_code: outcome.code } },
    ]);
  });

  it('survives signals that the command survives', async () => {
    const name = unique('survivor');
    const program = new Program([
      ...twin,
      '--pipeline',
      name,
      '--',
      'sh',
      '-c',
      'trap "echo got" INT TERM; echo ready; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; done; exit 3',
    ]);
    await eventually(() => expect(program.stdout).toContain('ready'));
    program.child.kill('SIGINT');
    await eventually(() => expect(program.stdout).toContain('got'));
    program.child.kill('SIGINT');
    expect(await program.ended).toMatchObject({ code: 3, stdout: expect.stringContaining('got\ngot') });
    expect(await executions(name)).toMatchObject([{ status: 'aborted' }]);
  });

  it.each([
    ['this', 'the Node'],
    ['the Node', 'this'],
    ['this', 'this'],
  ])('%s program runs a command without the service; %s program sends the reports once', async (first, second) => {
    const name = `${unique('away')} ${first} ${second}`;
    const program = (which: string): string[] => [...(which === 'this' ? twin : node), '--pipeline', name, '--'];
    const { code, stderr } = await run([...program(first), ...program(first), 'sh', '-c', 'exit 4'], {
      WATCHER_URL: NOWHERE,
    });
    expect([code, stderr]).toEqual([4, expect.stringContaining("can't be reached")]);
    const kept = (await readdir(spoolOf(NOWHERE))).toSorted();
    expect(kept.map((file) => file.replace(/^\d{13}-\d{6}-.{36}-/, ''))).toEqual([
      'start.json',
      'start.json',
      'end.json',
      'end.json',
    ]);
    expect((await stat(join(spoolOf(NOWHERE), kept[0] ?? ''))).mode & 0o777).toBe(0o600);
    await redirect(NOWHERE, watcher.url);
    expect(await run([...program(second), 'true'])).toMatchObject({ code: 0, stderr: '' });
    expect(await readdir(spoolOf(watcher.url))).toEqual([]);
    const [outer, inner, last, ...rest] = await executions(name);
    expect([outer.status, inner.status, last.status, rest]).toEqual(['failed', 'failed', 'succeeded', []]);
    expect(inner.parent_id).toBe(outer.id);
  });

  it('keeps reports that a wrong key delays; sets refused ones aside; keeps no more than the limit', async () => {
    const closed = createServer((request, response) =>
      request.resume().on('end', () => response.writeHead(401).end('{"detail":"no such key"}')),
    );
    await once(closed.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
    const environment = { WATCHER_URL: url, WATCHER_KEY: 'secret"\\key' };
    expect(await run([...twin, '--pipeline', unique('key'), 'true'], environment)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('answered 401: no such key'),
    });
    expect(await readdir(spoolOf(url))).toHaveLength(2);
    expect(
      await run([...twin, '--pipeline', unique('key'), 'true'], { ...environment, WATCHER_SPOOL_LIMIT: '2' }),
    ).toMatchObject({ code: 0, stderr: expect.stringContaining('a report is lost') });
    expect(await readdir(spoolOf(url))).toHaveLength(2);
    closed.close();
    await redirect(url, watcher.url);
    const file = '0000000000001-000001-x-end.json';
    await writeFile(
      join(spoolOf(watcher.url), file),
      JSON.stringify({ version: 1, path: '/batch', idempotency_key: unique('k'), body: [{ op: 'nonsense' }] }),
    );
    expect(await run([...twin, '--pipeline', unique('key'), 'true'])).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('was refused'),
    });
    expect(await readdir(spoolOf(watcher.url))).toEqual(['refused']);
    expect(
      await readFile(join(spoolOf(watcher.url), 'refused', file.replace('.json', '.answer.json')), 'utf8'),
    ).toContain('422');
    expect((await executions(unique('key'))).map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
  });

  it('sends heartbeats and its key, which no list of processes shows', async () => {
    const secret = `secret"\\of ${shell[0]}`;
    const requests: [string | undefined, string | undefined][] = [];
    let shown: string[] = [];
    const service = createServer((request, response) => {
      requests.push([request.url, request.headers.authorization]);
      shown = [...shown, ...processes(`of ${shell[0]}`)];
      request.resume().on('end', () => response.end('{"id":7,"active":true,"watermark":null}'));
    });
    await once(service.listen(0, '127.0.0.1'), 'listening');
    const environment = {
      WATCHER_URL: `http://127.0.0.1:${(service.address() as AddressInfo).port}/prefix/`,
      WATCHER_KEY: secret,
    };
    const command = [...twin, '--pipeline', 'beats', '--heartbeat', '1s', '--', 'sleep', '2.7'];
    expect(await run(command, environment)).toEqual({ code: 0, stdout: '', stderr: '' });
    service.close();
    const beats = requests.filter(([path]) => path === '/prefix/heartbeat').length;
    expect([1, 2, 3]).toContain(beats);
    expect(requests.map(([path]) => path)).toEqual([
      '/prefix/pipeline',
      '/prefix/start_pipeline_execution',
      ...Array.from({ length: beats }, () => '/prefix/heartbeat'),
      '/prefix/end_pipeline_execution',
    ]);
    expect(new Set(requests.map(([, key]) => key))).toEqual(new Set([`Bearer ${secret}`]));
    expect(shown).toEqual([]);
  });

  it('leaves no process behind, and does not wait for those that the command left', async () => {
    const begun = Date.now();
    const command = ['--heartbeat', '7261s', '--', 'sh', '-c', 'sleep 20 >/dev/null & echo done'];
    const { code, stdout } = await run([...twin, '--pipeline', unique('left'), ...command]);
    expect([code, stdout]).toEqual([0, 'done\n']);
    expect(Date.now() - begun).toBeLessThan(15_000);
    expect([...processes('sleep 7261'), ...processes(join(folder, 'tmp'))]).toEqual([]);
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  it('runs in parallel with others', async () => {
    const name = unique('parallel');
    const outcomes = await Promise.all(
      Array.from({ length: 4 }, (_, n) => run([...twin, '--pipeline', name, '--', 'sh', '-c', `echo ${n}; exit ${n}`])),
    );
    expect(outcomes.map(({ code, stdout }) => [code, stdout])).toEqual([0, 1, 2, 3].map((n) => [n, `${n}\n`]));
    const codes = (await executions(name)).map(({ execution_metadata }) => execution_metadata.exit_code);
    expect([codes.length, new Set(codes)]).toEqual([4, new Set([0, 1, 2, 3])]);
  });

  (hasTool('script') ? it : it.skip)('reports a command that Ctrl+C on a terminal reached', async () => {
    const name = unique('terminal');
    const command = `trap 'echo got' INT; echo ready; for i in 1 2 3 4 5 6 7 8; do sleep 0.1; done; exit 5`;
    await writeFile(join(folder, 'job'), command);
    const env = { ...process.env, WATCHER_URL: watcher.url, WATCHER_SPOOL: join(folder, 'spool') };
    // `exec`: the shell of `script` would get Ctrl+C too, and dash then ends with 130, whatever its command ended with.
    const terminal = spawn(
      'script',
      ['-qfec', `exec ${twin.join(' ')} --pipeline '${name}' -- sh ${join(folder, 'job')}`, '/dev/null'],
      { env },
    );
    let output = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    const ended = once(terminal, 'close');
    await eventually(() => expect(output).toContain('ready'));
    terminal.stdin.write('\u0003');
    const [code] = await ended;
    expect([code, output.match(/got/g)]).toEqual([5, ['got']]);
    expect(await executions(name)).toMatchObject([{ status: 'aborted', execution_metadata: { exit_code: 5 } }]);
  });
});
