import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { Watcher } from '../../clients/typescript/dist/src/node.js';
import { Console } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { Service } from '../support/service.js';
import { PROGRAMS } from './generator.js';
import { run } from './run.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const start = promisify(execFile);
let database: TestDatabase;
let service: Service;
/** The package as `npm install` leaves it, in a folder with nothing else. */
let folder: string;
let pages: Server;
let origin: string;

beforeAll(async () => {
  pages = createServer((request, response) => {
    const path = request.url === '/' ? undefined : request.url;
    if (path === undefined) return void response.setHeader('content-type', 'text/html').end('<!doctype html>');
    readFile(join(folder, 'node_modules/watcher-client/dist', path)).then(
      (code) => response.setHeader('content-type', 'text/javascript').end(code),
      () => response.writeHead(404).end(),
    );
  }).listen(0, '127.0.0.1');
  await once(pages, 'listening');
  origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
  database = await createDatabase();
  service = await Service.start({ DATABASE_URL: database.url, WATCHER_CORS_ORIGINS: origin });
  folder = await mkdtemp(join(tmpdir(), 'watcher-package-'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }');
  const packed = await run('npm', ['pack', '--silent', '--pack-destination', folder], join(root, 'clients/typescript'));
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', join(folder, packed.trim())], folder);
  await cp(join(PROGRAMS, 'typescript'), folder, { recursive: true });
});
afterAll(async () => {
  await service.kill();
  await database.drop();
  pages.close();
  await rm(folder, { recursive: true, force: true });
});

/** The environment of a program; its reports wait in a folder of its own. */
const environment = (url: string, spool: string): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  WATCHER_URL: url,
  WATCHER_SPOOL: join(folder, spool),
  WATCHER_TIMEOUT: '1',
  // Of an outer run that is none of these programs' business: a set is complete.
  WATCHER_WATERMARK: 'of another',
});

/** This Node, and the one on the path where that is another one that the package supports. */
async function nodes(): Promise<string[]> {
  const version = await run('node', ['--version'], folder);
  const isOther = version.trim() !== process.version && Number(/\d+/.exec(version)?.[0]) >= 20;
  return isOther ? [process.execPath, 'node'] : [process.execPath];
}

