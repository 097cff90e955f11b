import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Watcher } from '../support/watcher.js';

interface Raw {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

let watcher: Watcher;
let large: number;
let small: number;
beforeAll(async () => {
  watcher = await Watcher.start();
  small = await watcher.pipeline('small');
  large = await watcher.pipeline('large', { pipeline_metadata: { text: 'ä'.repeat(9000) } });
});
afterAll(() => watcher.stop());

/** Without the decompression of `fetch`. */
function send(method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Raw> {
  return new Promise((resolve, reject) => {
    request(new URL(path, watcher.url), { method, headers }, (answer) => {
      void answer.toArray().then((chunks) => {
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks as Buffer[]) });
      }, reject);
    })
      .on('error', reject)
      .end(body);
  });
}
const plainOf = ({ headers, body }: Raw): string => {
  const coding = headers['content-encoding'];
  return (coding === 'br' ? brotliDecompressSync(body) : coding === 'gzip' ? gunzipSync(body) : body).toString();
};

describe('a long answer', () => {
  it.each<[string, string | undefined]>([
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['gzip, deflate, br', 'br'],
    ['gzip, deflate, br, zstd', 'br'],
    ['GZIP;q=1.0, br;q=0.5', 'gzip'],
    ['*', 'br'],
    ['br;q=0, *', 'gzip'],
    ['gzip;q=0, br;q=0', undefined],
    ['identity', undefined],
    ['deflate', undefined],
    ['', undefined],
    [';;q=,,', undefined],
    ['gzip;q=x', undefined],
  ])('comes as the client accepts it: %j: %s', async (accepted, coding) => {
    const answer = await send('GET', `/pipeline/${large}`, { 'accept-encoding': accepted });
    expect([answer.status, answer.headers['content-encoding']]).toEqual([200, coding]);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(answer.body.length),
      vary: 'Accept-Encoding',
    });
    expect(JSON.parse(plainOf(answer)).pipeline_metadata.text).toHaveLength(9000);
    expect(answer.body.length < 1000).toBe(coding !== undefined);
  });

  it('is the same in every form, for lists and the document too', async () => {
    for (const path of ['/pipeline?limit=1000', '/docs-json']) {
      const [plain, gzip, br] = await Promise.all(
        ['identity', 'gzip', 'br'].map((accepted) => send('GET', path, { 'accept-encoding': accepted })),
      );
      expect(plain?.body.length).toBeGreaterThan(8192);
      expect([gzip?.headers['content-encoding'], br?.headers['content-encoding']]).toEqual(['gzip', 'br']);
      expect(plainOf(gzip as Raw)).toBe(plain?.body.toString());
      expect(plainOf(br as Raw)).toBe(plain?.body.toString());
    }
  });

  it('has the headers of GET for HEAD, and no body', async () => {
    const accepted = { 'accept-encoding': 'gzip' };
    const [get, head] = [
      await send('GET', `/pipeline/${large}`, accepted),
      await send('HEAD', `/pipeline/${large}`, accepted),
    ];
    const of = ({ headers }: Raw) =>
      ['content-encoding', 'content-length', 'content-type', 'vary'].map((name) => headers[name]);
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(of(head)).toEqual(of(get));
  });

  it('says what it varies by beside the origin', async () => {
    const other = await Watcher.start({ corsOrigins: ['https://ui.example'] }, watcher.database);
    const answer = await other.get(`/pipeline/${large}`, { origin: 'https://ui.example' });
    expect(answer.headers.get('vary')).toBe('Origin, Accept-Encoding');
    await other.app.close();
  });

  it('is compressed for many clients at once, or sent as it is', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => send('GET', `/pipeline/${large}`, { 'accept-encoding': 'br' })),
    );
    const texts = new Set(answers.map(plainOf));
    expect([answers.every(({ status }) => status === 200), texts.size]).toEqual([true, 1]);
    expect(answers.some(({ headers }) => headers['content-encoding'] === 'br')).toBe(true);
  });
});

describe('no coding is for', () => {
  const accepted = { 'accept-encoding': 'gzip, br' };
  const plain = ({ headers }: Raw) => [headers['content-encoding'], headers['vary']];

  it('a short answer', async () => {
    expect(plain(await send('GET', `/pipeline/${small}`, accepted))).toEqual([undefined, undefined]);
    expect(plain(await send('GET', '/', accepted))[0]).toBeUndefined();
  });

  it('a problem document, however long', async () => {
    const query = Array.from({ length: 20 }, (_, n) => `${String(n).padStart(64, 'x')}=1`).join('&');
    for (const path of [`/pipeline/999999`, `/pipeline?${query}`, `/nowhere/${'x'.repeat(9000)}`]) {
      const answer = await send('GET', path, accepted);
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(plain(answer)).toEqual([undefined, undefined]);
    }
  });

  it('the answer to a write', async () => {
    const body = JSON.stringify({ id: large, pipeline_metadata: { text: 'x'.repeat(20_000) } });
    const headers = { ...accepted, 'content-type': 'application/json' };
    const answer = await send('PATCH', '/pipeline', headers, body);
    expect([answer.status, answer.body.length > 20_000, ...plain(answer)]).toEqual([200, true, undefined, undefined]);
  });

  it('the files of the documentation, which are streams', async () => {
    const answer = await send('GET', '/docs/swagger-ui.css', accepted);
    expect([answer.status, answer.headers['content-encoding']]).toEqual([200, undefined]);
  });
});
