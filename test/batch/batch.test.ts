import { gzipSync } from 'node:zlib';
import pg from 'pg';
import { type Json, Watcher } from '../support/watcher.js';
import { expectExactTrees } from '../support/closure.js';

let watcher: Watcher;
let names = 0;
beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

const batch = (operations: unknown, headers: Record<string, string> = {}): Promise<Json> =>
  watcher.post('/batch', operations, headers);
const resultsOf = async (operations: unknown, headers: Record<string, string> = {}): Promise<Json[]> => {
  const { status, body } = await batch(operations, headers);
  expect(status).toBe(200);
  return body.results;
};
const read = async (path: string): Promise<Json> => (await watcher.get(path)).body;
const register = (name: string, fields: Json = {}): Json => ({
  op: 'register',
  name,
  pipeline_type_name: 'test',
  ...fields,
});

/** A run from its registration to its end, with a child by reference. */
const wholeRun = (name: string): Json[] => [
  register(name, { ref: 'pipeline', next_watermark: 'w1' }),
  { op: 'start', ref: 'top', pipeline_ref: 'pipeline' },
  { op: 'start', ref: 'child', pipeline_name: name.toUpperCase(), parent_ref: 'top' },
  { op: 'heartbeat', execution_ref: 'top', progress: 0.5 },
  { op: 'end', execution_ref: 'child', status: 'skipped' },
  { op: 'end', execution_ref: 'top', completed_successfully: true, inserts: 3, total_rows: 3 },
  register(name),
];

describe.each([
  ['without a key', (): Record<string, string> => ({})],
  ['with an Idempotency-Key', (): Record<string, string> => ({ 'idempotency-key': `batch ${names++}` })],
])('a batch %s', (_, headers) => {
  it('answers each operation as its endpoint does, in order, and sees what earlier ones did', async () => {
    const results = await resultsOf(wholeRun(`Whole ${names++}`), headers());
    expect(results.map(({ status }) => status)).toEqual([201, 201, 201, 204, 200, 200, 200]);
    const [registered, top, child, beat, skipped, ended, again] = results.map(({ body }) => body);
    expect(registered).toEqual({ id: expect.any(Number), active: true, load_lineage: true, watermark: null });
    expect([top, child, beat]).toEqual([{ id: expect.any(Number) }, { id: expect.any(Number) }, null]);
    expect(skipped).toMatchObject({ id: child.id, parent_id: top.id, status: 'skipped' });
    expect(ended).toMatchObject({ id: top.id, status: 'succeeded', inserts: 3, next_watermark: 'w1' });
    expect(again).toEqual({ id: registered.id, active: true, load_lineage: false, watermark: 'w1' });
    const { child_executions, ...stored } = await read(`/pipeline_execution/${top.id}`);
    expect([stored, child_executions.length]).toEqual([ended, 1]);
    await expectExactTrees(watcher.database);
  });

  it('does the rest where operations are refused', async () => {
    const pipeline = await watcher.pipeline(`p${names++}`);
    const results = await resultsOf(
      [
        { op: 'start', pipeline_id: 999_999, ref: 'nobody' },
        { op: 'start', pipeline_id: pipeline, ref: 'fine' },
        { op: 'end', execution_ref: 'nobody', completed_successfully: true },
        { op: 'start', pipeline_id: pipeline, parent_ref: 'nobody' },
        { op: 'explode' },
        7,
        { op: 'end', execution_ref: 'later', completed_successfully: true },
        { op: 'start', pipeline_id: pipeline, ref: 'later' },
        { op: 'end', execution_ref: 'fine' },
        { op: 'end', id: 999_999, completed_successfully: false },
        { op: 'start', pipeline_name: 'nowhere' },
        { op: 'start', pipeline_id: pipeline, attempt: 2 },
        register('', {}),
        register(`half ${names++}`, { freshness_number: 1 }),
        { op: 'end', execution_ref: 'fine', completed_successfully: true },
        { op: 'heartbeat', execution_ref: 'fine' },
      ],
      headers(),
    );
    expect(results.map(({ status, body }) => [status, body?.code])).toEqual([
      [404, 'pipeline_not_found'],
      [201, undefined],
      [424, 'failed_dependency'],
      [424, 'failed_dependency'],
      [422, 'validation_failed'],
      [422, 'validation_failed'],
      [422, 'validation_failed'],
      [201, undefined],
      [422, 'validation_failed'],
      [404, 'execution_not_found'],
      [404, 'pipeline_not_found'],
      [422, 'validation_failed'],
      [422, 'validation_failed'],
      [422, 'validation_failed'],
      [200, undefined],
      [409, 'execution_already_ended'],
    ]);
    expect(results[0]?.['body']).toMatchObject({
      type: 'urn:watcher:problem:pipeline_not_found',
      status: 404,
      instance: '/batch',
      request_id: expect.stringMatching(/./),
    });
  });

  it('keeps the order of runs whose watermark moves', async () => {
    const name = `moving ${names++}`;
    const run = (ref: string, next: number): Json[] => [
      { op: 'start', ref, pipeline_name: name, next_watermark: next },
      { op: 'end', execution_ref: ref, completed_successfully: true },
    ];
    await resultsOf([register(name), ...run('one', 1), ...run('two', 2), ...run('three', 3)], headers());
    const executions = await read(`/pipeline_execution?pipeline_name=${encodeURIComponent(name)}&order=asc`);
    expect(executions.map((e: Json) => [e.watermark, e.next_watermark])).toEqual([
      [null, '1'],
      ['1', '2'],
      ['2', '3'],
    ]);
  });

  it('takes a child before its parent, and a repetition by external id', async () => {
    const name = `late ${names++}`;
    const results = await resultsOf(
      [
        register(name, { ref: 'p' }),
        { op: 'start', ref: 'child', pipeline_ref: 'p', parent_external_id: 'run', parent_pipeline_name: name },
        { op: 'start', ref: 'grand', pipeline_ref: 'p' },
        { op: 'start', ref: 'parent', pipeline_ref: 'p', external_id: 'run', parent_ref: 'grand' },
        { op: 'end', execution_ref: 'child', completed_successfully: false, error_message: 'no' },
        { op: 'end', execution_ref: 'parent', completed_successfully: false },
        { op: 'end', execution_ref: 'grand', completed_successfully: false },
        { op: 'start', pipeline_ref: 'p', external_id: 'run' },
        { op: 'start', pipeline_ref: 'p', external_id: 'run', attempt: 2 },
      ],
      headers(),
    );
    expect(results.map(({ status }) => status)).toEqual([201, 201, 201, 201, 200, 200, 200, 200, 201]);
    const [, child, grand, parent, , , , again] = results.map(({ body }) => body.id);
    expect(again).toBe(parent);
    const tree = await read(`/pipeline_execution/${grand}/downstream`);
    expect(tree.map((e: Json) => [e.id, e.depth])).toEqual(
      expect.arrayContaining([
        [parent, 1],
        [child, 2],
      ]),
    );
    expect(await read(`/incident?root_id=${grand}`)).toMatchObject([{ kind: 'failure', execution_id: grand }]);
    await expectExactTrees(watcher.database);
  });
});

