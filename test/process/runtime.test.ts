import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watcher-runtime-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A folder with a program named `node` that prints this version, and otherwise only that it ran. */
async function callersNode(version: string, ...below: string[]): Promise<string> {
  const home = join(folder, version, ...below);
  await mkdir(home, { recursive: true });
  const program = join(home, 'node');
  await writeFile(program, `#!/bin/sh\n[ "$1" = --version ] && echo v${version} || echo "${version} runs $*"\n`);
  await chmod(program, 0o755);
  return home;
}

async function outcome(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  let said = '';
  for (const output of [child.stdout, child.stderr]) output?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said: said.trim() };
}

/** The output of `node tools/node.js -p process.execPath` for a caller with this PATH. */
function run(path: readonly string[], home = repository): Promise<{ code: number | null; said: string }> {
  const env = { PATH: [...path, '/usr/bin', '/bin'].join(delimiter) };
  return outcome(spawn(process.execPath, [join(home, 'tools', 'node.js'), '-p', 'process.execPath'], { env }));
}

describe('the Node of the scripts', () => {
  it.each(['24.11.0', '24.99.1', '26.0.0', '28.1.0'])("is the caller's %s", async (version) => {
    expect(await run([await callersNode(version)])).toEqual({ code: 0, said: `${version} runs -p process.execPath` });
  });

  it.each(['20.20.2', '22.22.3', '24.0.0', '24.10.0', '25.9.0'])(
    "is npm's where the caller has %s",
    async (version) => {
      const { code, said } = await run([await callersNode(version)]);
      expect([code, await realpath(said)]).toEqual([0, expect.stringContaining(join('node_modules', 'node-'))]);
    },
  );

  it('is not the one that npm prepends to the PATH', async () => {
    const path = [await callersNode('24.98.0', 'node_modules', '.bin'), await callersNode('24.97.0')];
    expect((await run(path)).said).toBe('24.97.0 runs -p process.execPath');
  });

  it('is reported missing in one line', async () => {
    const bare = join(folder, 'bare');
    await cp(join(repository, 'tools'), join(bare, 'tools'), { recursive: true });
    await writeFile(join(bare, 'package.json'), '{ "type": "module" }');
    const { code, said } = await run([await callersNode('20.20.2')], bare);
    expect(code).toBe(1);
    expect(said).toMatch(/^watcher: Node 24\.11, or a newer LTS, is required, found Node 20\.20\.2, .*[^\n]$/);
    expect(said).not.toContain('\n');
  });
});

describe('the watcher command on an older Node', () => {
  /** Makes the first process look like Node 20; the one that takes its place says what runs it. */
  const older = (program: string): string => `
    if (process.env.IS_OLDER) {
      delete process.env.IS_OLDER;
      Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });
      process.execPath = ${JSON.stringify(program)};
    } else console.error(process.execPath);`;

  async function watcher(home: string, ...args: string[]): Promise<{ code: number | null; said: string }> {
    const path = await callersNode('20.20.2');
    const preload = `data:text/javascript,${encodeURIComponent(older(join(path, 'node')))}`;
    const cli = join(home, 'dist', 'src', 'cli.js');
    const env = { PATH: [path, '/usr/bin', '/bin'].join(delimiter), WATCHER_DATA_DIR: folder, IS_OLDER: 'yes' };
    return outcome(spawn(process.execPath, ['--import', preload, cli, ...args], { env }));
  }

  it.each([
    ['import', '--help', 0, 'usage: watcher import'],
    ['shard', '--help', 0, 'usage: watcher shard'],
    ['key', 'list', 1, 'DATABASE_URL is not set'],
    ['serve', 'now', 2, "takes no arguments, and got 'now'"],
  ])("runs %s on npm's, with its arguments and its exit code", async (name, argument, expected, text) => {
    const { code, said } = await watcher(repository, name, argument);
    expect([code, said]).toEqual([expected, expect.stringContaining(text)]);
    expect(said).toContain(join('node_modules', 'node-'));
  });

  it('runs run itself, which has to start fast', async () => {
    const { code, said } = await watcher(repository, 'run', '--help');
    expect([code, said]).toEqual([0, expect.stringMatching(/^usage: watcher run/)]);
    expect(said).not.toContain(join('node_modules', 'node-'));
  });

  it('says in one line which Node it needs where there is none', async () => {
    const bare = join(folder, 'bare-command');
    await cp(join(repository, 'tools'), join(bare, 'tools'), { recursive: true });
    await cp(join(repository, 'dist', 'src', 'cli.js'), join(bare, 'dist', 'src', 'cli.js'));
    await writeFile(join(bare, 'package.json'), '{ "type": "module" }');
    const { code, said } = await watcher(bare, 'key', 'list');
    expect(code).toBe(1);
    expect(said).toMatch(/^watcher: Node 24\.11, or a newer LTS, is required, found Node 20\.20\.2, .*[^\n]$/);
    expect(said).not.toContain('\n');
  });
});

describe('a program that cannot replace its parent process, as on Windows', () => {
  const starter = (script: string): ChildProcess =>
    spawn(process.execPath, [
      '--input-type=module',
      '--eval',
      `import { runAsChild } from ${JSON.stringify(pathToFileURL(join(repository, 'tools', 'runtime.js')).href)};
       runAsChild(process.execPath, ['--eval', ${JSON.stringify(script)}]);`,
    ]);

  it('returns its exit code', async () => {
    expect((await outcome(starter('process.exit(7)'))).code).toBe(7);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('gets %s', async (signal) => {
    const child = starter(
      `process.on('${signal}', () => process.exit(3)); console.log('up'); setInterval(() => undefined, 1000)`,
    );
    const end = outcome(child);
    if (child.stdout) await once(child.stdout, 'data');
    child.kill(signal);
    expect((await end).code).toBe(3);
  });

  it('reports the signal that killed it', async () => {
    expect((await outcome(starter(`process.kill(process.pid, 'SIGKILL')`))).code).toBe(137);
  });
});
