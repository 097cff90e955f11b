import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gzipSync } from 'node:zlib';
import { ConsoleFilesService } from '../../src/adapters/console/console-files.service.js';
import { createDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { holdableInserts } from '../support/held-inserts.js';
import { type Answer, Watcher } from '../support/watcher.js';

const SCRIPT = `console.log('${'the console '.repeat(200)}');`;
const PAGE = '<!doctype html><head><base href="/console/"><script type="module" src="./assets/index-1a2b.js"></script>';
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types watcher-worker',
].join('; ');
/** What browsers send when somebody opens a page. */
const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8' };
const PROBLEM = expect.stringContaining('application/problem+json');

/** A path exactly as it is written, without the browser's own tidying, and without following redirects. */
interface Raw {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}
function raw(watcher: Watcher, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Raw> {
  const { hostname, port } = new URL(watcher.url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, method, headers }, (answer) => {
      void answer.toArray().then((chunks) => {
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks as Buffer[]) });
      }, reject);
    })
      .on('error', reject)
      .end();
  });
}

const at = (folder: string) => (app: Parameters<NonNullable<Parameters<typeof Watcher.start>[2]>>[0]) => {
  app.get(ConsoleFilesService, { strict: false }).folder = folder;
};

describe('the console', () => {
  let folder: string;
  let watcher: Watcher;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'watcher-console-'));
    const dist = join(folder, 'dist');
    await mkdir(join(dist, 'assets'), { recursive: true });
    await mkdir(join(dist, '.vite'));
    await writeFile(join(folder, 'secret.txt'), 'secret');
    await writeFile(join(dist, 'index.html'), PAGE);
    await writeFile(join(dist, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    await writeFile(join(dist, '.vite', 'manifest.json'), '{"secret":true}');
    await writeFile(join(dist, 'assets', 'index-1a2b.js'), SCRIPT);
    await writeFile(join(dist, 'assets', 'index-1a2b.js.br'), brotliCompressSync(SCRIPT));
    await writeFile(join(dist, 'assets', 'index-1a2b.js.gz'), gzipSync(SCRIPT));
    await writeFile(join(dist, 'assets', 'plain-3c4d.css'), 'p { color: red }');
    watcher = await Watcher.start({ adminKey: 'the-first-key-of-this-installation' }, undefined, at(dist));
  });
  afterAll(async () => {
    await watcher.stop();
    await rm(folder, { recursive: true });
  });

  const page = (answer: Answer) => [answer.status, answer.headers.get('content-type'), answer.text];
  const PAGE_ANSWER = [200, 'text/html; charset=utf-8', PAGE];

  it.each(['/console/', '/console/runs/7', '/console/runs/7/', '/console/pipelines?q=x.y', '/console/index.html'])(
    'has one page, which needs no key: %s',
    async (path) => {
      const answer = await watcher.get(path);
      expect(page(answer)).toEqual(PAGE_ANSWER);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'cache-control': 'no-cache',
        'content-security-policy': POLICY,
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'x-request-id': expect.any(String),
      });
    },
  );

  it('is found by a path without its slash', async () => {
    for (const [path, location] of [
      ['/console', '/console/'],
      ['/console?theme=dark', '/console/?theme=dark'],
      ['/console?next=//evil.example', '/console/?next=//evil.example'],
    ] as const) {
      const { status, headers } = await raw(watcher, path);
      expect([status, headers['location']]).toEqual([302, location]);
    }
  });

  it('has files that browsers keep for ever, compressed beforehand', async () => {
    const path = '/console/assets/index-1a2b.js';
    const plain = await raw(watcher, path);
    expect([plain.status, plain.body.toString()]).toEqual([200, SCRIPT]);
    expect(plain.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': expect.stringMatching(/javascript/),
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      vary: expect.stringMatching(/accept-encoding/i),
    });
    const br = await raw(watcher, path, { 'accept-encoding': 'gzip, deflate, br' });
    expect(br.headers['content-encoding']).toBe('br');
    expect(br.headers['content-type']).toMatch(/javascript/);
    expect(brotliDecompressSync(br.body).toString()).toBe(SCRIPT);
    const gzip = await raw(watcher, path, { 'accept-encoding': 'gzip' });
    expect([gzip.headers['content-encoding'], gzip.body.length]).toEqual(['gzip', gzipSync(SCRIPT).length]);
    const without = await raw(watcher, '/console/assets/plain-3c4d.css', { 'accept-encoding': 'gzip, br' });
    expect([without.headers['content-encoding'], without.body.toString()]).toEqual([undefined, 'p { color: red }']);
    const head = await raw(watcher, path, {}, 'HEAD');
    expect([head.status, head.body.length, head.headers['cache-control']]).toEqual([
      200,
      0,
      plain.headers['cache-control'],
    ]);
  });

  it('has other files, which browsers ask for again, with 304 while they are the same', async () => {
    const answer = await watcher.get('/console/favicon.svg');
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'public, max-age=0']);
    const again = await raw(watcher, '/console/favicon.svg', { 'if-none-match': answer.headers.get('etag') ?? '' });
    expect([again.status, again.body.length, again.headers['cache-control']]).toEqual([304, 0, 'public, max-age=0']);
  });

  it.each([
    '/console/assets/index-0000.js',
    '/console/assets/index-0000',
    '/console/assets/x/y',
    '/console/missing.png',
    '/console/runs/x.js',
    '/console/.vite/manifest.json',
    '/console/.env',
  ])('has no other file: %s', async (path) => {
    const { status, headers } = await raw(watcher, path);
    expect([path, status, headers['content-type'], headers['cache-control']]).toEqual([path, 404, PROBLEM, 'no-store']);
  });

  it.each([
    '/console/../secret.txt',
    '/console/..%2fsecret.txt',
    '/console/%2e%2e/secret.txt',
    '/console/%2e%2e%2fsecret.txt',
    '/console/assets/../../secret.txt',
    '/console/assets/..%2f..%2fsecret.txt',
    '/console/assets/%2e%2e/%2e%2e/secret.txt',
    '/console/..%5csecret.txt',
    '/console//secret.txt',
    '/console/%00.js',
    '/console/assets/index-1a2b.js%00.png',
    '/console/%c0%ae%c0%ae/secret.txt',
    '/console//etc/passwd.txt',
  ])('does not leave its folder: %s', async (path) => {
    const { status, body } = await raw(watcher, path);
    expect([path, status >= 400 && status < 500, body.toString().includes('secret"')]).toEqual([path, true, false]);
    expect(body.toString()).not.toBe('secret');
  });

  it('takes no other method', async () => {
    const answer = await watcher.send('POST', '/console/runs/7', undefined, {});
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('is what / leads browsers to; programs get the status', async () => {
    for (const accept of [BROWSER.accept, 'text/html', 'text/*', 'application/json;q=0.5, text/html']) {
      const { status, headers } = await raw(watcher, '/', { accept });
      expect([accept, status, headers['location'], headers['vary']]).toEqual([accept, 302, '/console/', 'Accept']);
    }
    for (const accept of ['*/*', '', 'application/json', 'application/json, text/html', 'text/html;q=0.1, */*;q=0.2']) {
      const { status, headers, body } = await raw(watcher, '/', { accept });
      expect([accept, status, body.toString(), headers['vary']]).toEqual([accept, 200, '{"status":"ok"}', 'Accept']);
    }
    expect((await raw(watcher, '/')).status).toBe(200);
    expect((await raw(watcher, '/', BROWSER, 'HEAD')).headers['location']).toBe('/console/');
    expect((await raw(watcher, '/pipeline', BROWSER)).status).toBe(401);
  });

  it('is behind the prefix of a proxy, with its files and the API', async () => {
    const behind = (prefix: string) => ({ ...BROWSER, 'x-forwarded-prefix': prefix });
    expect((await raw(watcher, '/', behind('/data/watcher'))).headers['location']).toBe('/data/watcher/console/');
    expect((await raw(watcher, '/console', behind('/data'))).headers['location']).toBe('/data/console/');
    for (const path of ['/console/', '/console/runs/7']) {
      const html = (await raw(watcher, path, behind('/data/watcher/'))).body.toString();
      expect(html).toBe(PAGE.replace('/console/', '/data/watcher/console/'));
    }
    expect((await raw(watcher, '/console/', behind('/a&b$&'))).body.toString()).toContain(
      '<base href="/a&amp;b$&amp;/console/">',
    );
  });

  it.each(['//evil.example', 'https://evil.example', '/\\evil.example', '/"><script>', '/a//evil.example', '\\\\evil'])(
    'leads nowhere else: %s',
    async (prefix) => {
      const headers = { ...BROWSER, 'x-forwarded-prefix': prefix };
      expect((await raw(watcher, '/', headers)).headers['location']).toBe('/console/');
      expect((await raw(watcher, '/console', headers)).headers['location']).toBe('/console/');
      expect((await raw(watcher, '/console/', headers)).body.toString()).toBe(PAGE);
    },
  );

  it.each(['//evil.example', '//evil.example/console', '/console//evil.example', '/\\evil.example', '//console'])(
    'is not reached by a path that names another host: %s',
    async (path) => {
      const { status, headers } = await raw(watcher, path, BROWSER);
      expect([path, headers['location']]).toEqual([path, undefined]);
      expect(status).toBeGreaterThanOrEqual(200);
    },
  );

  it('is below the base path', async () => {
    const other = await Watcher.start({ basePath: '/watcher' }, watcher.database, at(join(folder, 'dist')));
    for (const path of ['/', '/watcher', '/watcher/']) {
      expect((await raw(other, path, BROWSER)).headers['location']).toBe('/watcher/console/');
    }
    expect((await raw(other, '/watcher/console')).headers['location']).toBe('/watcher/console/');
    for (const path of ['/watcher/console/', '/console/', '/watcher/console/runs/7']) {
      expect((await other.get(path)).text).toBe(PAGE.replace('/console/', '/watcher/console/'));
    }
    expect((await other.get('/watcher/console/assets/plain-3c4d.css')).text).toBe('p { color: red }');
    await other.app.close();
  });

  it('is there while the service has as much work as it takes', async () => {
    const other = await Watcher.start({ maxPending: 1 }, await createDatabase(), at(join(folder, 'dist')));
    const id = await other.pipeline('busy');
    const starts = await holdableInserts(other.database, 'pipeline_execution');
    await starts.hold();
    const start = other.begin(id);
    await eventually(async () => expect((await other.get('/pipeline')).status).toBe(503));
    const pages = await Promise.all(Array.from({ length: 20 }, () => other.get('/console/assets/plain-3c4d.css')));
    expect(new Set(pages.map(({ status }) => status))).toEqual(new Set([200]));
    await starts.release();
    await start;
    await other.stop();
  });

  it.each([
    ['that is not installed', {}, '/nowhere/dist'],
    ['that is off', { console: false }, undefined],
  ])('%s has no page, and / leads nowhere', async (_, config, nowhere) => {
    const prepare = nowhere === undefined ? undefined : at(nowhere);
    const other = await Watcher.start(config, await createDatabase(), prepare);
    for (const path of ['/console', '/console/', '/console/runs/7', '/console/assets/index-1a2b.js']) {
      const { status, headers } = await raw(other, path, BROWSER);
      expect([path, status, headers['content-type']]).toEqual([path, 404, PROBLEM]);
    }
    const { status, headers } = await raw(other, '/', BROWSER);
    expect([status, headers['vary']]).toEqual([200, undefined]);
    expect((await other.get('/session')).status).toBe(nowhere === undefined ? 404 : 200);
    await other.stop();
  });
});
