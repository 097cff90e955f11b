import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { deflateSync, gzipSync } from 'node:zlib';
import { addKey, bearer } from '../support/access.js';
import { createDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { type Answer, type Json, Watcher } from '../support/watcher.js';
import { linesOf } from './corpora.js';

const SINGLE = '/api/v1/lineage';
const BATCH = '/api/v1/lineage/batch';
const MB = 1024 * 1024;
const RUN = '0195d2c4-5f5a-7c5f-9c8e-2f1f7e9a0001';

const event = (fields: Json = {}): Json => ({
  eventType: 'START',
  eventTime: new Date().toISOString(),
  run: { runId: RUN, facets: {} },
  job: { namespace: 'answers', name: 'job', facets: {} },
  inputs: [],
  outputs: [],
  producer: 'https://example.com/answers',
  schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
  ...fields,
});
const facets = (of: Json): Json => event({ run: { runId: RUN, facets: of } });

/** A body with an event of about so many bytes. */
const ofBytes = (bytes: number): string => JSON.stringify(facets({ large: { text: 'x'.repeat(bytes) } }));

describe('what the clients of OpenLineage need', () => {
  let watcher: Watcher;
  beforeAll(async () => {
    watcher = await Watcher.start();
  });
  afterAll(() => watcher.stop());

  /** The clients go on after a 200 with a body. */
  const expectTaken = ({ status, text: body, headers }: Answer): void => {
    expect({ status, body }).toMatchObject({ status: 200, body: expect.stringContaining('execution_id') });
    expect(headers.get('content-type')).toContain('application/json');
  };
  const send = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}, path = SINGLE) =>
    watcher.send('POST', path, body, { 'content-type': 'application/json', ...headers });
  const zipped = (body: string, by: (body: string) => Buffer = gzipSync): Uint8Array<ArrayBuffer> =>
    new Uint8Array(by(body));

  it.each([
    ['the http transport of Python', { 'user-agent': 'python-requests/2.32.5', accept: '*/*' }],
    ['the async_http transport of Python', { 'user-agent': 'python-httpx/0.28.1', accept: '*/*' }],
    [
      'the client for Java',
      {
        'content-type': 'application/json; charset=UTF-8',
        accept: 'application/json; charset=UTF-8',
        'user-agent': 'Apache-HttpClient/5.5 (Java/17)',
      },
    ],
    ['a client that wants no body', { prefer: 'return=minimal' }],
  ])('%s gets a 200 with a body, for an event and its repeat', async (_, headers) => {
    for (const line of linesOf('spark_batch').slice(0, 2)) {
      const [first, repeat] = [await send(line, headers), await send(line, headers)];
      expectTaken(first);
      expect(repeat.body).toEqual(first.body);
    }
  });

  it('bodies may be compressed, with their length and in chunks', async () => {
    const [line = ''] = linesOf('airflow_live');
    expectTaken(await send(zipped(line), { 'content-encoding': 'gzip' }));
    expectTaken(await send(zipped(line, deflateSync), { 'content-encoding': 'deflate' }));
    const chunked = await new Promise<Json>((resolve, reject) => {
      const headers = { 'content-type': 'application/json; charset=UTF-8', 'content-encoding': 'gzip' };
      const outgoing = request(watcher.url + SINGLE, { method: 'POST', headers }, (response) => {
        text(response).then((body) => resolve({ status: response.statusCode, body: JSON.parse(body) }), reject);
      });
      outgoing.on('error', reject);
      const body = gzipSync(line);
      outgoing.write(body.subarray(0, 100));
      outgoing.end(body.subarray(100));
    });
    expect(chunked).toEqual({ status: 200, body: { execution_id: expect.any(Number) } });
  });

  it('bodies may have 10 MB, before and after inflating, and 16 MB are the limit', async () => {
    expectTaken(await send(ofBytes(10 * MB)));
    expectTaken(await send(zipped(ofBytes(10 * MB)), { 'content-encoding': 'gzip' }));
    expect((await send(ofBytes(16 * MB))).status).toBe(413);
    const bomb = zipped(ofBytes(400 * MB));
    const bombs = await Promise.all(Array.from({ length: 4 }, () => send(bomb, { 'content-encoding': 'gzip' })));
    expect(bombs.map(({ status }) => status)).toEqual([413, 413, 413, 413]);
  });

  it.each<[string, Json]>([
    ['a type in lower case', event({ eventType: 'start' })],
    ['no type', event({ eventType: undefined })],
    ['an unknown type', event({ eventType: 'PAUSE' })],
    ['no producer and no schema', event({ producer: undefined, schemaURL: undefined })],
    ['no inputs and outputs', event({ inputs: undefined, outputs: undefined })],
    ['an id in upper case', event({ run: { runId: RUN.toUpperCase() } })],
    ['nanoseconds', event({ eventTime: '2026-11-25T22:41:18.123456789Z' })],
    ['a time without a zone', event({ eventTime: '2026-11-25T22:41:18' })],
    ['a fraction of one digit', event({ eventTime: '2026-11-25T22:41:18.6Z' })],
    ['unknown fields and facets', { ...facets({ unknown: { deep: [{}] } }), more: 1 }],
    ['facets that are no objects', facets({ parent: 'x', nominalTime: 7, errorMessage: null, airflow: [] })],
    ['a parent without a run', facets({ parent: { job: { namespace: 'n', name: 'j' } } })],
    ['a parent whose id is no UUID', facets({ parent: { run: { runId: 'x' }, job: { namespace: 'n', name: 'j' } } })],
    ['a nominal time that is none', facets({ nominalTime: { nominalStartTime: 'soon' } })],
    [
      'counts that are none',
      event({
        outputs: [
          { namespace: 'n', name: 'd', outputFacets: { outputStatistics: { rowCount: 'many' } } },
          { namespace: 'n', name: 'e', outputFacets: { outputStatistics: { rowCount: -1 } } },
          { namespace: 'n', name: 'f', outputFacets: { outputStatistics: { rowCount: 1e300 } } },
        ],
      }),
    ],
    [
      'text with NUL and lone surrogates',
      facets({ errorMessage: { message: 'a\u0000b\ud800c', programmingLanguage: 'x' } }),
    ],
    ['a name of 1,000 characters', event({ job: { namespace: 'answers', name: 'n'.repeat(1000) } })],
  ])('%s is taken', async (_, body) => {
    expectTaken(await send(JSON.stringify(body)));
  });

  it.each<[string, Json, string | RegExp]>([
    ['no object', 7, ''],
    ['an event of no kind', { eventTime: new Date().toISOString() }, ''],
    ['no run id', event({ run: {} }), 'runId'],
    ['a run id that is no UUID', event({ run: { runId: 'manual__2026' } }), 'runId'],
    ['no time', event({ eventTime: undefined }), 'eventTime'],
    ['an unreadable time', event({ eventTime: 'yesterday' }), 'eventTime'],
    ['a day that does not exist', event({ eventTime: '2026-02-30T00:00:00Z' }), 'eventTime'],
    ['a time before 1970', event({ eventTime: '1969-12-31T23:59:59Z' }), 'eventTime'],
    ['a time over 24 hours ahead', event({ eventTime: new Date(Date.now() + 90_000_000).toISOString() }), 'eventTime'],
    ['no job', event({ job: undefined }), 'job'],
    ['an empty namespace', event({ job: { namespace: '', name: 'j' } }), 'namespace'],
    ['an empty name', event({ job: { namespace: 'n', name: '' } }), 'name'],
    ['NUL in a name', event({ job: { namespace: 'n', name: 'a\u0000b' } }), 'name'],
    [
      'over 1,000 datasets',
      event({ inputs: Array.from({ length: 1001 }, (_, n) => ({ namespace: 'n', name: `d${n}` })) }),
      'inputs',
    ],
  ])('%s is refused with 422, as a repeat would not help', async (_, body, field) => {
    const answer = await send(JSON.stringify(body));
    expect(answer.status).toBe(422);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(JSON.stringify(answer.body)).toContain(field);
  });

  it('refuses what is no JSON, not JSON enough and nested too deep', async () => {
    expect((await send('{"eventType":')).status).toBe(400);
    expect((await send('x=1', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
    const deep = `{"a":`.repeat(150) + '1' + '}'.repeat(150);
    const [head = '', tail = ''] = JSON.stringify(facets({ deep: 0 })).split('"deep":0');
    expect((await send(`${head}"deep":${deep}${tail}`)).status).toBe(422);
  });

  it('jobs and datasets without a run are taken', async () => {
    const eventTime = new Date().toISOString();
    const answers = await Promise.all([
      send(JSON.stringify({ eventTime, job: { namespace: 'answers', name: 'static' }, producer: 'https://e.com' })),
      send(JSON.stringify({ eventTime, dataset: { namespace: 'answers', name: 'static' }, producer: 'https://e.com' })),
    ]);
    expect(answers.map(({ status, body }) => [status, body])).toEqual([
      [200, {}],
      [200, {}],
    ]);
  });

  it.each([SINGLE, BATCH])('a batch to %s takes each event on its own', async (path) => {
    const good = linesOf('dbt_structured')
      .slice(0, 3)
      .map((line) => JSON.parse(line));
    const { status, body } = await send(
      JSON.stringify([good[0], 7, good[1], event({ run: { runId: 'x' } }), good[2]]),
      {},
      path,
    );
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        status: 'partial_success',
        summary: { received: 5, successful: 3, failed: 2, retriable: 0, non_retriable: 2 },
      },
    });
    expect(body.failed_events.map(({ index, retriable }: Json) => [index, retriable])).toEqual([
      [1, false],
      [3, false],
    ]);
    expect(body.failed_events[1].reason).toContain('runId');
    const all = await send(JSON.stringify(good), {}, path);
    expect(all.body).toMatchObject({ status: 'success', summary: { received: 3, successful: 3, failed: 0 } });
  });

  it('a batch has at most 1,000 events, and is an array', async () => {
    const many = Array.from({ length: 1001 }, () => event());
    for (const path of [SINGLE, BATCH]) expect((await send(JSON.stringify(many), {}, path)).status).toBe(422);
    expect((await send(JSON.stringify(event()), {}, BATCH)).status).toBe(422);
  });
});

