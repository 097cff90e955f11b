import { type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
let pipeline: number;

beforeAll(async () => {
  watcher = await Watcher.start();
  pipeline = await watcher.pipeline('ends');
});
afterAll(() => watcher.stop());

const begun = '2026-01-31T02:00:00Z';
const begin = (fields: Json = {}): Promise<number> => watcher.begin(pipeline, { start_date: begun, ...fields });
const read = async (id: number): Promise<Json> => (await watcher.get(`/pipeline_execution/${id}`)).body;

describe('POST /end_pipeline_execution', () => {
  it('answers 200 with the execution as it is from then on', async () => {
    const id = await begin();
    const report = {
      end_date: '2026-01-31T02:10:00Z',
      completed_successfully: true,
      total_rows: 1200,
      inserts: 1000,
      updates: 150,
      soft_deletes: 50,
      error_message: 'three rows were odd',
    };
    const { status, body } = await watcher.end(id, report);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...report,
      id,
      start_date: '2026-01-31T02:00:00.000Z',
      end_date: '2026-01-31T02:10:00.000Z',
      duration_seconds: 600,
      throughput: 2,
      status: 'succeeded',
    });
    const { child_executions, ...stored } = await read(id);
    expect(child_executions).toEqual([]);
    expect(body).toEqual(stored);
  });

  it('marks a failure', async () => {
    const { body } = await watcher.end(await begin(), { completed_successfully: false, error_message: 'no source' });
    expect(body).toMatchObject({ status: 'failed', completed_successfully: false, error_message: 'no source' });
  });

  it('ends now unless it says when', async () => {
    const id = await watcher.begin(pipeline);
    const before = Date.now();
    const { body } = await watcher.end(id);
    expect(Date.parse(body.end_date)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(body.end_date)).toBeLessThanOrEqual(Date.now());
    const ahead = new Date(Date.now() + 3_600_000).toISOString();
    const early = await watcher.begin(pipeline, { start_date: ahead });
    expect((await watcher.end(early)).body).toMatchObject({
      end_date: ahead,
      duration_seconds: 0,
    });
  });

  it.each<[string, Json, number | null, number | null]>([
    ['to the millisecond', { end_date: '2026-01-31T02:00:00.001999Z', total_rows: 5 }, 0.001, 5000],
    ['in fractions', { end_date: '2026-01-31T02:00:02.500Z', total_rows: 10 }, 2.5, 4],
    ['of zero', { end_date: begun, total_rows: 10 }, 0, null],
    ['without rows', { end_date: '2026-01-31T02:00:10Z' }, 10, null],
    ['with no row', { end_date: '2026-01-31T02:00:10Z', total_rows: 0 }, 10, 0],
    ['with an offset', { end_date: '2026-01-31T04:00:10+02:00', total_rows: 1 }, 10, 0.1],
  ])('reckons a duration %s', async (_, report, duration_seconds, throughput) => {
    const { body } = await watcher.end(await begin(), report);
    expect(body).toMatchObject({ duration_seconds, throughput });
  });

  it('takes an end up to 5 minutes before the start as equal to it, and refuses an earlier one', async () => {
    const id = await begin();
    const { status, body } = await watcher.end(id, { end_date: '2026-01-31T01:54:59.999Z' });
    expect([status, body.errors[0].field]).toEqual([422, 'end_date']);
    expect((await read(id)).status).toBe('running');
    const start = '2026-01-31T02:00:00.000Z';
    const atStart = { status: 200, body: { end_date: start, duration_seconds: 0, throughput: null } };
    for (const end_date of ['2026-01-31T01:55:00Z', '2026-01-31T01:59:59.999Z', begun]) {
      const execution = await begin();
      expect(await watcher.end(execution, { end_date, total_rows: 1 })).toMatchObject(atStart);
      expect(await watcher.end(execution, { end_date, total_rows: 1 })).toMatchObject(atStart);
    }
  });

  it('cuts an error message at 100,000 characters', async () => {
    const id = await begin();
    const said = { completed_successfully: false, error_message: `${'😀'.repeat(100_000)}and more` };
    const { status, body } = await watcher.end(id, said);
    expect([status, body.error_message === '😀'.repeat(100_000)]).toEqual([200, true]);
    expect((await watcher.end(id, said)).status).toBe(200);
    const short = await begin();
    expect((await watcher.end(short, { error_message: ' why ' })).body.error_message).toBe('why');
  });

  it('merges metadata over that of the start', async () => {
    const id = await begin({ execution_metadata: { a: 1, b: { c: 1 }, d: 1 } });
    const { body } = await watcher.end(id, { execution_metadata: { b: { e: 2 }, d: null, f: 3 } });
    expect(body.execution_metadata).toEqual({ a: 1, b: { e: 2 }, d: null, f: 3 });
    const without = await begin({ execution_metadata: { a: 1 } });
    expect((await watcher.end(without)).body.execution_metadata).toEqual({ a: 1 });
    const only = await begin();
    expect((await watcher.end(only, { execution_metadata: { a: 1 } })).body.execution_metadata).toEqual({ a: 1 });
  });

  it('takes counts from 0 to 2^53-1', async () => {
    const most = Number.MAX_SAFE_INTEGER;
    const report = { inserts: most, updates: 0, soft_deletes: most, total_rows: most };
    const { body } = await watcher.end(await begin(), report);
    expect(body).toMatchObject(report);
  });

  it.each([
    ['no id', { id: null }, 'id'],
    ['no outcome', { completed_successfully: null }, 'completed_successfully'],
    ['an outcome in quotes', { completed_successfully: 'true' }, 'completed_successfully'],
    ['an outcome that is 1', { completed_successfully: 1 }, 'completed_successfully'],
    ['a negative count', { inserts: -1 }, 'inserts'],
    ['a count of 2^53', { updates: 2 ** 53 }, 'updates'],
    ['half a row', { soft_deletes: 0.5 }, 'soft_deletes'],
    ['a count in quotes', { total_rows: '5' }, 'total_rows'],
    ['metadata that is an array', { execution_metadata: [] }, 'execution_metadata'],
    ['an error that is an object', { error_message: {} }, 'error_message'],
    ['an impossible day', { end_date: '2026-02-30T00:00:00Z' }, 'end_date'],
  ])('refuses %s', async (_, report, field) => {
    const id = await begin();
    const { status, body } = await watcher.end(id, report);
    expect([status, body.errors[0].field]).toEqual([422, field]);
    expect((await read(id)).status).toBe('running');
  });

  it('answers 404 for an unknown id', async () => {
    for (const id of [999_999, Number.MAX_SAFE_INTEGER]) {
      const { status, body } = await watcher.end(id);
      expect([status, body.code]).toEqual([404, 'execution_not_found']);
    }
  });
});

