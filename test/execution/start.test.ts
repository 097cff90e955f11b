import { type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
let pipeline: number;

beforeAll(async () => {
  watcher = await Watcher.start();
  pipeline = await watcher.pipeline('starts', { next_watermark: 'w2' });
  await watcher.patch('/pipeline', { id: pipeline, watermark: 'w1', next_watermark: 'w2' });
});
afterAll(() => watcher.stop());

const start = (fields: Json = {}): Promise<Json> =>
  watcher.post('/start_pipeline_execution', { pipeline_id: pipeline, ...fields });
const read = async (id: number): Promise<Json> => (await watcher.get(`/pipeline_execution/${id}`)).body;

describe('POST /start_pipeline_execution', () => {
  it('answers 201 with the id and nothing else', async () => {
    const { status, body } = await start();
    expect([status, body]).toEqual([201, { id: expect.any(Number) }]);
  });

  it('keeps what it is given', async () => {
    const given = {
      start_date: '2026-01-31T02:00:00.123Z',
      watermark: 'from',
      next_watermark: 'to',
      external_id: 'run-1',
      execution_metadata: { dag_run: 'nightly', attempt: 1 },
    };
    const { body } = await start(given);
    expect(await read(body.id)).toEqual({
      id: body.id,
      run_id: `00000000-0000-8000-8000-${body.id.toString(16).padStart(12, '0')}`,
      parent_id: null,
      root_id: body.id,
      pipeline_id: pipeline,
      pipeline_name: 'starts',
      ...given,
      start_date_estimated: false,
      end_date: null,
      duration_seconds: null,
      deadline: null,
      status: 'running',
      completed_successfully: null,
      attempt: 1,
      retry_of: null,
      superseded: false,
      inserts: null,
      updates: null,
      soft_deletes: null,
      total_rows: null,
      throughput: null,
      error_message: null,
      anomaly_flags: null,
      config_version: 1,
      child_executions: [],
    });
  });

  it('starts now unless it says when', async () => {
    const before = Date.now();
    const { body } = await start();
    const begun = Date.parse((await read(body.id)).start_date);
    expect(begun).toBeGreaterThanOrEqual(before);
    expect(begun).toBeLessThanOrEqual(Date.now());
  });

  it('keeps its own copy of the pipeline’s watermarks and of its version', async () => {
    const id = await watcher.pipeline('copied', { next_watermark: 'n1' });
    await watcher.patch('/pipeline', { id, watermark: 'c1', next_watermark: 'n1' });
    const execution = await watcher.begin(id);
    await watcher.patch('/pipeline', { id, watermark: 'c2' });
    await watcher.pipeline('copied', { pipeline_metadata: { release: 2 }, next_watermark: 'n2' });
    expect(await read(execution)).toMatchObject({ watermark: 'c1', next_watermark: 'n1', config_version: 1 });
    expect(await read(await watcher.begin(id))).toMatchObject({
      watermark: 'c2',
      next_watermark: 'n2',
      config_version: 2,
    });
  });

  it('takes watermarks that are numbers or booleans as text, and null as not given', async () => {
    const { body } = await start({ watermark: 5, next_watermark: true });
    expect(await read(body.id)).toMatchObject({ watermark: '5', next_watermark: 'true' });
    const { body: nulls } = await start({ watermark: null, next_watermark: null, start_date: null, parent_id: null });
    expect(await read(nulls.id)).toMatchObject({ watermark: 'w1', next_watermark: 'w2', parent_id: null });
  });

  it.each(['parent_id', 'parent_execution_id'])('stands under its %s', async (field) => {
    const root = await watcher.begin(pipeline);
    const child = await watcher.begin(pipeline, { [field]: root });
    const grandchild = await watcher.begin(pipeline, { [field]: child });
    expect(await read(grandchild)).toMatchObject({ parent_id: child, root_id: root });
    expect((await read(root)).child_executions).toMatchObject([{ id: child, parent_id: root }]);
  });

  it('may stand under an execution that has ended, and under one of another pipeline', async () => {
    const parent = await watcher.begin(await watcher.pipeline('other'));
    await watcher.end(parent);
    expect((await start({ parent_id: parent })).status).toBe(201);
  });

  it.each<[string, Json, number, string]>([
    ['an unknown pipeline', { pipeline_id: 999_999 }, 404, 'pipeline_not_found'],
    ['an unknown parent', { parent_id: 999_999 }, 404, 'parent_not_found'],
    ['parent 0', { parent_id: 0 }, 422, 'validation_failed'],
    ['no pipeline', { pipeline_id: null }, 422, 'validation_failed'],
    ['a pipeline in quotes', { pipeline_id: '1' }, 422, 'validation_failed'],
    ['a fraction', { pipeline_id: 1.5 }, 422, 'validation_failed'],
    ['an empty external_id', { external_id: ' ' }, 422, 'validation_failed'],
    ['an external_id of 256 characters', { external_id: 'x'.repeat(256) }, 422, 'validation_failed'],
    ['an external_id that is a number', { external_id: 5 }, 422, 'validation_failed'],
    ['a time that is a number', { start_date: 1_769_846_400 }, 422, 'validation_failed'],
    ['metadata that is text', { execution_metadata: 'x' }, 422, 'validation_failed'],
  ])('refuses %s', async (_, fields, status, code) => {
    const answer = await start(fields);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });
});

describe('a start with an external_id', () => {
  it('may be repeated: 200 with the first id, and nothing is written', async () => {
    const first = await start({ external_id: 'nightly-1', execution_metadata: { attempt: 1 } });
    const before = await read(first.body.id);
    const second = await start({ external_id: ' nightly-1 ', execution_metadata: { attempt: 2 }, watermark: 'x' });
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body).toEqual(first.body);
    expect(await read(first.body.id)).toEqual(before);
  });

  it('finds the first one after its end too', async () => {
    const { body } = await start({ external_id: 'nightly-2' });
    await watcher.end(body.id);
    expect(await start({ external_id: 'nightly-2' })).toMatchObject({ status: 200, body });
  });

  it('is another one for another pipeline, or in another case', async () => {
    const { body } = await start({ external_id: 'nightly-3' });
    const other = await watcher.pipeline('same external id');
    expect((await start({ external_id: 'nightly-3', pipeline_id: other })).status).toBe(201);
    const upper = await start({ external_id: 'NIGHTLY-3' });
    expect([upper.status, upper.body.id === body.id]).toEqual([201, false]);
  });

  it('takes 255 characters', async () => {
    const external_id = '😀'.repeat(255);
    const { body } = await start({ external_id });
    expect((await read(body.id)).external_id).toBe(external_id);
    expect((await start({ external_id })).status).toBe(200);
  });

  it('that was refused may be sent again', async () => {
    expect((await start({ external_id: 'refused', parent_id: 999_999 })).status).toBe(404);
    expect((await start({ external_id: 'refused' })).status).toBe(201);
  });
});

describe('a 201', () => {
  it('leaves when every other connection sees the execution and its closure rows', async () => {
    const root = await watcher.begin(pipeline);
    for (let turn = 0; turn < 20; turn++) {
      const { body } = await start({ parent_id: root });
      const seen = await watcher.database.sql(
        `SELECT c.parent_execution_id::int, c.depth FROM pipeline_execution e
           JOIN pipeline_execution_closure c ON c.child_execution_id = e.id
          WHERE e.id = $1 ORDER BY c.depth`,
        [body.id],
      );
      expect(seen).toEqual([
        { parent_execution_id: body.id, depth: 0 },
        { parent_execution_id: root, depth: 1 },
      ]);
    }
  });
});
