import { at, plant } from '../support/plant.js';
import { type Json, Watcher } from '../support/watcher.js';

describe('the questions asked of a tree', () => {
  let watcher: Watcher;
  let pipelines: number[];
  const [nightly, extract, load, check] = [0, 1, 2, 3];

  beforeAll(async () => {
    watcher = await Watcher.start();
    pipelines = [];
    for (const name of ['Nightly', 'Extract', 'Load', 'Check']) {
      pipelines.push(await watcher.pipeline(name, { pipeline_type_name: name === 'Nightly' ? 'workflow' : 'step' }));
    }
  });
  afterAll(() => watcher.stop());

  /** Reports the start and end of an execution of the numbered pipeline, in seconds since noon; returns its id. */
  const run = async (
    pipeline: number,
    [start, end]: readonly [number, number?],
    { parent, ...fields }: { readonly parent?: number; readonly [field: string]: unknown } = {},
  ): Promise<number> => {
    const id = await watcher.begin(pipelines[pipeline] ?? -1, {
      start_date: at(start),
      ...(parent !== undefined && { parent_id: parent }),
    });
    if (end !== undefined) await watcher.end(id, { end_date: at(end), ...fields });
    return id;
  };
  const failed = { completed_successfully: false };
  const ask = async (id: number, question: string): Promise<Json> => {
    const { status, body } = await watcher.get(`/pipeline_execution/${id}/${question}`);
    expect(status).toBe(200);
    return body;
  };
  const idsOf = (items: Json[]): number[] => items.map(({ id }) => id);

  describe('/root_cause', () => {
    it('gives the failed executions without a failed descendant, first failure first, with their paths', async () => {
      const top = await run(nightly, [0, 100], failed);
      const late = await run(load, [0, 90], { parent: top, ...failed, error_message: 'disk full' });
      const between = await run(extract, [0, 95], { parent: top });
      const early = await run(check, [0, 50], { parent: between, ...failed, error_message: 'no such column' });
      await run(check, [0, 20], { parent: late });
      const causes = await ask(top, 'root_cause');
      expect(causes).toMatchObject([
        { id: early, depth: 2, pipeline_name: 'Check', status: 'failed', error_message: 'no such column' },
        { id: late, depth: 1, error_message: 'disk full' },
      ]);
      expect(causes[0].path).toEqual([
        { id: top, pipeline_name: 'Nightly' },
        { id: between, pipeline_name: 'Extract' },
        { id: early, pipeline_name: 'Check' },
      ]);
      expect(await ask(between, 'root_cause')).toMatchObject([{ id: early, depth: 1, path: [{}, {}] }]);
    });

    it('names the execution itself where its children succeeded', async () => {
      const top = await run(nightly, [0, 100], failed);
      await run(load, [0, 90], { parent: top });
      expect(await ask(top, 'root_cause')).toMatchObject([
        { id: top, depth: 0, path: [{ id: top, pipeline_name: 'Nightly' }] },
      ]);
    });

    it('names a failed try although its retry succeeded, and nothing where nothing failed', async () => {
      const top = await run(nightly, [0, 100]);
      const first = await run(load, [0, 40], { parent: top, ...failed });
      const retry = await run(load, [40, 90], { parent: top });
      expect(idsOf(await ask(top, 'root_cause'))).toEqual([first]);
      expect(await ask(retry, 'root_cause')).toEqual([]);
    });

    it('is paged', async () => {
      const top = await run(nightly, [0, 100], failed);
      const causes: number[] = [];
      for (let n = 0; n < 5; n++)
        causes.unshift(await run(load, [0, 50 - 10 * Math.floor(n / 2)], { parent: top, ...failed }));
      // By end_date, then by id.
      const expected = [causes[0], causes[2], causes[1], causes[4], causes[3]];
      expect(idsOf(await watcher.all(`/pipeline_execution/${top}/root_cause?limit=2`))).toEqual(expected);
    });
  });

  describe('/blocking', () => {
    it('gives the running executions without a running descendant, longest first, with what is typical', async () => {
      const pipeline = await watcher.pipeline('Blocking');
      const begun = (secondsAgo: number) => new Date(Date.now() - secondsAgo * 1000).toISOString();
      // 25 successes, of which the last 20 took 106 to 125 s, and failures, which do not count.
      for (let n = 1; n <= 25; n++) {
        const id = await watcher.begin(pipeline, { start_date: at(n) });
        await watcher.end(id, { end_date: at(n + 100 + n) });
        const failure = await watcher.begin(pipeline, { start_date: at(n) });
        await watcher.end(failure, { end_date: at(n + 1), completed_successfully: false });
      }
      const top = await watcher.begin(pipelines[nightly] ?? -1, { start_date: begun(3600) });
      const ended = await watcher.begin(pipelines[extract] ?? -1, { start_date: begun(3000), parent_id: top });
      const below = await watcher.begin(pipeline, { start_date: begun(60), parent_id: ended });
      await watcher.end(ended);
      const unknown = await watcher.begin(await watcher.pipeline('Never ran'), {
        start_date: begun(900),
        parent_id: top,
      });
      const late = await watcher.begin(pipeline, { start_date: begun(500), parent_id: top });

      const blocking = await ask(top, 'blocking');
      expect(blocking).toMatchObject([
        { id: unknown, depth: 1, typical_duration_seconds: null, expected_remaining_seconds: null },
        { id: late, depth: 1, typical_duration_seconds: 115.5, expected_remaining_seconds: 0 },
        { id: below, depth: 2, typical_duration_seconds: 115.5, status: 'running', pipeline_name: 'Blocking' },
      ]);
      const { elapsed_seconds: elapsed, expected_remaining_seconds: remaining } = blocking[2];
      expect(elapsed).toBeGreaterThanOrEqual(60);
      expect(remaining).toBeCloseTo(Math.max(0, 115.5 - elapsed), 6);
      expect(idsOf(await watcher.all(`/pipeline_execution/${top}/blocking?limit=1`))).toEqual([unknown, late, below]);
      expect(await ask(ended, 'blocking')).toMatchObject([{ id: below, depth: 1 }]);
      expect(await ask(below, 'blocking')).toMatchObject([{ id: below, depth: 0 }]);
    });

    it('is empty where nothing runs', async () => {
      expect(await ask(await run(nightly, [0, 10]), 'blocking')).toEqual([]);
    });
  });

  describe('/critical_path', () => {
    it('gives segments that add up to the duration, and the slack of the rest', async () => {
      const top = await run(nightly, [0, 600]);
      const extracted = await run(extract, [0, 200], { parent: top });
      const checked = await run(check, [0, 150.5], { parent: top });
      const loaded = await run(load, [200, 590], { parent: top, ...failed });
      expect(await ask(top, 'critical_path')).toEqual({
        execution_id: top,
        status: 'succeeded',
        start_date: at(0),
        end_date: at(600),
        as_of: at(600),
        duration_seconds: 600,
        segments: [
          {
            execution_id: extracted,
            pipeline_id: pipelines[extract],
            pipeline_name: 'Extract',
            depth: 1,
            status: 'succeeded',
            start_date: at(0),
            end_date: at(200),
            seconds: 200,
            percent: 33.333333,
          },
          expect.objectContaining({ execution_id: loaded, seconds: 390, percent: 65, status: 'failed' }),
          expect.objectContaining({ execution_id: top, depth: 0, seconds: 10, percent: 1.666667 }),
        ],
        off_path: [
          {
            execution_id: checked,
            pipeline_id: pipelines[check],
            pipeline_name: 'Check',
            depth: 1,
            status: 'succeeded',
            start_date: at(0),
            end_date: at(150.5),
            seconds: 150.5,
            slack_seconds: 49.5,
          },
        ],
        truncated: false,
        truncated_at_depth: null,
      });
    });

    it('counts until now while the tree runs', async () => {
      const top = await run(nightly, [0]);
      const done = await run(extract, [0, 100], { parent: top });
      const running = await run(load, [100], { parent: top });
      const path = await ask(top, 'critical_path');
      expect(path).toMatchObject({ status: 'running', end_date: null });
      expect(path.duration_seconds).toBe((Date.parse(path.as_of) - Date.parse(path.start_date)) / 1000);
      expect(path.segments).toMatchObject([
        { execution_id: done, seconds: 100 },
        { execution_id: running, seconds: path.duration_seconds - 100, end_date: path.as_of },
      ]);
    });

    it('has no percentages of nothing', async () => {
      const top = await run(nightly, [0, 0]);
      expect(await ask(top, 'critical_path')).toMatchObject({
        duration_seconds: 0,
        segments: [{ execution_id: top, seconds: 0, percent: null }],
      });
    });
  });

  describe('/rollup', () => {
    it('sums up by pipeline, by type and by level', async () => {
      const top = await run(nightly, [0, 100], { total_rows: 1 });
      await run(load, [0, 40], { parent: top, ...failed, total_rows: 10, inserts: 4 });
      await run(load, [50, 90], { parent: top, total_rows: 20, inserts: 5, updates: 6, soft_deletes: 7 });
      const byPipeline = await ask(top, 'rollup');
      const loads = {
        executions: 2,
        succeeded: 1,
        failed: 1,
        running: 0,
        expected: 0,
        aborted: 0,
        skipped: 0,
        lost: 0,
        total_rows: 30,
        inserts: 9,
        updates: 6,
        soft_deletes: 7,
        total_seconds: 80,
        self_seconds: 80,
        max_seconds: 40,
        share: 80,
      };
      expect(byPipeline).toMatchObject({ execution_id: top, by: 'pipeline', status: 'succeeded', truncated: false });
      expect(byPipeline.groups).toEqual([
        {
          pipeline_id: pipelines[load],
          pipeline_name: 'Load',
          pipeline_type_id: expect.any(Number),
          pipeline_type_name: 'step',
          ...loads,
        },
        expect.objectContaining({ pipeline_name: 'Nightly', total_seconds: 100, self_seconds: 20, share: 20 }),
      ]);
      expect(byPipeline.whole).toMatchObject({ executions: 3, total_rows: 31, self_seconds: 100, share: 100 });
      expect((await ask(top, 'rollup?by=pipeline_type')).groups).toEqual([
        { pipeline_type_id: expect.any(Number), pipeline_type_name: 'step', ...loads },
        expect.objectContaining({ pipeline_type_name: 'workflow', executions: 1 }),
      ]);
      expect((await ask(top, 'rollup?by=depth')).groups).toEqual([
        expect.objectContaining({ depth: 0, executions: 1, total_rows: 1 }),
        { depth: 1, ...loads },
      ]);
    });

    it('refuses what it can’t sum up by', async () => {
      const { status, body } = await watcher.get(`/pipeline_execution/${await run(nightly, [0, 1])}/rollup?by=colour`);
      expect(status).toBe(422);
      expect(body.errors).toEqual([{ field: 'by', message: 'must be one of pipeline, pipeline_type, depth' }]);
    });
  });

  describe('/compare', () => {
    it('lays two runs side by side', async () => {
      const before = await run(nightly, [0, 100]);
      const loaded = await run(load, [0, 40], { parent: before });
      const extracted = await run(extract, [40, 90], { parent: before });
      const after = await run(nightly, [0, 200]);
      const failedLoad = await run(load, [0, 40], { parent: after, ...failed });
      const retry = await run(load, [40, 100], { parent: after });
      const comparison = await ask(after, `compare/${before}`);
      expect(comparison).toMatchObject({ execution_id: after, other_id: before, truncated: false });
      expect(comparison.summary).toEqual({
        added: 1,
        removed: 1,
        failed_here: 1,
        failed_there: 0,
        slower: 1,
        faster: 0,
        same: 0,
        running: 0,
        not_comparable: 0,
      });
      expect(comparison.entries).toEqual([
        {
          pipeline_id: pipelines[nightly],
          pipeline_name: 'Nightly',
          depth: 0,
          position: 1,
          execution: { execution_id: after, status: 'succeeded', start_date: at(0), seconds: 200 },
          other: { execution_id: before, status: 'succeeded', start_date: at(0), seconds: 100 },
          ratio: 2,
          change: 'slower',
        },
        expect.objectContaining({
          execution: expect.objectContaining({ execution_id: failedLoad }),
          other: expect.objectContaining({ execution_id: loaded }),
          change: 'failed_here',
        }),
        expect.objectContaining({
          execution: null,
          other: expect.objectContaining({ execution_id: extracted }),
          change: 'removed',
          ratio: null,
        }),
        expect.objectContaining({
          execution: expect.objectContaining({ execution_id: retry }),
          other: null,
          change: 'added',
          position: 2,
        }),
      ]);
    });
  });

  it('are 404 for an unknown execution, 422 for what is no id', async () => {
    const known = await run(nightly, [0, 1]);
    for (const question of ['root_cause', 'blocking', 'critical_path', 'rollup', `compare/${known}`]) {
      expect((await watcher.get(`/pipeline_execution/999999/${question}`)).status).toBe(404);
      expect((await watcher.get(`/pipeline_execution/99999999999999999999/${question}`)).status).toBe(404);
      expect((await watcher.get(`/pipeline_execution/x/${question}`)).status).toBe(422);
    }
    expect((await watcher.get(`/pipeline_execution/${known}/compare/999999`)).body.detail).toContain('999999');
    const { status, body } = await watcher.get(`/pipeline_execution/${known}/compare/x`);
    expect({ status, errors: body.errors }).toEqual({
      status: 422,
      errors: [{ field: 'other_id', message: 'must be a whole number from 1 to 9007199254740991, and is x' }],
    });
  });

  it('are 422 for a cursor of no page', async () => {
    const known = await run(nightly, [0, 1]);
    for (const question of ['root_cause', 'blocking']) {
      for (const position of ['nonsense', '1', '1.2.3']) {
        const cursor = Buffer.from(position).toString('base64url');
        expect((await watcher.get(`/pipeline_execution/${known}/${question}?cursor=${cursor}`)).status).toBe(422);
      }
      // A valid position, although far beyond any date.
      const cursor = Buffer.from('9007199254740991.9007199254740991').toString('base64url');
      expect(await ask(known, `${question}?cursor=${cursor}`)).toEqual([]);
    }
  });

  describe('of large trees', () => {
    const [chain, fan] = [1_000_000, 2_000_000];

    beforeAll(async () => {
      const pipelineId = pipelines[load] ?? -1;
      // Each failed because of its child; each starts and ends a second within its parent.
      await plant(
        watcher.database,
        Array.from({ length: 500 }, (_, depth) => ({
          id: chain + depth,
          parentId: depth === 0 ? undefined : chain + depth - 1,
          pipelineId,
          start: depth,
          end: 1000 - depth,
          failed: true,
        })),
      );
      // In sequence; the last hundred still run.
      await plant(watcher.database, [
        { id: fan, pipelineId, start: 0 },
        ...Array.from({ length: 10_000 }, (_, index) => ({
          id: fan + index + 1,
          parentId: fan,
          pipelineId,
          start: index,
          ...(index < 9900 && { end: index + 1, failed: true }),
        })),
      ]);
    });

    it('follow a chain of 500', async () => {
      const [cause, ...others] = await ask(chain, 'root_cause');
      expect(others).toEqual([]);
      expect(cause).toMatchObject({ id: chain + 499, depth: 499 });
      expect(cause.path.map(({ id }: Json) => id)).toEqual(Array.from({ length: 500 }, (_, depth) => chain + depth));
      const { segments, duration_seconds: duration } = await ask(chain, 'critical_path');
      expect(segments).toHaveLength(999);
      expect(segments.reduce((sum: number, { seconds }: Json) => sum + seconds, 0)).toBe(duration);
      const { groups } = await ask(chain, 'rollup?by=depth');
      expect(groups).toHaveLength(500);
      expect(groups[499]).toMatchObject({ depth: 499, self_seconds: 2 });
      expect((await ask(chain, `compare/${chain}`)).summary.same).toBe(500);
    });

    it('hold a fan of 10,000', async () => {
      expect(await watcher.all(`/pipeline_execution/${fan}/root_cause?limit=1000`)).toHaveLength(9900);
      expect(await ask(fan, 'blocking?limit=1000')).toHaveLength(100);
    });

    it('say where a tree of more than 10,000 was cut', async () => {
      const cut = { truncated: true, truncated_at_depth: 1 };
      expect(await ask(fan, 'critical_path')).toMatchObject(cut);
      expect(await ask(fan, 'rollup')).toMatchObject({ ...cut, whole: { executions: 10_000 } });
      const comparison = await ask(fan, `compare/${fan}`);
      expect(comparison).toMatchObject({ ...cut, summary: { added: 0, removed: 0 } });
      expect(comparison.entries).toHaveLength(10_000);
      expect(await ask(chain, `compare/${fan}`)).toMatchObject(cut);
    });
  });
});
