import { expectExactClosure } from '../support/closure.js';
import { type Answer, type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
let workflow: number;
let step: number;

beforeAll(async () => {
  watcher = await Watcher.start();
  workflow = await watcher.pipeline('Late Workflow', { next_watermark: 'w1' });
  step = await watcher.pipeline('Late Step');
});
afterEach(() => expectExactClosure(watcher.database));
afterAll(() => watcher.stop());

const read = async (id: number): Promise<Json> => (await watcher.get(`/pipeline_execution/${id}`)).body;
const start = (fields: Json): Promise<Answer> => watcher.post('/start_pipeline_execution', fields);
const patch = (id: number, fields: Json): Promise<Answer> => watcher.patch(`/pipeline_execution/${id}`, fields);
const child = (fields: Json = {}): Promise<number> => watcher.begin(step, fields);
const upstream = async (id: number): Promise<number[]> =>
  (await watcher.get(`/pipeline_execution/${id}/upstream`)).body.map((execution: Json) => execution.id);
const at = (minute: number): string => `2026-01-31T02:${String(minute).padStart(2, '0')}:00.000Z`;

describe('a parent that has not been reported', () => {
  it('starts when its report is received, where its own clock is ahead', async () => {
    const pipeline = await watcher.pipeline('Ahead Workflow');
    const run = { parent_external_id: 'ahead', parent_pipeline_id: pipeline };
    const { parent_id: parent } = await read(await child(run));
    const tomorrow = new Date(Date.now() + 23 * 3_600_000).toISOString();
    const early = { external_id: 'ahead', start_date: tomorrow, next_watermark: 'early' };
    expect(await watcher.begin(pipeline, early)).toBe(parent);
    const late = await watcher.begin(pipeline, { next_watermark: 'late' });
    await watcher.end(late);
    await watcher.end(parent);
    expect((await watcher.get(`/pipeline/${pipeline}`)).body).toMatchObject({ watermark: 'late' });
  });

  it('takes the next_watermark of its end', async () => {
    const pipeline = await watcher.pipeline('Ended Workflow');
    const run = { parent_external_id: 'ended', parent_pipeline_id: pipeline };
    const { parent_id: parent } = await read(await child(run));
    expect((await watcher.end(parent, { next_watermark: 'w7' })).body).toMatchObject({ next_watermark: 'w7' });
    expect((await watcher.get(`/pipeline/${pipeline}`)).body).toMatchObject({ watermark: 'w7' });
  });

  it('is expected, lasts as long as its children, and starts when it is reported', async () => {
    const run = { parent_external_id: 'nightly-1', parent_pipeline_id: workflow };
    const first = await child({ ...run, start_date: at(10) });
    const second = await child({
      ...run,
      parent_pipeline_id: undefined,
      parent_pipeline_name: 'late workflow',
      start_date: at(5),
    });
    const { parent_id: parent, root_id: root } = await read(first);
    expect(await read(second)).toMatchObject({ parent_id: parent, root_id: parent });
    expect(root).toBe(parent);
    expect(await read(parent)).toMatchObject({
      pipeline_id: workflow,
      external_id: 'nightly-1',
      status: 'expected',
      completed_successfully: null,
      start_date: at(5),
      start_date_estimated: true,
      end_date: at(10),
      duration_seconds: 300,
    });
    await watcher.end(first, { end_date: at(20) });
    expect(await read(parent)).toMatchObject({ status: 'expected', end_date: at(20), duration_seconds: 900 });
    expect((await watcher.get(`/pipeline_execution?status=running&pipeline_id=${workflow}`)).body).toEqual([]);

    const filled = await start({
      pipeline_id: workflow,
      external_id: 'nightly-1',
      start_date: at(1),
      execution_metadata: { a: 1 },
    });
    expect([filled.status, filled.body]).toEqual([201, { id: parent }]);
    const running = {
      status: 'running',
      start_date: at(1),
      start_date_estimated: false,
      end_date: null,
      duration_seconds: null,
      next_watermark: 'w1',
      execution_metadata: { a: 1 },
    };
    expect(await read(parent)).toMatchObject(running);
    const again = await start({ pipeline_id: workflow, external_id: 'nightly-1', start_date: at(2) });
    expect([again.status, again.body]).toEqual([200, { id: parent }]);
    expect(await read(parent)).toMatchObject(running);
    expect((await watcher.end(parent, { end_date: at(30) })).body).toMatchObject({ status: 'succeeded' });
  });

  it('may have a parent of its own: what runs below it moves along', async () => {
    const leaf = await child({ parent_external_id: 'middle', parent_pipeline_id: step });
    const { parent_id: middle } = await read(leaf);
    const top = await watcher.begin(workflow);
    const filled = await start({ pipeline_id: step, external_id: 'middle', parent_id: top });
    expect([filled.status, filled.body]).toEqual([201, { id: middle }]);
    expect(await upstream(leaf)).toEqual([middle, top]);
    expect(await read(leaf)).toMatchObject({ root_id: top });
    expect((await watcher.end(leaf)).body).toMatchObject({ root_id: top, parent_id: middle });
  });

  it('becomes known by a chain of reports from below', async () => {
    const leaf = await child({ external_id: 'c', parent_external_id: 'b', parent_pipeline_id: step });
    await start({ pipeline_id: step, external_id: 'b', parent_external_id: 'a', parent_pipeline_id: step });
    await start({ pipeline_id: step, external_id: 'a' });
    const line = await upstream(leaf);
    expect(await Promise.all(line.map(async (id) => (await read(id)).external_id))).toEqual(['b', 'a']);
    expect(await read(leaf)).toMatchObject({ root_id: line[1] });
  });

  it('is one execution for all that name it at once, and for its own start', async () => {
    const run = { parent_external_id: 'at once', parent_pipeline_id: workflow };
    const children = Array.from({ length: 40 }, () => child(run));
    const own = Array.from({ length: 5 }, () => start({ pipeline_id: workflow, external_id: 'at once' }));
    const answers = await Promise.all(own);
    const parents = new Set((await Promise.all((await Promise.all(children)).map(read))).map((c) => c.parent_id));
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 200, 200, 200, 201]);
    expect([...parents]).toEqual([answers[0]?.body.id]);
    expect(await read(answers[0]?.body.id)).toMatchObject({ status: 'running' });
  });

  it('may be reported to have ended, though its start never was', async () => {
    const leaf = await child({ parent_external_id: 'no start', parent_pipeline_id: workflow, start_date: at(0) });
    const { parent_id: parent } = await read(leaf);
    const { body } = await watcher.end(parent, { end_date: at(9), completed_successfully: false });
    expect(body).toMatchObject({ status: 'failed', start_date: at(0), start_date_estimated: true, end_date: at(9) });
    expect((await start({ pipeline_id: workflow, external_id: 'no start' })).status).toBe(200);
  });

  it.each([
    [{ parent_external_id: 'x' }, 422, 'parent_pipeline_id'],
    [{ parent_external_id: 'x', parent_pipeline_id: 1, parent_id: 1 }, 422, 'parent_external_id'],
    [{ parent_external_id: 'x', parent_pipeline_id: 999_999 }, 404, undefined],
    [{ parent_external_id: 'x', parent_pipeline_name: 'nobody' }, 404, undefined],
  ])('%j is refused', async (fields, status, field) => {
    for (const answer of [await start({ pipeline_id: step, ...fields }), await patch(await child(), fields)]) {
      expect([answer.status, answer.body.errors?.[0].field]).toEqual([status, field]);
    }
  });

  it('is not the run itself, nor one below it', async () => {
    const self = await start({
      pipeline_id: step,
      external_id: 'self',
      parent_external_id: 'self',
      parent_pipeline_id: step,
    });
    expect(self).toMatchObject({ status: 409, body: { code: 'cycle' } });
    await child({ external_id: 'below', parent_external_id: 'above', parent_pipeline_id: step });
    const cycle = { pipeline_id: step, external_id: 'above', parent_external_id: 'below', parent_pipeline_id: step };
    expect(await start(cycle)).toMatchObject({ status: 409, body: { code: 'cycle' } });
    expect((await start({ pipeline_id: step, external_id: 'above' })).status).toBe(201);
  });
});

