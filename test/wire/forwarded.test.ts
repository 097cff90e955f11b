import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isTrustedProxy, routedUrl } from '../../src/platform/http/public-url.js';
import { type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
beforeAll(async () => {
  watcher = await Watcher.start();
  for (const name of ['one', 'two']) await watcher.pipeline(name);
});
afterAll(() => watcher.stop());

const link = async (headers: Record<string, string>, at = watcher, path = '/pipeline?limit=1'): Promise<string> =>
  /<(.*)&cursor=/.exec((await at.get(path, headers)).headers.get('link') ?? '')?.[1] ?? '';

describe('links behind a proxy', () => {
  const own = (): string => `${watcher.url}/pipeline?limit=1`;

  it.each<[Record<string, string>, string | undefined]>([
    [{}, undefined],
    [
      { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'watcher.example' },
      'https://watcher.example/pipeline?limit=1',
    ],
    [
      { 'x-forwarded-proto': 'https, http', 'x-forwarded-host': 'watcher.example:8443, 10.0.0.1' },
      'https://watcher.example:8443/pipeline?limit=1',
    ],
    [
      { 'x-forwarded-host': 'watcher.example', 'x-forwarded-prefix': '/data/watcher/' },
      'http://watcher.example/data/watcher/pipeline?limit=1',
    ],
    [
      { 'x-forwarded-host': '[2001:db8::1]:80', 'x-forwarded-prefix': '/a, /b' },
      'http://[2001:db8::1]:80/a/pipeline?limit=1',
    ],
  ])('carry what it says first: %j', async (headers, expected) => {
    expect(await link(headers)).toBe(expected ?? own());
  });

  it.each<Record<string, string>>([
    { 'x-forwarded-proto': 'javascript' },
    { 'x-forwarded-proto': 'javascript:alert(1)//' },
    { 'x-forwarded-proto': '' },
    { 'x-forwarded-host': 'evil.example/path?' },
    { 'x-forwarded-host': 'user@evil.example' },
    { 'x-forwarded-host': '"><script>' },
    { 'x-forwarded-prefix': '//evil.example' },
    { 'x-forwarded-prefix': 'relative' },
    { 'x-forwarded-prefix': '/a>; rel="next", <http://evil.example' },
    { 'x-forwarded-prefix': '/"onload="' },
  ])('pass over what can be none: %j', async (headers) => {
    expect(await link(headers)).toBe(own());
  });
});

describe('the prefix', () => {
  it('is in the servers of the document, and of the page', async () => {
    const at = async (headers: Record<string, string>): Promise<Json> =>
      (await watcher.get('/docs-json', headers)).body.servers;
    const { url } = watcher;
    expect(await at({})).toEqual([{ url }]);
    expect(await at({ 'x-forwarded-prefix': '/data/watcher' })).toEqual([{ url: `${url}/data/watcher` }]);
    const proxy = {
      'x-forwarded-proto': 'https, http',
      'x-forwarded-host': 'data.example',
      'x-forwarded-prefix': '/w',
    };
    expect(await at(proxy)).toEqual([{ url: 'https://data.example/w' }]);
    expect(await at({})).toEqual([{ url }]);
    const page = await watcher.get('/docs/swagger-ui-init.js', { 'x-forwarded-prefix': '/data/watcher' });
    expect(page.text).toMatch(/"url": "http:\/\/[\d.:]+\/data\/watcher"/);
  });

  it('can be configured, and left in the path by the proxy or not', async () => {
    const other = await Watcher.start({ basePath: '/watcher' }, watcher.database);
    expect((await other.get('/docs-json')).body.servers).toEqual([{ url: `${other.url}/watcher` }]);
    for (const path of ['/pipeline?limit=1', '/watcher/pipeline?limit=1']) {
      expect(await link({}, other, path)).toBe(`${other.url}/watcher/pipeline?limit=1`);
    }
    expect(await other.all('/watcher/pipeline?limit=1')).toHaveLength(2);
    expect((await other.get('/watcher')).body).toEqual({ status: 'ok' });
    expect((await other.get('/watcher/health/ready')).status).toBe(200);
    expect((await other.get('/watcherx')).status).toBe(404);
    expect((await other.get('/watcher/docs/swagger-ui.css')).status).toBe(200);
    expect(await link({ 'x-forwarded-prefix': '/other' }, other)).toBe(`${other.url}/other/pipeline?limit=1`);
    await other.app.close();
  });

  it.each([
    ['/watcher/pipeline?x', '/pipeline?x'],
    ['/watcher?x', '/?x'],
    ['/watcher', '/'],
    ['/watchers', '/watchers'],
    ['/pipeline', '/pipeline'],
    ['/pipeline/watcher/1', '/pipeline/watcher/1'],
  ])('is taken off: %s', (given, routed) => {
    expect(routedUrl(given, '/watcher')).toBe(routed);
  });
});

describe('a proxy', () => {
  it.each([
    ['127.0.0.1', true],
    ['::1', true],
    ['::ffff:10.1.2.3', true],
    ['172.31.0.1', true],
    ['192.168.1.1', true],
    ['fe80::1%eth0', true],
    ['fd00::1', true],
    ['172.32.0.1', false],
    ['8.8.8.8', false],
    ['2001:db8::1', false],
    ['::ffff:8.8.8.8', false],
    [undefined, false],
  ])('is trusted by its address: %s: %s', (address, expected) => {
    expect(isTrustedProxy(address)).toBe(expected);
  });

  it('that is one of several passes on the client’s address and the rest', async () => {
    const proxy: Server = createServer((incoming, outgoing) => {
      const headers = { ...incoming.headers, 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https, http' };
      const target = request(watcher.url + incoming.url, { headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(target);
    });
    await new Promise<void>((resolve) => {
      proxy.listen(0, '127.0.0.1', resolve);
    });
    const { port } = proxy.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/pipeline?limit=1`);
    expect(answer.headers.get('link')).toContain(`<https://127.0.0.1:${port}/pipeline?limit=1&cursor=`);
    await answer.text();
    await new Promise((resolve) => {
      proxy.close(resolve);
      proxy.closeAllConnections();
    });
  });
});
