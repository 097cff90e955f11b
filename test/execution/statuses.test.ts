import { COMPLETED_SUCCESSFULLY, type Status, STATUSES } from '../../src/features/execution/execution-status.js';
import { type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

/** Ends an execution with `status` only. */
const end = async (id: number, status: string, fields: Json = {}): Promise<Json> =>
  watcher.post('/end_pipeline_execution', { id, status, ...fields });
const read = async (path: string): Promise<Json> => (await watcher.get(path)).body;

/** Sets a status that no report can set. */
const declare = (id: number, status: 'expected' | 'lost'): Promise<unknown> =>
  watcher.database.sql(`UPDATE pipeline_execution SET status = $2, end_date = start_date WHERE id = $1`, [id, status]);

describe('the status of an end', () => {
  it.each([
    ['succeeded', true],
    ['failed', false],
    ['aborted', null],
    ['skipped', null],
  ])('is %s, with completed_successfully %s', async (status, completed) => {
    const id = await watcher.begin(await watcher.pipeline(`ends ${status}`));
    const ended = await end(id, status);
    expect(ended).toMatchObject({ status: 200, body: { status, completed_successfully: completed } });
    expect(await end(id, status)).toMatchObject({ status: 200, body: ended.body });
    const { child_executions, ...stored } = await read(`/pipeline_execution/${id}`);
    expect([stored, child_executions]).toEqual([ended.body, []]);
    const [row] = await watcher.database.sql(`SELECT status, completed_successfully FROM v_execution WHERE id = $1`, [
      id,
    ]);
    expect(row).toEqual({ status, completed_successfully: completed });
  });

  it('may be said in both ways, and the repeat in the other one is the same end', async () => {
    const id = await watcher.begin(await watcher.pipeline('both ways'));
    expect(await end(id, 'failed', { completed_successfully: false })).toMatchObject({ status: 200 });
    expect(await end(id, 'failed')).toMatchObject({ status: 200 });
    expect(await watcher.end(id, { completed_successfully: false })).toMatchObject({ status: 200 });
    expect(await end(id, 'aborted')).toMatchObject({ status: 409, body: { code: 'execution_already_ended' } });
  });

  it.each([
    [{ status: 'succeeded', completed_successfully: false }, 'status'],
    [{ status: 'failed', completed_successfully: true }, 'status'],
    [{ status: 'aborted', completed_successfully: false }, 'status'],
    [{ status: 'skipped', completed_successfully: true }, 'status'],
    [{ status: 'lost' }, 'status'],
    [{ status: 'expected' }, 'status'],
    [{ status: 'running' }, 'status'],
    [{}, 'completed_successfully'],
    [{ completed_successfully: null, status: null }, 'completed_successfully'],
  ])('%j is refused', async (result, field) => {
    const id = await watcher.begin(await watcher.pipeline('refused'));
    const { status, body } = await watcher.post('/end_pipeline_execution', { id, ...result });
    expect([status, body.errors.map((error: Json) => error.field)]).toEqual([422, [field]]);
    expect(await read(`/pipeline_execution/${id}`)).toMatchObject({ status: 'running' });
  });

  it.each(['aborted', 'skipped'])('%s moves nothing, opens no incident and resolves none', async (status) => {
    const pipeline = await watcher.pipeline(`moves nothing: ${status}`, { next_watermark: 'w1' });
    await watcher.end(await watcher.begin(pipeline), { completed_successfully: false });
    await end(await watcher.begin(pipeline), status, { inserts: 5, total_rows: 5 });
    expect(await read(`/pipeline/${pipeline}`)).toMatchObject({ watermark: null, last_target_insert: null });
    const incidents = await read(`/incident?pipeline_id=${pipeline}`);
    expect(incidents).toMatchObject([{ kind: 'failure', status: 'open' }]);
  });

  it('overrides that an execution was lost', async () => {
    const pipeline = await watcher.pipeline('found again', { next_watermark: 'w2' });
    const id = await watcher.begin(pipeline);
    await declare(id, 'lost');
    expect(await read(`/pipeline_execution/${id}`)).toMatchObject({ status: 'lost', completed_successfully: null });
    expect(await end(id, 'succeeded')).toMatchObject({ status: 200, body: { status: 'succeeded' } });
    expect(await read(`/pipeline/${pipeline}`)).toMatchObject({ watermark: 'w2' });
    expect(await end(id, 'aborted')).toMatchObject({ status: 409 });
  });
});

describe('executions in all statuses', () => {
  let root: number;
  const ids = {} as Record<Status, number>;

  beforeAll(async () => {
    root = await watcher.begin(await watcher.pipeline('all'));
    const type = { pipeline_type_name: 'all statuses' };
    for (const status of STATUSES) {
      const id = await watcher.begin(await watcher.pipeline(`all: ${status}`, type), { parent_id: root });
      ids[status] = id;
      if (status === 'lost' || status === 'expected') await declare(id, status);
      else if (status !== 'running') await end(id, status);
    }
  });

  it.each(STATUSES)('are listed by status=%s', async (status) => {
    for (const path of [
      `/pipeline_execution?parent_id=${root}`,
      '/pipeline_execution?pipeline_type_name=all%20statuses',
      '/pipeline_execution?pipeline_type_name=all%20statuses&order=asc',
      `/pipeline_execution/${root}/downstream?`,
    ]) {
      const found = await read(`${path}&status=${status}`);
      expect(found.map(({ id }: Json) => id)).toEqual([ids[status]]);
      expect(found[0]).toMatchObject({ status, completed_successfully: COMPLETED_SUCCESSFULLY[status] });
    }
  });

  it('are counted each for itself', async () => {
    const { whole } = await read(`/pipeline_execution/${root}/rollup`);
    expect(whole).toMatchObject({ ...Object.fromEntries(STATUSES.map((status) => [status, 1])), running: 2 });
    const rows = await watcher.database.sql(
      `SELECT status, count(*)::int FROM watcher_tree($1) WHERE id <> $1 GROUP BY status`,
      [root],
    );
    expect(new Map(rows.map(({ status, count }) => [status, count]))).toEqual(new Map(STATUSES.map((s) => [s, 1])));
  });

  it('are in the tree', async () => {
    const { child_executions: children } = await read(`/pipeline_execution/${root}/tree`);
    expect(new Set(children.map(({ status }: Json) => status))).toEqual(new Set(STATUSES));
  });

  it('have one cause, and one that is waited for', async () => {
    const idsOf = (executions: Json[]): number[] => executions.map(({ id }) => id);
    expect(idsOf(await read(`/pipeline_execution/${root}/root_cause`))).toEqual([ids.failed]);
    expect(idsOf(await read(`/pipeline_execution/${root}/blocking`))).toEqual([ids.running]);
  });

  it('are counted by their outcome', async () => {
    const { body } = await watcher.get('/metrics');
    for (const outcome of ['succeeded', 'failed', 'aborted', 'skipped', 'lost'])
      expect(body).toMatch(new RegExp(`^watcher_executions_ended_total\\{outcome="${outcome}"\\} \\d+$`, 'm'));
  });
});