describe('PATCH /pipeline_execution/{id}', () => {
  it('moves an execution with all below it, to and fro', async () => {
    const [top, other, middle] = [await child(), await child(), await child()];
    const leaf = await child({ parent_id: middle });
    const moved = await patch(middle, { parent_id: top });
    expect(moved).toMatchObject({ status: 200, body: { id: middle, parent_id: top, root_id: top } });
    expect([await upstream(leaf), (await read(leaf)).root_id]).toEqual([[middle, top], top]);
    await patch(top, { parent_id: other });
    expect([await upstream(leaf), (await read(leaf)).root_id]).toEqual([[middle, top, other], other]);
    const root = await patch(middle, { parent_id: null });
    expect(root).toMatchObject({ status: 200, body: { parent_id: null, root_id: middle } });
    expect([await upstream(leaf), (await read(leaf)).root_id]).toEqual([[middle], middle]);
    expect((await watcher.get(`/pipeline_execution/${other}/tree`)).body.node_count).toBe(2);
  });

  it('refuses a parent that is below, or the execution itself', async () => {
    const top = await child();
    const leaf = await child({ parent_id: await child({ parent_id: top }) });
    for (const parent of [top, leaf])
      expect(await patch(top, { parent_id: parent })).toMatchObject({ status: 409, body: { code: 'cycle' } });
    expect(await upstream(top)).toEqual([]);
  });

  it('takes a run that has not been reported, which shrinks when its child leaves it', async () => {
    const [early, late] = [await child({ start_date: at(1) }), await child({ start_date: at(9) })];
    const run = { parent_external_id: 'patched in', parent_pipeline_name: 'Late Workflow' };
    const { body } = await patch(early, run);
    await patch(late, run);
    expect(await read(body.parent_id)).toMatchObject({ status: 'expected', start_date: at(1), end_date: at(9) });
    await patch(early, { parent_id: null });
    expect(await read(body.parent_id)).toMatchObject({ status: 'expected', start_date: at(9), end_date: at(9) });
  });

  it('merges metadata, and leaves what it does not name', async () => {
    const parent = await child();
    const id = await child({ parent_id: parent, execution_metadata: { a: 1, b: 1 } });
    const merged = await patch(id, { execution_metadata: { b: 2, c: 3 } });
    expect(merged.body).toMatchObject({ execution_metadata: { a: 1, b: 2, c: 3 }, parent_id: parent });
    expect((await patch(id, {})).body).toEqual(merged.body);
    expect((await patch(id, { execution_metadata: null })).body.execution_metadata).toBeNull();
  });

  it('answers 404 for what is not there', async () => {
    const id = await child();
    expect(await patch(999_999_999, { parent_id: id })).toMatchObject({
      status: 404,
      body: { code: 'execution_not_found' },
    });
    expect(await patch(id, { parent_id: 999_999_999 })).toMatchObject({
      status: 404,
      body: { code: 'parent_not_found' },
    });
  });

  it('is there for the published queries, the views and the questions', async () => {
    const top = await child({ start_date: at(0) });
    const middle = await child({ start_date: at(1) });
    const leaf = await child({ parent_id: middle, start_date: at(2) });
    await watcher.end(leaf, { completed_successfully: false, end_date: at(3) });
    await patch(middle, { parent_id: top });
    const [downstream] = await watcher.database.sql(
      `SELECT array_agg(pe.id::int ORDER BY pec.depth) AS ids FROM pipeline_execution pe
         JOIN pipeline_execution_closure pec ON pe.id = pec.child_execution_id
        WHERE pec.parent_execution_id = ${top} AND pec.depth > 0`,
    );
    expect(downstream).toEqual({ ids: [middle, leaf] });
    expect(await watcher.database.sql(`SELECT id::int FROM v_root_cause WHERE top_id = ${top}`)).toEqual([
      { id: leaf },
    ]);
    const causes = (await watcher.get(`/pipeline_execution/${top}/root_cause`)).body;
    expect(causes).toMatchObject([{ id: leaf, depth: 2, path: [{ id: top }, { id: middle }, { id: leaf }] }]);
  });
});
