import { type Json, Watcher } from '../support/watcher.js';
import { check, incidentsOf } from './checks.js';

describe('failure', () => {
  let watcher: Watcher;
  /** A second replica. */
  let other: Watcher;
  let top: number;
  let step: number;
  let names = 0;

  beforeAll(async () => {
    watcher = await Watcher.start();
    other = await Watcher.start({}, watcher.database);
  });
  afterAll(async () => {
    await other.app.close();
    await watcher.stop();
  });

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

  it('names the root itself if nothing below it failed', async () => {
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

  it.each([
    ['succeeds', true],
    ['fails', false],
  ])('names no execution whose later attempt %s after the root has failed', async (_, completed_successfully) => {
    const root = await watcher.begin(top);
    const first = await watcher.begin(step, { parent_id: root });
    await fail(first, 'first attempt');
    await fail(root, 'a step failed');
    expect(await incidentsOf(watcher, top)).toMatchObject([{ root_causes: [{ execution_id: first }] }]);
    const second = await watcher.begin(step, { retry_of: first });
    await watcher.end(second, { completed_successfully });
    const causes = [{ execution_id: completed_successfully ? root : second }];
    expect(await incidentsOf(watcher, top)).toMatchObject([{ status: 'open', root_causes: causes }]);
  });

  it('opens none for an attempt that has been repeated, but for the one that repeats it', async () => {
    const first = await watcher.begin(top, { external_id: 'repeated' });
    const second = await watcher.begin(top, { external_id: 'repeated', attempt: 2 });
    await fail(first);
    expect(await incidentsOf(watcher, top)).toEqual([]);
    await fail(second);
    expect(await incidentsOf(watcher, top)).toMatchObject([{ status: 'open', execution_id: second, occurrences: 1 }]);
  });

  it('is not opened for a failure below a root that succeeds', async () => {
    const root = await watcher.begin(top);
    await fail(await watcher.begin(step, { parent_id: root }));
    await watcher.end(root);
    expect([...(await incidentsOf(watcher, top)), ...(await incidentsOf(watcher, step))]).toEqual([]);
  });

  it.each([{ active: false }, { archived: true }])('is not opened for a pipeline with %j', async (change) => {
    await watcher.patch('/pipeline', { id: top, ...change });
    await fail(await watcher.begin(top));
    expect(await incidentsOf(watcher, top)).toEqual([]);
  });

  it('is resolved by the pipeline’s next success, not by that of another pipeline or an earlier one', async () => {
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

  it('is resolved by the next check when the pipeline was deactivated', async () => {
    await fail(await watcher.begin(step));
    await fail(await watcher.begin(top));
    await watcher.patch('/pipeline', { id: step, active: false });
    await check(watcher, 'timeliness', new Date().toISOString());
    expect(await incidentsOf(watcher, step)).toMatchObject([{ status: 'resolved' }]);
    expect(await incidentsOf(watcher, top)).toMatchObject([{ status: 'open' }]);
  });

  describe('in whatever order its ends are reported', () => {
    const at = (time: string): string => `2026-03-01T${time}:00Z`;

    /** Begins runs with the given times `start`–`end`, and reports their ends in this order. */
    async function report(runs: readonly (readonly [string, string, boolean])[]): Promise<number[]> {
      const ids: number[] = [];
      for (const [start] of runs) ids.push(await watcher.begin(top, { start_date: at(start) }));
      for (const [index, [, end, completed_successfully]] of runs.entries()) {
        await watcher.end(ids[index] ?? 0, { end_date: at(end), completed_successfully });
      }
      return ids;
    }

    const SUCCESS = ['10:00', '10:20', true] as const;
    const FAILURE = ['10:05', '10:10', false] as const;

    it('is resolved by a success that ended after it', async () => {
      await report([FAILURE, SUCCESS]);
      expect(await incidentsOf(watcher, top)).toMatchObject([{ status: 'resolved' }]);
      top = await watcher.pipeline(`top ${names++}`);
      await report([SUCCESS, FAILURE]);
      expect(await incidentsOf(watcher, top)).toMatchObject([{ status: 'resolved', occurrences: 1 }]);
    });

    it('ends up with the same open incident in all 120 orders of two successes and three failures', async () => {
      const runs = [
        ['09:00', '09:30', false],
        ['09:10', '09:40', true],
        ['09:20', '09:50', false],
        ['09:00', '10:10', false],
        ['08:00', '09:20', true],
      ] as const;
      for (const order of permutations([0, 1, 2, 3, 4])) {
        top = await watcher.pipeline(`top ${names++}`);
        const ids = await report(order.map((index) => runs[index] ?? runs[0]));
        const open = (await watcher.get(`/incident?status=open&pipeline_id=${top}`)).body;
        expect([order, open.map(({ execution_id, occurrences }: Json) => [execution_id, occurrences])]).toEqual([
          order,
          [[ids[order.indexOf(3)], 2]],
        ]);
      }
    });

    it('is resolved when a failure and the success that ended after it commit at the same moment', async () => {
      for (let round = 0; round < 20; round++) {
        const pipeline = await watcher.pipeline(`top ${names++}`);
        const [good, bad] = [
          await watcher.begin(pipeline, { start_date: at('10:00') }),
          await watcher.begin(pipeline, { start_date: at('10:05') }),
        ];
        await Promise.all([
          other.end(good, { end_date: at('10:20') }),
          watcher.end(bad, { end_date: at('10:10'), completed_successfully: false }),
        ]);
        expect((await watcher.get(`/incident?status=open&pipeline_id=${pipeline}`)).body).toEqual([]);
      }
    });

    it('names the causes that fail after their root, even if the incident is already resolved', async () => {
      const root = await watcher.begin(top);
      const child = await watcher.begin(step, { parent_id: root });
      const leaf = await watcher.begin(step, { parent_id: child });
      await fail(root, 'a step failed');
      expect(await incidentsOf(watcher, top)).toMatchObject([{ root_causes: [{ execution_id: root }] }]);
      await fail(child, 'my step failed');
      expect(await incidentsOf(watcher, top)).toMatchObject([{ root_causes: [{ execution_id: child }] }]);
      await watcher.end(await watcher.begin(top));
      await fail(leaf, 'disk full');
      const [incident] = await incidentsOf(watcher, top);
      expect(incident).toMatchObject({
        status: 'resolved',
        root_causes: [{ execution_id: leaf, error_message: 'disk full' }],
      });
      expect(incident.detail).toContain('disk full');
    });

    it('has the causes of a root and a child that fail at the same moment', async () => {
      for (let round = 0; round < 20; round++) {
        const root = await watcher.begin(top);
        const child = await watcher.begin(step, { parent_id: root });
        await Promise.all([other.end(root, { completed_successfully: false }), fail(child, 'disk full')]);
        expect(await incidentsOf(watcher, top)).toMatchObject([
          { execution_id: root, root_causes: [{ execution_id: child }] },
        ]);
      }
    });
  });

  describe('a person', () => {
    const patch = async (id: number, body: Json): Promise<Json> => (await watcher.patch(`/incident/${id}`, body)).body;

    it('acknowledges it, once, with a note, and mutes it', async () => {
      await fail(await watcher.begin(top));
      const [incident] = await incidentsOf(watcher, top);
      const answer = await watcher.patch(`/incident/${incident.id}`, {
        acknowledged: true,
        note: ' source is away ',
        muted_until: '2126-03-01T00:00:00+02:00',
      });
      expect(answer.status).toBe(200);
      const acknowledged = {
        ...incident,
        acknowledged_at: expect.any(String),
        acknowledged_by: 'anybody',
        note: 'source is away',
        muted_until: '2126-02-28T22:00:00.000Z',
      };
      expect(answer.body).toEqual(acknowledged);
      expect((await watcher.get(`/incident/${incident.id}`)).body).toEqual(answer.body);
      const again = await patch(incident.id, { acknowledged: true });
      expect(again.acknowledged_at).toBe(answer.body.acknowledged_at);
      expect(await patch(incident.id, { acknowledged: false, note: null, muted_until: null })).toEqual(incident);
      expect(await patch(incident.id, {})).toEqual(incident);
      // An empty body stands for {} where every field is optional.
      expect((await watcher.send('PATCH', `/incident/${incident.id}`, '', {})).body).toEqual(incident);
    });

    it('refuses invalid changes', async () => {
      await fail(await watcher.begin(top));
      const [{ id }] = await incidentsOf(watcher, top);
      for (const body of [{ acknowledged: null }, { acknowledged: 'yes' }, { note: '' }, { muted_until: 'later' }]) {
        expect((await watcher.patch(`/incident/${id}`, body)).status).toBe(422);
      }
      expect((await watcher.patch('/incident/999999999', { acknowledged: true })).body).toMatchObject({
        status: 404,
        code: 'incident_not_found',
      });
    });
  });

  it('joins the failures of a pipeline, each once, when ends are repeated and race', async () => {
    const roots = await Promise.all(Array.from({ length: 10 }, () => watcher.begin(top)));
    const end = { completed_successfully: false, end_date: new Date().toISOString() };
    await Promise.all([...roots, ...roots].map((id) => watcher.end(id, end)));
    expect(await incidentsOf(watcher, top)).toMatchObject([
      { status: 'open', occurrences: 10, execution_id: Math.max(...roots) },
    ]);
    for (const root of roots) {
      expect((await watcher.get(`/incident?root_id=${root}`)).body).toMatchObject([{ pipeline_id: top }]);
    }
  });

  it('names at most 50 root causes, and gives their number', async () => {
    const root = await watcher.begin(top);
    const children = await Promise.all(Array.from({ length: 60 }, () => watcher.begin(step, { parent_id: root })));
    await Promise.all(children.map((id) => fail(id, 'x'.repeat(5000))));
    await fail(root);
    const [incident] = await incidentsOf(watcher, top);
    expect(incident.root_causes).toHaveLength(50);
    expect(incident.root_causes[0].error_message).toHaveLength(1000);
    expect(incident.detail).toContain('60 root causes');
  });

  it('lists incidents by kind and status, paged, and returns one', async () => {
    const before = (await watcher.all('/incident?kind=failure&limit=1000')).length;
    await fail(await watcher.begin(top));
    await fail(await watcher.begin(step));
    const all = await watcher.all('/incident?limit=1');
    expect(all.length).toBe(before + 2);
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).toSorted((a, b) => b - a));
    expect(await watcher.all(`/incident?kind=failure&kind=timeliness&status=open&pipeline_id=${top}`)).toHaveLength(1);
    expect(await watcher.all(`/incident?kind=failure&pipeline_id=${top}&limit=1`)).toHaveLength(1);
    expect(await watcher.all(`/incident?kind=timeliness&pipeline_id=${top}`)).toEqual([]);
    expect(await watcher.all(`/incident?status=resolved&pipeline_id=${top}`)).toEqual([]);
    expect((await watcher.get(`/incident/${all[0].id}`)).body).toEqual(all[0]);
    expect((await watcher.get('/incident/999999999')).body).toMatchObject({ status: 404, code: 'incident_not_found' });
    expect((await watcher.get('/incident?kind=other')).status).toBe(422);
    expect((await watcher.get('/incident?kind=failure&kind=other')).status).toBe(422);
  });
});

function permutations(items: readonly number[]): number[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}