describe('a batch', () => {
  it('with a key is repeated as a whole: one effect, the same answer', async () => {
    const name = `repeated ${names++}`;
    const send = () => batch(wholeRun(name), { 'idempotency-key': name });
    const first = await send();
    const second = await send();
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect([second.status, second.body]).toEqual([200, first.body]);
    expect(await read(`/pipeline_execution?pipeline_name=${encodeURIComponent(name)}`)).toHaveLength(2);
    const other = await batch([register(name)], { 'idempotency-key': name });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  });

  it('with a key leaves nothing behind where it fails as a whole', async () => {
    const name = `nothing ${names++}`;
    const pipeline = await watcher.pipeline(`locked ${names++}`, { next_watermark: 1 });
    const id = await watcher.begin(pipeline);
    const operations = [register(name), { op: 'end', id, completed_successfully: true, inserts: 1 }];
    const holder = new pg.Client({ connectionString: watcher.database.url });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM pipeline WHERE id = $1 FOR UPDATE', [pipeline]);
    const answer = await batch(operations, { 'idempotency-key': name });
    await holder.end();
    expect(answer).toMatchObject({ status: 503, body: { code: 'database_busy' } });
    expect(await read(`/pipeline?name=${encodeURIComponent(name)}`)).toEqual([]);
    expect((await resultsOf(operations, { 'idempotency-key': name })).map(({ status }) => status)).toEqual([201, 200]);
  });

  it.each([
    ['an object', { op: 'start' }],
    ['text', 'start'],
    ['too many operations', Array.from({ length: 1001 }, () => ({ op: 'heartbeat', ids: [] }))],
  ])('that is %s is refused', async (_, body) => {
    expect(await batch(body)).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
  });

  it('needs a body', async () => {
    const { status, body } = await watcher.send('POST', '/batch', undefined, { 'content-type': 'application/json' });
    expect([status, body.code]).toEqual([400, 'body_missing']);
  });

  it('may be empty, have a thousand operations, and be compressed', async () => {
    expect(await resultsOf([])).toEqual([]);
    const pipeline = await watcher.pipeline(`many ${names++}`);
    const operations = Array.from({ length: 500 }, (_, index) => [
      { op: 'start', ref: `${index}`, pipeline_id: pipeline },
      { op: 'end', execution_ref: `${index}`, completed_successfully: true },
    ]).flat();
    const { status, body } = await watcher.send(
      'POST',
      '/batch',
      new Uint8Array(gzipSync(JSON.stringify(operations))),
      {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
    );
    expect([status, new Set(body.results.map((result: Json) => result.status))]).toEqual([200, new Set([200, 201])]);
    const [{ ended }] = (await watcher.database.sql(
      `SELECT count(*)::int AS ended FROM pipeline_execution WHERE pipeline_id = $1 AND status = 'succeeded'`,
      [pipeline],
    )) as [Json];
    expect(ended).toBe(500);
  });

  it('may have 16 MB, and no more; its answer has no more than that', async () => {
    const pipeline = await watcher.pipeline(`large ${names++}`);
    const text = 'x'.repeat(250_000);
    const starts = Array.from({ length: 60 }, (_, index) => {
      return { op: 'start', ref: `${index}`, pipeline_id: pipeline, execution_metadata: { text } };
    });
    // Each repeat of an end is answered with the whole execution.
    const ends = Array.from({ length: 100 }, () => ({ op: 'end', execution_ref: '0', completed_successfully: true }));
    const { status, text: answer, body } = await batch([...starts, ...ends]);
    expect(status).toBe(200);
    expect(Buffer.byteLength(answer)).toBeLessThan(16.1 * 1024 * 1024);
    expect(body.results.every((result: Json) => result.body.id > 0)).toBe(true);
    expect(body.results[60].body).toMatchObject({ status: 'succeeded' });
    expect((await batch([...starts, { op: 'start', text: 'x'.repeat(2_000_000) }])).status).toBe(413);
  });

  it('names unknown fields, and refuses them where strict', async () => {
    const { headers } = await batch([
      { op: 'heartbeat', ids: [], colour: 'red' },
      { op: 'heartbeat', ids: [], size: 1 },
    ]);
    expect(headers.get('ignored-fields')).toBe('colour, size');
    const strict = await batch([{ op: 'heartbeat', ids: [], colour: 'red' }], { prefer: 'handling=strict' });
    expect(strict).toMatchObject({ status: 422, body: { errors: [{ field: 'colour' }] } });
  });

  it('refuses two ways of naming one thing, and a ref that is taken', async () => {
    const pipeline = await watcher.pipeline(`twice ${names++}`);
    const results = await resultsOf([
      { op: 'start', pipeline_id: pipeline, ref: 'a' },
      { op: 'start', pipeline_id: pipeline, pipeline_name: 'x' },
      { op: 'start', pipeline_id: pipeline, parent_id: 1, parent_ref: 'a' },
      { op: 'end', id: 1, execution_ref: 'a', completed_successfully: true },
      { op: 'start', pipeline_id: pipeline, ref: 'a' },
      { op: 'start', pipeline_id: pipeline, ref: 7 },
      { op: 'start', pipeline_ref: 'a' },
    ]);
    expect(results.map(({ status, body }) => [status, body.errors?.[0].field])).toEqual([
      [201, undefined],
      [422, 'pipeline_name'],
      [422, 'parent_ref'],
      [422, 'execution_ref'],
      [422, 'ref'],
      [422, 'ref'],
      [422, 'pipeline_ref'],
    ]);
  });

  it('of many senders at once loses nothing', async () => {
    const shared = await Promise.all(Array.from({ length: 4 }, () => watcher.pipeline(`sender ${names++}`)));
    const answers = await Promise.all(
      Array.from({ length: 12 }, async (_, sender) => {
        // The transaction of a key keeps the rows of its pipelines locked, so those senders have some of their own.
        const own = sender % 3 === 0 ? [await watcher.pipeline(`sender ${names++}`)] : shared;
        return resultsOf(
          Array.from({ length: 10 }, (__, index) => [
            { op: 'start', ref: `${index}`, pipeline_id: own[index % own.length], next_watermark: sender },
            { op: 'end', execution_ref: `${index}`, completed_successfully: true },
          ]).flat(),
          sender % 3 === 0 ? { 'idempotency-key': `sender ${names++}` } : {},
        );
      }),
    );
    const refused = answers.flat().filter(({ status }) => status >= 300);
    expect(refused).toEqual([]);
    const ids = new Set(answers.flat().map(({ body }) => body.id));
    expect(ids.size).toBe(12 * 10);
    await expectExactTrees(watcher.database);
  });
});
