import { type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
let pipeline: number;
beforeAll(async () => {
  watcher = await Watcher.start();
  pipeline = await watcher.pipeline('alive');
});
afterAll(() => watcher.stop());

const beat = (body: Json): Promise<Json> => watcher.post('/heartbeat', body);
const stored = (id: number): Promise<Json[]> =>
  watcher.database.sql('SELECT * FROM execution_heartbeat WHERE execution_id = $1', [id]);
/** Moves the last heartbeat of an execution into the past. */
const age = (id: number, seconds: number): Promise<unknown> =>
  watcher.database.sql(`UPDATE execution_heartbeat SET at = at - $2 * interval '1 second' WHERE execution_id = $1`, [
    id,
    seconds,
  ]);

describe('a heartbeat', () => {
  it('of a running execution is 204, and shown with its progress', async () => {
    const id = await watcher.begin(pipeline);
    expect(await watcher.get(`/pipeline_execution/${id}/heartbeat`)).toMatchObject({
      status: 404,
      body: { code: 'no_heartbeat' },
    });
    const before = Date.now();
    expect(await beat({ id, progress: 0.4, message: 'loaded 40 of 100 files' })).toMatchObject({
      status: 204,
      text: '',
    });
    const { status, body } = await watcher.get(`/pipeline_execution/${id}/heartbeat`);
    expect([status, body]).toMatchObject([200, { progress: 0.4, message: 'loaded 40 of 100 files' }]);
    expect(Date.parse(body.at)).toBeGreaterThanOrEqual(before);
  });

  it('of an ended execution is 409, of a lost one too, and of an unknown one 404', async () => {
    const [ended, lost] = [await watcher.begin(pipeline), await watcher.begin(pipeline)];
    await beat({ id: ended });
    await watcher.end(ended);
    await watcher.database.sql(`UPDATE pipeline_execution SET status = 'lost', end_date = start_date WHERE id = $1`, [
      lost,
    ]);
    for (const id of [ended, lost]) {
      expect(await beat({ id })).toMatchObject({ status: 409, body: { code: 'execution_already_ended' } });
    }
    expect(await beat({ id: 999_999 })).toMatchObject({ status: 404, body: { code: 'execution_not_found' } });
    expect((await watcher.get(`/pipeline_execution/${ended}/heartbeat`)).status).toBe(404);
  });

  it('of an expected execution is accepted, although it has not started', async () => {
    const parent = { parent_pipeline_id: pipeline, parent_external_id: 'not yet' };
    const child = await watcher.begin(pipeline, parent);
    const { parent_id: id } = (await watcher.get(`/pipeline_execution/${child}`)).body;
    expect((await beat({ id })).status).toBe(204);
    expect(await stored(id)).toEqual([]);
  });

  it('of many executions names those that are not running', async () => {
    const [running, ended] = [await watcher.begin(pipeline), await watcher.begin(pipeline)];
    await watcher.end(ended);
    expect(await beat({ ids: [running, ended, 999_999, running] })).toMatchObject({
      status: 200,
      body: { ended: [ended], unknown: [999_999] },
    });
    expect(await stored(running)).toHaveLength(1);
    expect(await beat({ ids: [] })).toMatchObject({ status: 200, body: { ended: [], unknown: [] } });
    const thousand = Array.from({ length: 1000 }, (_, index) => 1_000_000 + index);
    expect((await beat({ ids: thousand })).body).toEqual({ ended: [], unknown: thousand });
  });

  it('is stored at most every 15 seconds, keeps the last progress, and measures the time between', async () => {
    const id = await watcher.begin(pipeline);
    await beat({ id, progress: 1, message: 'one' });
    await beat({ id, progress: 2 });
    expect(await stored(id)).toMatchObject([{ progress: 1, message: 'one', gaps: [] }]);
    await age(id, 60);
    await beat({ id, progress: 3 });
    const [row] = await stored(id);
    expect(row).toMatchObject({ progress: 3, message: 'one', gaps: [expect.any(Number)] });
    expect(row['gaps'][0]).toBeGreaterThanOrEqual(60);
    for (let round = 0; round < 20; round++) {
      await age(id, 20);
      await beat({ id });
    }
    expect((await stored(id))[0]?.['gaps']).toHaveLength(15);
  });

  it.each([
    [{}, 'id'],
    [{ id: 1, ids: [1] }, 'id'],
    [{ ids: [0] }, 'ids'],
    [{ ids: 7 }, 'ids'],
    [{ ids: ['7'] }, 'ids'],
    [{ ids: Array.from({ length: 1001 }, (_, index) => index + 1) }, 'ids'],
    [{ id: 1, progress: -1 }, 'progress'],
    [{ id: 1, progress: 'half' }, 'progress'],
    [{ id: 1, message: 7 }, 'message'],
  ])('%j is refused', async (body, field) => {
    const { status, body: problem } = await beat(body);
    expect([status, problem.errors.map((error: Json) => error.field)]).toEqual([422, [field]]);
  });

  it('repeats its answer for the same Idempotency-Key', async () => {
    const id = await watcher.begin(pipeline);
    const send = (): Promise<Json> => watcher.post('/heartbeat', { id }, { 'idempotency-key': 'beat' });
    expect(await send()).toMatchObject({ status: 204, text: '' });
    await watcher.end(id);
    const again = await send();
    expect([again.status, again.text, again.headers.get('idempotency-replayed')]).toEqual([204, '', 'true']);
  });

  it('meets an end without an error, in any order', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => watcher.begin(pipeline)));
    const answers = await Promise.all(
      ids.flatMap((id) => [beat({ id }), watcher.end(id), beat({ ids }), beat({ id, message: 'last' })]),
    );
    const statuses = new Set(answers.map(({ status }) => status));
    expect([...statuses].filter((status) => ![200, 204, 409].includes(status))).toEqual([]);
  });
});