describe('an end that comes again', () => {
  it.each<[string, Json]>([
    ['with all it can say', { end_date: '2026-01-31T02:10:00Z', inserts: 1, execution_metadata: { a: 1, b: 2 } }],
    ['with next to nothing', {}],
  ])('%s gets the same body, and has no effect', async (what, report) => {
    const own = await watcher.pipeline(`again ${what}`, { next_watermark: 'w1' });
    const id = await watcher.begin(own, { start_date: begun });
    const first = await watcher.end(id, report);
    await watcher.patch('/pipeline', { id: own, watermark: 'by hand' });
    const before = (await watcher.get(`/pipeline/${own}`)).body;
    const second = await watcher.end(id, report);
    expect([second.status, second.body]).toEqual([200, first.body]);
    expect((await watcher.get(`/pipeline/${own}`)).body).toEqual(before);
  });

  it('is the same when only its writing differs', async () => {
    const id = await begin();
    const first = await watcher.end(id, { end_date: '2026-01-31T02:10:00Z', execution_metadata: { a: 1, b: 2 } });
    const second = await watcher.end(id, {
      execution_metadata: { b: 2, a: 1 },
      end_date: '2026-01-31T03:10:00.000+01:00',
      inserts: null,
      something_else: true,
    });
    expect([second.status, second.body]).toEqual([200, first.body]);
  });

  it.each<[string, Json]>([
    ['another outcome', { completed_successfully: false }],
    ['another count', { inserts: 2 }],
    ['a count more', { inserts: 1, updates: 0 }],
    ['a count less', {}],
    ['another end', { inserts: 1, end_date: '2026-01-31T02:11:00Z' }],
    ['other metadata', { inserts: 1, execution_metadata: { a: 1 } }],
    ['an error', { inserts: 1, error_message: 'late' }],
    ['an end before the start', { inserts: 1, end_date: '2020-01-01T00:00:00Z' }],
  ])('with %s is refused, and nothing changes', async (_, report) => {
    const id = await begin();
    await watcher.end(id, { inserts: 1 });
    const before = await read(id);
    const { status, body } = await watcher.end(id, report);
    expect([status, body.code]).toEqual([409, 'execution_already_ended']);
    expect(await read(id)).toEqual(before);
  });
});
