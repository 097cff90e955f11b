import { type Json, Watcher } from '../support/watcher.js';
import { check, incidentsOf } from './checks.js';

describe('failure', () => {
  let watcher: Watcher;
  let top: number;
  let step: number;
  let names = 0;

  beforeAll(async () => {
    watcher = await Watcher.start();
  });
  afterAll(() => watcher.stop());

  beforeEach(async () => {
    top = await watcher.pipeline(`top ${names++}`);
    step = await watcher.pipeline(`step ${names}`);
  });

  const fail = (id: number, error_message?: string): Promise<Json> =>
    watcher.end(id, { completed_successfully: false, error_message });

  it('opens one incident for a whole tree, with the root causes, first failure first', async () => {
    const root = await watcher.begin(top);
    const [a, b] = [await watcher.begin(step, { parent_id: root }), await watcher.begin(step, { parent_id: root })];
    const leaf = await watcher.begin(step, { parent_id: a });
    const fine = await watcher.begin(step, { parent_id: a });
    await watcher.end(fine);
    await fail(b, 'disk full');
    await fail(leaf, 'source refused the connection');
    await fail(a, 'a step failed');
    expect(await incidentsOf(watcher, top)).toEqual([]);
    await fail(root, 'a step failed');
    const [incident, ...others] = await incidentsOf(watcher, top);
    const cause = (execution_id: number, error_message: string): Json => ({
      execution_id,
      pipeline_id: step,
      pipeline_name: `step ${names}`,
      error_message,
    });
    expect(others).toEqual([]);
    const asked = (await watcher.get(`/pipeline_execution/${root}/root_cause`)).body;
    expect(asked.map(({ id }: Json) => id)).toEqual([b, leaf]);
    expect(incident).toMatchObject({
      kind: 'failure',
      status: 'open',
      execution_id: root,
      expected_at: null,
      root_causes: [cause(b, 'disk full'), cause(leaf, 'source refused the connection')],
    });
    expect(incident.detail).toContain(`2 root causes, the first: execution ${b} of 'step ${names}': disk full`);
    expect(await incidentsOf(watcher, step)).toEqual([]);
  });

  it('names the root itself where nothing below it failed', async () => {
    const root = await watcher.begin(top);
    await watcher.end(await watcher.begin(step, { parent_id: root }));
    await fail(root, 'out of memory');
    expect(await incidentsOf(watcher, top)).toMatchObject([
      {
        root_causes: [{ execution_id: root, error_message: 'out of memory' }],
        detail: expect.stringMatching(/^Execution \d+ failed at \S+: out of memory\.$/),
      },
    ]);
  });

  it('opens none for a failure below a root that succeeds', async () => {
    const root = await watcher.begin(top);
    await fail(await watcher.begin(step, { parent_id: root }));
    await watcher.end(root);
    expect([...(await incidentsOf(watcher, top)), ...(await incidentsOf(watcher, step))]).toEqual([]);
  });

  it('opens none for an inactive pipeline', async () => {
    await watcher.patch('/pipeline', { id: top, active: false });
    await fail(await watcher.begin(top));
    expect(await incidentsOf(watcher, top)).toEqual([]);
  });

  it('is resolved by the pipeline’s next success, not by another’s and not by an earlier one', async () => {
    const earlier = await watcher.begin(top, { start_date: '2026-03-01T00:00:00Z' });
    await fail(await watcher.begin(top));
    await watcher.end(await watcher.begin(step));
    await watcher.end(earlier, { end_date: '2026-03-01T01:00:00Z' });
    await check(watcher, 'timeliness', new Date().toISOString());
    expect(await incidentsOf(watcher, top)).toMatchObject([{ status: 'open' }]);
    await watcher.end(await watcher.begin(top));
    const [incident] = await incidentsOf(watcher, top);
    expect(incident).toMatchObject({ status: 'resolved', resolved_at: expect.any(String) });
    expect(incident.detail).toContain('Resolved: the pipeline succeeded again.');
  });

  it('is resolved by the next check when the success was reported first, or the pipeline deactivated', async () => {
    const at = (hour: string): Json => ({ start_date: `2026-03-01T${hour}:00:00Z` });
    const [failed, succeeded] = [await watcher.begin(top, at('01')), await watcher.begin(top, at('02'))];
    await watcher.end(succeeded, { end_date: '2026-03-01T03:00:00Z' });
    await watcher.end(failed, { end_date: '2026-03-01T01:30:00Z', completed_successfully: false });
    const other = await watcher.begin(step);
    await fail(other);
    await watcher.patch('/pipeline', { id: step, active: false });
    await check(watcher, 'timeliness', new Date().toISOString());
    expect(await incidentsOf(watcher, top)).toMatchObject([{ status: 'resolved' }]);
    expect(await incidentsOf(watcher, step)).toMatchObject([{ status: 'resolved' }]);
  });

  it('opens one for each failed root, once, when ends are repeated and race', async () => {
    const roots = await Promise.all(Array.from({ length: 10 }, () => watcher.begin(top)));
    const end = { completed_successfully: false, end_date: new Date().toISOString() };
    await Promise.all([...roots, ...roots].map((id) => watcher.end(id, end)));
    const opened = (await incidentsOf(watcher, top)).map(({ execution_id }) => execution_id);
    expect([opened.length, new Set(opened)]).toEqual([10, new Set(roots)]);
  });

  it('names 50 root causes at most, and says how many there are', async () => {
    const root = await watcher.begin(top);
    const children = await Promise.all(Array.from({ length: 60 }, () => watcher.begin(step, { parent_id: root })));
    await Promise.all(children.map((id) => fail(id, 'x'.repeat(5000))));
    await fail(root);
    const [incident] = await incidentsOf(watcher, top);
    expect(incident.root_causes).toHaveLength(50);
    expect(incident.root_causes[0].error_message).toHaveLength(1000);
    expect(incident.detail).toContain('60 root causes');
  });

  it('lists incidents by kind and status, paged, and gets one', async () => {
    const before = (await watcher.all('/incident?kind=failure&limit=1000')).length;
    await fail(await watcher.begin(top));
    await fail(await watcher.begin(top));
    const all = await watcher.all('/incident?limit=1');
    expect(all.length).toBe(before + 2);
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).toSorted((a, b) => b - a));
    expect(await watcher.all(`/incident?kind=failure&status=open&pipeline_id=${top}`)).toHaveLength(2);
    expect(await watcher.all(`/incident?kind=timeliness&pipeline_id=${top}`)).toEqual([]);
    expect(await watcher.all(`/incident?status=resolved&pipeline_id=${top}`)).toEqual([]);
    expect((await watcher.get(`/incident/${all[0].id}`)).body).toEqual(all[0]);
    expect((await watcher.get('/incident/999999999')).body).toMatchObject({ status: 404, code: 'incident_not_found' });
    expect((await watcher.get('/incident?kind=other')).status).toBe(422);
  });
});
