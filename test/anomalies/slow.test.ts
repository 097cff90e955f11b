import { Watcher } from '../support/watcher.js';
import { checkSlow, DAY_MS, incidents, judge, report } from './runs.js';

let watcher: Watcher;
beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

/** A pipeline whose runs take about ten minutes, under runs of another one where given; then what is usual is known. */
async function known(name: string, below?: number): Promise<number> {
  const pipeline = await watcher.pipeline(name);
  for (let run = 0; run < 12; run++) {
    const start = new Date(Date.now() - (13 - run) * DAY_MS);
    const parent = below && (await watcher.begin(below, { start_date: start.toISOString() }));
    await report(watcher, pipeline, { start, seconds: 590 + run, ...(parent !== undefined && { parent }) });
    if (parent) await watcher.end(parent, { end_date: new Date(start.getTime() + 600_000).toISOString() });
  }
  await judge(watcher);
  return pipeline;
}

const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

describe('a run that takes longer than usual', () => {
  it('is an incident once it is slow, resolved by its end', async () => {
    const pipeline = await known('steady');
    const run = await watcher.begin(pipeline, { start_date: ago(14) });
    await checkSlow(watcher);
    expect(await incidents(watcher, `pipeline_id=${pipeline}`)).toEqual([]);
    await checkSlow(watcher, new Date(Date.now() + 3 * 60_000));
    await checkSlow(watcher, new Date(Date.now() + 3 * 60_000));
    expect(await incidents(watcher, `pipeline_id=${pipeline}`)).toMatchObject([
      {
        kind: 'slow',
        severity: 'warning',
        status: 'open',
        execution_id: run,
        detail: expect.stringMatching(/^Execution \d+ has run since .*; usually it takes at most 1\d(\.\d)? min\.$/),
      },
    ]);
    // An end before its usual time, as the service sees it, leaves nothing to resolve; this one is reported late.
    await watcher.database.sql(`UPDATE pipeline_execution SET slow_at = now() - interval '1 minute' WHERE id = $1`, [
      run,
    ]);
    await watcher.end(run);
    expect(await incidents(watcher, `pipeline_id=${pipeline}`)).toMatchObject([
      { status: 'resolved', detail: expect.stringContaining('the execution ended') },
    ]);
  });

  it('is not known before ten runs', async () => {
    const pipeline = await watcher.pipeline('fresh');
    const run = await watcher.begin(pipeline, { start_date: ago(10_000) });
    const [row] = await watcher.database.sql('SELECT slow_at FROM pipeline_execution WHERE id = $1', [run]);
    expect(row).toEqual({ slow_at: null });
  });

  it('has one incident for a tree: of the deepest that is slow, naming those above', async () => {
    const outer = await watcher.pipeline('outer');
    const inner = await known('inner', outer);
    await judge(watcher);
    const root = await watcher.begin(outer, { start_date: ago(60) });
    const child = await watcher.begin(inner, { start_date: ago(59), parent_id: root });
    await checkSlow(watcher);
    expect(await incidents(watcher, `root_id=${root}&status=open`)).toMatchObject([
      { kind: 'slow', execution_id: child, detail: expect.stringContaining(`It runs below ${root}.`) },
    ]);
    await watcher.end(child);
    await checkSlow(watcher);
    expect(await incidents(watcher, `root_id=${root}&status=open`)).toMatchObject([{ execution_id: root }]);
    await watcher.end(root);
    expect(await incidents(watcher, `root_id=${root}&status=open`)).toEqual([]);
  });

  it('is judged by what is usual under the pipeline of its parent', async () => {
    const [fast, slow] = [await watcher.pipeline('fast parent'), await watcher.pipeline('slow parent')];
    const shared = await watcher.pipeline('shared');
    for (let run = 0; run < 12; run++) {
      for (const [parentPipeline, seconds] of [
        [fast, 100],
        [slow, 5000],
      ] as const) {
        const start = new Date(Date.now() - (13 - run) * DAY_MS);
        const parent = await watcher.begin(parentPipeline, { start_date: start.toISOString() });
        await report(watcher, shared, { start, seconds, parent });
      }
    }
    await judge(watcher);
    const seconds = async (parentPipeline: number): Promise<number> => {
      const parent = await watcher.begin(parentPipeline, { start_date: ago(5) });
      const id = await watcher.begin(shared, { start_date: ago(5), parent_id: parent });
      const [row] = await watcher.database.sql(
        'SELECT extract(epoch FROM slow_at - start_date)::int AS seconds FROM pipeline_execution WHERE id = $1',
        [id],
      );
      return row?.seconds as number;
    };
    expect(await seconds(fast)).toBe(160);
    expect(await seconds(slow)).toBe(7500);
  });

  it('is noticed also where a child had named it as its parent before it started, under its own parent', async () => {
    const outer = await watcher.pipeline('outer of named');
    const pipeline = await known('named first', outer);
    const child = await watcher.pipeline('child of named');
    const secondsOf = async (id: number): Promise<unknown> => {
      const [row] = await watcher.database.sql(
        'SELECT extract(epoch FROM slow_at - start_date)::int AS seconds FROM pipeline_execution WHERE id = $1',
        [id],
      );
      return row?.['seconds'];
    };
    await watcher.database.sql(
      'UPDATE pipeline_expectation SET duration_upper = 1234 WHERE pipeline_id = $1 AND parent_pipeline_id = $2',
      [pipeline, outer],
    );
    const external = { parent_external_id: 'night 1', parent_pipeline_id: pipeline };
    await watcher.begin(child, { start_date: ago(59), ...external });
    const [expected] = await watcher.all(`/pipeline_execution?external_id=night%201&pipeline_id=${pipeline}`);
    expect(expected).toMatchObject({ status: 'expected' });
    expect(await secondsOf(expected.id)).toBeNull();

    const root = { parent_external_id: 'root 1', parent_pipeline_id: outer };
    const id = await watcher.begin(pipeline, { start_date: ago(60), external_id: 'night 1', ...root });
    expect(id).toBe(expected.id);
    expect(await secondsOf(id)).toBe(1234);
    await checkSlow(watcher);
    expect(await incidents(watcher, `pipeline_id=${pipeline}&kind=slow`)).toMatchObject([
      { status: 'open', execution_id: id },
    ]);
  });

  it.each([1e12, 1e300, 'Infinity', 'NaN'])(
    'is never noticed where the bound is %s seconds; runs start all the same',
    async (bound) => {
      const pipeline = await known(`bound of ${bound}`);
      await watcher.database.sql('UPDATE pipeline_expectation SET duration_upper = $2::float8 WHERE pipeline_id = $1', [
        pipeline,
        String(bound),
      ]);
      const id = await watcher.begin(pipeline, { start_date: ago(60) });
      expect(await watcher.database.sql('SELECT slow_at FROM pipeline_execution WHERE id = $1', [id])).toEqual([
        { slow_at: null },
      ]);
    },
  );

  it('that ended while the check looked is resolved by the next check', async () => {
    const pipeline = await known('raced');
    const run = await watcher.begin(pipeline, { start_date: ago(60) });
    await checkSlow(watcher);
    await watcher.end(run);
    await watcher.database.sql(
      'UPDATE incident SET resolved_at = NULL, resolution = NULL WHERE kind = $1 AND execution_id = $2',
      ['slow', run],
    );
    await checkSlow(watcher);
    expect(await incidents(watcher, `pipeline_id=${pipeline}&kind=slow`)).toMatchObject([
      { status: 'resolved', detail: expect.stringContaining('the execution ended') },
    ]);
  });

  it('of a pipeline that is muted afterwards is resolved', async () => {
    const pipeline = await known('silenced');
    await watcher.begin(pipeline, { start_date: ago(60) });
    await checkSlow(watcher);
    await watcher.patch('/pipeline', { id: pipeline, mute_anomaly_check: true });
    await checkSlow(watcher);
    expect(await incidents(watcher, `pipeline_id=${pipeline}&kind=slow`)).toMatchObject([
      { status: 'resolved', detail: expect.stringContaining('muted') },
    ]);
  });
});
