import { type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
let pipeline: number;
let root: number;

const PIPELINES = 25;
const EXECUTIONS = 120;
const minute = (index: number): string => new Date(Date.UTC(2026, 0, 31, 0, index)).toISOString();

beforeAll(async () => {
  watcher = await Watcher.start();
  for (let index = 0; index < PIPELINES; index++) {
    pipeline = await watcher.pipeline(`listed ${index}`, { pipeline_type_name: `type ${index}` });
  }
  root = await watcher.begin(pipeline, { start_date: minute(0) });
  for (let index = 1; index < EXECUTIONS; index++) {
    // Three in a row start at the same moment.
    await watcher.begin(pipeline, { start_date: minute(Math.floor(index / 3)), parent_id: root });
  }
  for (let release = 1; release <= 12; release++) {
    await watcher.pipeline('listed 0', { pipeline_type_name: 'type 0', pipeline_metadata: { release } });
  }
});
afterAll(() => watcher.stop());

const ids = (items: Json[]): number[] => items.map(({ id, config_version }) => id ?? config_version);
const next = (answer: { headers: Headers }): string | undefined =>
  /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];

describe('a list', () => {
  const lists: [string, () => string, number][] = [
    ['pipelines', () => '/pipeline', PIPELINES],
    ['types', () => '/pipeline_type', PIPELINES],
    ['history', () => '/pipeline/1/history', 12],
    ['executions', () => '/pipeline_execution', EXECUTIONS],
    ['children', () => `/pipeline_execution/${root}/children`, EXECUTIONS - 1],
    ['downstream', () => `/pipeline_execution/${root}/downstream`, EXECUTIONS - 1],
  ];

  it.each(lists)('of %s can be read to its end in pages of any size', async (_, path, length) => {
    const whole = await watcher.all(`${path()}?limit=1000`);
    expect(whole).toHaveLength(length);
    for (const limit of [1, 7, length - 1, length]) {
      expect(ids(await watcher.all(`${path()}?limit=${limit}`))).toEqual(ids(whole));
    }
  });

  it.each(lists)('of %s has no next page after its last item', async (_, path, length) => {
    const full = await watcher.get(`${path()}?limit=${length}`);
    expect([full.body.length, full.headers.get('link')]).toEqual([length, null]);
    const less = await watcher.get(`${path()}?limit=${length - 1}`);
    expect([less.body.length, next(less)]).toEqual([length - 1, expect.any(String)]);
  });

  it.each(lists)('of %s takes 1 to 1,000 items a page', async (_, path) => {
    for (const limit of ['0', '1001', '-1', '1.5', 'ten', '', '1e2', '99999999999999999999']) {
      const { status, body } = await watcher.get(`${path()}?limit=${limit}`);
      expect([limit, status, body.errors?.[0].field]).toEqual([limit, 422, 'limit']);
    }
    for (const limit of ['1', '1000']) expect((await watcher.get(`${path()}?limit=${limit}`)).status).toBe(200);
  });

  it.each(lists)('of %s refuses a foreign cursor', async (_, path) => {
    const numbers = ['1', '1.1', '-1', '0', '9007199254740991', '9007199254740991.1', '-9007199254740991.1', '1.1.1'];
    const crafted = [...numbers, '2147483648', '2147483648.1', '-1.-1', '1e3', 'NaN', '1;DROP'].map((text) =>
      Buffer.from(text).toString('base64url'),
    );
    for (const cursor of ['', 'hello', '%00', '%F0%9F%92%A5', 'x'.repeat(201), ...crafted]) {
      const { status, body } = await watcher.get(`${path()}?cursor=${cursor}`);
      // A random cursor may be a valid position by chance.
      expect([cursor, [200, 422]]).toEqual([cursor, expect.arrayContaining([status])]);
      if (status === 422) expect(body.errors[0].field).toBe('cursor');
    }
  });

  it('has 100 items a page by default', async () => {
    expect((await watcher.get('/pipeline_execution')).body).toHaveLength(100);
  });
});

describe('the next page', () => {
  it('keeps the filters, and names the host of the request', async () => {
    const path = `/pipeline_execution?pipeline_id=${pipeline}&status=running&start_date_gte=2026-01-31T00:10:00%2B00:00`;
    const first = await watcher.get(`${path}&limit=5`);
    const url = new URL(next(first) ?? '');
    expect(url.origin).toBe(watcher.url);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      pipeline_id: String(pipeline),
      status: 'running',
      start_date_gte: '2026-01-31T00:10:00+00:00',
      limit: '5',
      cursor: expect.any(String),
    });
    const whole = await watcher.all(`${path}&limit=1000`);
    expect(ids(await watcher.all(`${path}&limit=5`))).toEqual(ids(whole));
  });

  it('is still valid when the page before it changes', async () => {
    const first = await watcher.get('/pipeline?limit=5');
    await watcher.patch('/pipeline', { id: first.body[4].id, name: 'renamed meanwhile', active: false });
    const second = await watcher.get(next(first) ?? '');
    expect(second.body[0].id).toBe(first.body[4].id + 1);
  });

  it.each(['not a host', 'exa<mple', '[::1', 'a/b?c#d'])(
    'is there for a forwarded host that is none: %s',
    async (host) => {
      const answer = await watcher.get('/pipeline?limit=5', { 'x-forwarded-host': host });
      expect(answer.status).toBe(200);
      expect((await watcher.get(new URL(next(answer) ?? '', watcher.url).pathname)).status).toBe(200);
    },
  );

  it('names the host and the scheme of the ingress', async () => {
    const answer = await watcher.get('/pipeline?limit=5', {
      'x-forwarded-host': 'watcher.example',
      'x-forwarded-proto': 'https',
    });
    expect(next(answer)).toMatch(/^https:\/\/watcher\.example\/pipeline\?/);
  });
});

describe('a walk while others write', () => {
  it('through executions misses no existing one, and shows none twice', async () => {
    const there = ids(await watcher.all('/pipeline_execution?limit=1000'));
    const seen: number[] = [];
    for (let path: string | undefined = '/pipeline_execution?limit=10', turn = 0; path; turn++) {
      const page: Json = await watcher.get(path);
      seen.push(...ids(page.body));
      path = next(page);
      // Newer, older and in between.
      for (const index of [turn + 1000, -turn - 1, turn * 3]) {
        if (turn < 8) await watcher.begin(pipeline, { start_date: minute(index) });
      }
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(there.filter((id) => !seen.includes(id))).toEqual([]);
  });

  it('through pipelines too', async () => {
    const there = ids(await watcher.all('/pipeline?limit=1000'));
    const seen: number[] = [];
    for (let path: string | undefined = '/pipeline?limit=10', turn = 0; path; turn++) {
      const page: Json = await watcher.get(path);
      seen.push(...ids(page.body));
      path = next(page);
      if (turn < 3) await watcher.pipeline(`added while walking ${turn}`);
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(there.filter((id) => !seen.includes(id))).toEqual([]);
  });
});