describe('the packed client', () => {
  it('has what is needed, and nothing else', async () => {
    const installed = join(folder, 'node_modules', 'watcher-client');
    const [listed] = JSON.parse(
      await run('npm', ['pack', '--dry-run', '--json'], join(root, 'clients/typescript')),
    ) as [{ files: { path: string }[] }];
    const paths = listed.files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'dist/src/node.js', 'dist/src/browser.d.ts']),
    );
    expect(paths.filter((path) => !/^(dist\/.*\.(js|d\.ts)|LICENSE|README\.md|package\.json)$/.test(path))).toEqual([]);
    const { version, dependencies } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
    expect(version).toBe(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')).version);
    expect(dependencies).toBeUndefined();
    expect(await readFile(join(installed, 'LICENSE'), 'utf8')).toBe(await readFile(join(root, 'LICENSE'), 'utf8'));
  });

  it('puts the runs of other processes below this one', async () => {
    const watcher = new Watcher({ url: service.url });
    for (const node of await nodes()) {
      const env = environment(service.url, 'tree');
      const { id, runId, step } = JSON.parse((await start(node, ['nightly.mjs'], { cwd: folder, env })).stdout);
      const hex = (id: number): string => id.toString(16).padStart(12, '0');
      expect(step.found).toEqual({
        WATCHER_EXECUTION_ID: String(id),
        WATCHER_RUN_ID: runId,
        WATCHER_PIPELINE: 'nightly/main',
        OPENLINEAGE_PARENT_ID: `watcher/nightly%2Fmain/00000000-0000-8000-8000-${hex(id)}`,
      });
      const { child_executions: children } = await watcher.getExecution(id);
      expect(children.map(({ pipeline_name, status }) => [pipeline_name, status])).toEqual([
        ['inner', 'succeeded'],
        ['outer', 'succeeded'],
      ]);
      const outer = children[1]!.id;
      expect(step.handed).toMatchObject({
        WATCHER_EXECUTION_ID: String(outer),
        WATCHER_PARENT_ID: String(id),
        WATCHER_PIPELINE: 'outer',
        WATCHER_NAMESPACE: 'steps',
        OPENLINEAGE_PARENT_ID: `steps/outer/00000000-0000-8000-8000-${hex(outer)}`,
      });
    }
  });

  it('does so also while the service is away', async () => {
    const away = 'http://127.0.0.1:9';
    const { stdout } = await start(process.execPath, ['nightly.mjs'], { cwd: folder, env: environment(away, 'away') });
    const { runId, step } = JSON.parse(stdout);
    expect(step.found).toEqual({ WATCHER_RUN_ID: runId, WATCHER_PIPELINE: 'nightly/main' });
    // The same reports for the service that is there.
    const from = join(folder, 'away', 'http___127.0.0.1_9');
    await cp(from, join(folder, 'away', service.url.replaceAll(/[^A-Za-z0-9.-]/g, '_')), { recursive: true });
    const watcher = new Watcher({ url: service.url, spool: join(folder, 'away') });
    expect(await watcher.flush()).toBe(true);
    const [night] = await watcher.listExecutions({ external_id: runId });
    const { child_executions } = await watcher.getExecution(night!.id);
    expect(child_executions.map(({ pipeline_name, status }) => [pipeline_name, status])).toEqual([
      ['inner', 'succeeded'],
      ['outer', 'succeeded'],
    ]);
  });

  it.each([
    ['', 0],
    ['exit', 3],
    ['throw', 1],
  ])('keeps no process alive, and loses no end as it leaves (%s)', async (how, code) => {
    const spool = `leave-${how}`;
    const begun = Date.now();
    const program = start(process.execPath, ['leaves.mjs', how], { cwd: folder, env: environment(service.url, spool) });
    const left = await program.then(
      () => 0,
      (error: { code: number }) => error.code,
    );
    expect(left).toBe(code);
    // A process that something keeps alive does not end at all.
    expect(Date.now() - begun).toBeLessThan(30_000);
    const watcher = new Watcher({ url: service.url, spool: join(folder, spool) });
    expect(await watcher.flush()).toBe(true);
    const last = async (pipeline_name: string): Promise<unknown> =>
      (await watcher.listExecutions({ pipeline_name, limit: 1 }))[0];
    expect(await last('just told')).toMatchObject({ status: 'succeeded' });
    expect(await last('left open')).toMatchObject({
      status: 'failed',
      error_message: `The process ended with code ${code} before the run did.`,
    });
  });

  it('compiles with what the documents show, strictly, for Node and for browsers', async () => {
    const tsc = [join(root, 'node_modules/typescript/bin/tsc'), '--strict', '--noEmit', '--target', 'es2022'];
    // Without the types of Node, which are not there yet.
    await writeFile(join(folder, 'page.ts'), "import { watcher } from 'watcher-client';\nvoid watcher.flush();\n");
    const page = ['--module', 'esnext', '--moduleResolution', 'bundler', '--lib', 'es2022,dom', 'page.ts'];
    await run(process.execPath, [...tsc, ...page, '--customConditions', 'browser'], folder);

    const documents = ['clients/typescript/README.md', 'docs/integrate/typescript.md'];
    const texts = await Promise.all(documents.map((path) => readFile(join(root, path), 'utf8')));
    const snippets = texts.flatMap((text) => [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code));
    expect(snippets.length).toBeGreaterThan(8);
    const head = `
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type api, type RunOptions, watcher, Watcher } from 'watcher-client';
declare function load(from: string | null | undefined, until?: Date): Promise<number>;
declare const secret: string;
// @ts-expect-error: a datepart has a list of values
export const wrong: RunOptions = { pipeline: 'a', type: 'b', freshness: [1, 'fortnight'] };
export const watermark: Promise<string | null | undefined> = watcher.run(wrong, (run) => run.watermark);
export const execution: Promise<api.ExecutionWithChildren> = watcher.getExecution(1);
`;
    const body = snippets.map(
      (code, at) => `export async function snippet${at}() {\n${code.replaceAll(/^import .*;$/gm, '')}}\n`,
    );
    await writeFile(join(folder, 'program.ts'), head + body.join(''));
    await mkdir(join(folder, 'node_modules', '@types'), { recursive: true });
    for (const name of ['@types/node', 'undici-types']) {
      await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name));
    }
    const node = ['--module', 'nodenext', '--types', 'node', '--exactOptionalPropertyTypes', 'program.ts'];
    await run(process.execPath, [...tsc, ...node], folder);
  });

  it('reports from a page in Chromium', async () => {
    const browser = await Console.start(service.url);
    try {
      const page = await browser.page({ mayFail: true });
      await page.goto(origin);
      const said = await page.evaluate<unknown>(`(async () => {
        const { Watcher, watcher } = await import('/src/browser.js');
        const warnings = [];
        const here = new Watcher({ url: '${service.url}', warn: (message) => warnings.push(message) });
        const ids = await here.run({ pipeline: 'page', type: 'test' }, async (run) => {
          run.totalRows = 3;
          const child = await here.run({ pipeline: 'part of page', type: 'test', parent: run }, (child) => child.id);
          return [run.id, child];
        });
        // Nothing listens there: the reports wait in memory, and the page goes on.
        const away = new Watcher({ url: 'http://127.0.0.1:9', timeoutSeconds: 1, warn: (message) => warnings.push(message) });
        const done = await away.run({ pipeline: 'page', type: 'test' }, () => 'done');
        return { ids, done, isEmpty: await away.flush(), warnings };
      })()`);
      const { ids, ...rest } = said as { ids: [number, number] };
      const warnings = [expect.stringContaining("can't be reached at http://127.0.0.1:9")];
      expect(rest).toEqual({ done: 'done', isEmpty: false, warnings });
      const watcher = new Watcher({ url: service.url });
      expect(await watcher.getExecution(ids[0])).toMatchObject({
        status: 'succeeded',
        total_rows: 3,
        child_executions: [{ id: ids[1], status: 'succeeded' }],
      });
      expect(await browser.complaints()).toEqual([]);
    } finally {
      await browser.stop();
    }
  });
});