describe('access and limits of the OpenLineage routes', () => {
  it('take a key of the scope write', async () => {
    const watcher = await Watcher.start();
    try {
      const [read, write] = [await addKey(watcher.database, 'read'), await addKey(watcher.database, 'write')];
      for (const [path, body] of [
        [SINGLE, event()],
        [BATCH, [event()]],
      ] as const) {
        expect((await watcher.post(path, body)).status).toBe(401);
        expect((await watcher.post(path, body, bearer(read.text))).status).toBe(403);
        expect((await watcher.post(path, body, bearer(write.text))).status).toBe(200);
      }
    } finally {
      await watcher.stop();
    }
  });

  it('answer 503 with Retry-After in place of 429, which the asynchronous client takes as final', async () => {
    const watcher = await Watcher.start({ rateLimit: 2 });
    try {
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, n) => watcher.post(n % 2 ? SINGLE : BATCH, n % 2 ? event() : [event()])),
      );
      const refused = answers.filter(({ status }) => status !== 200);
      expect(refused.length).toBeGreaterThan(0);
      for (const { status, headers } of refused) {
        expect(status).toBe(503);
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      }
    } finally {
      await watcher.stop();
    }
  });

  it('answer 503 with Retry-After within 5 seconds while the database is away, and take the repeat', async () => {
    const database = await createDatabase();
    const proxy = await TcpProxy.to(database.url);
    const watcher = await Watcher.start({ databaseUrl: proxy.via(database.url) }, database);
    try {
      expect((await watcher.post(SINGLE, event())).status).toBe(200);
      await proxy.cut();
      const begun = performance.now();
      const bodies = [
        [SINGLE, event({ eventType: 'COMPLETE' })],
        [BATCH, [event(), event()]],
        [SINGLE, [event()]],
      ] as const;
      for (const { status, headers } of await Promise.all(bodies.map(([path, body]) => watcher.post(path, body)))) {
        expect(status).toBe(503);
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      }
      expect(performance.now() - begun).toBeLessThan(5000);
      await proxy.restore('lost');
      await eventually(async () => expect((await watcher.post(...bodies[0])).status).toBe(200));
      const [execution] = (await watcher.get(`/pipeline_execution?external_id=${RUN}`)).body;
      expect(execution.status).toBe('succeeded');
    } finally {
      await proxy.close();
      await watcher.stop();
    }
  });
});
