import { addKey, bearer } from '../support/access.js';
import { expectExactTrees } from '../support/closure.js';
import { stir } from '../support/moves.js';
import { daySums, daysAgo, expectSameDays, oldRun, remaining, runRetention } from '../support/retention.js';
import { type Json, Watcher } from '../support/watcher.js';

/** Runs a test on a service of its own with these settings. */
async function withService(
  settings: Parameters<typeof Watcher.start>[0],
  test: (watcher: Watcher) => Promise<void>,
): Promise<void> {
  const watcher = await Watcher.start(settings);
  try {
    await test(watcher);
  } finally {
    await watcher.stop();
  }
}

describe('the deletion by age', () => {
  it('keeps everything without a setting', () =>
    withService({ retentionKeepLast: 0 }, async (watcher) => {
      const pipeline = await watcher.pipeline('kept');
      const id = await oldRun(watcher, pipeline, 3000);
      const state = await runRetention(watcher);
      expect(state).toMatchObject({ retention_days: null, failed_days: null, keep_last: 0, incident_days: 365 });
      expect(state).toMatchObject({ cron: null, run_trees: 0, backlog: 0, oldest_start: daysAgo(3000) });
      expect(await remaining(watcher)).toEqual([id]);
    }));

  it('deletes trees whose last sign of life is before the cutoff, and no others', () =>
    withService({ retentionDays: 30, retentionKeepLast: 0 }, async (watcher) => {
      const pipeline = await watcher.pipeline('root');
      const task = await watcher.pipeline('task');
      const cutoff = (seconds: number): string => new Date(Date.parse(daysAgo(30)) + seconds * 1000).toISOString();
      await oldRun(watcher, pipeline, 60, { end: { end_date: cutoff(-1) } });
      await watcher.begin(pipeline, { start_date: cutoff(-1) });
      const deep = await oldRun(watcher, pipeline, 90);
      const middle = await oldRun(watcher, task, 80, { start: { parent_id: deep } });
      await oldRun(watcher, task, 31, { start: { parent_id: middle } });
      const kept = [
        await oldRun(watcher, pipeline, 60, { end: { end_date: cutoff(600) } }),
        await watcher.begin(pipeline, { start_date: cutoff(600) }),
      ];
      // An old root with a young child, and one that is alive by the heartbeat of a child.
      const young = await oldRun(watcher, pipeline, 300);
      kept.push(young, await oldRun(watcher, task, 29, { start: { parent_id: young } }));
      const beating = await oldRun(watcher, pipeline, 300);
      kept.push(beating, await watcher.begin(task, { start_date: daysAgo(300), parent_id: beating }));
      await watcher.post('/heartbeat', { id: kept.at(-1) });
      const sums = await daySums(watcher);

      const dry = await watcher.post('/retention', { dry_run: true });
      expect([dry.status, dry.body]).toEqual([200, { dry_run: true, trees: 3, executions: 5, is_complete: true }]);
      expect(await remaining(watcher)).toHaveLength(11);
      const state = await runRetention(watcher);
      expect(state).toMatchObject({ run_trees: 3, run_executions: 5, total_trees: 3, total_executions: 5, backlog: 0 });
      expect(state.succeeded_at).toBe(state.run_ended_at);
      expect(await remaining(watcher)).toEqual(kept.toSorted((a, b) => a - b));
      await expectSameDays(watcher, sums);
      await expectExactTrees(watcher.database);
      const again = await runRetention(watcher);
      expect(again).toMatchObject({ run_trees: 0, total_trees: 3, oldest_start: daysAgo(300) });
    }));

  it('keeps the newest trees of each pipeline, by their start and not by their id', () =>
    withService({ retentionDays: 30, retentionKeepLast: 2 }, async (watcher) => {
      const pipelines = [await watcher.pipeline('one'), await watcher.pipeline('two'), await watcher.pipeline('rare')];
      const kept: number[] = [];
      for (const pipeline of pipelines.slice(0, 2)) {
        kept.push(await oldRun(watcher, pipeline, 40), await oldRun(watcher, pipeline, 41));
        // History that was loaded later has the highest ids.
        for (const days of [400, 500, 600]) await oldRun(watcher, pipeline, days);
      }
      // Children do not count.
      kept.push(await oldRun(watcher, pipelines[2] ?? 0, 900));
      for (const days of [800, 700, 600]) {
        kept.push(await oldRun(watcher, pipelines[2] ?? 0, days, { start: { parent_id: kept[4] } }));
      }
      expect(await runRetention(watcher)).toMatchObject({ run_trees: 6, run_executions: 6 });
      expect(await remaining(watcher)).toEqual(kept.toSorted((a, b) => a - b));
    }));

  it('keeps trees with an open incident, and those whose root failed as long as the setting says', () =>
    withService({ retentionDays: 30, retentionFailedDays: 60, retentionKeepLast: 0 }, async (watcher) => {
      const failed = { end: { completed_successfully: false } };
      const [flaky, broken] = [await watcher.pipeline('flaky'), await watcher.pipeline('broken')];
      await oldRun(watcher, flaky, 70, failed);
      const kept = [await oldRun(watcher, flaky, 50, failed)];
      // Only the root counts.
      const ran = await oldRun(watcher, flaky, 50);
      await oldRun(watcher, flaky, 50, { ...failed, start: { parent_id: ran } });
      // The failure is open as long as the pipeline has not succeeded.
      kept.push(await oldRun(watcher, broken, 90, failed));
      await watcher.database.sql('UPDATE incident SET resolved_at = NULL, resolution = NULL WHERE execution_id = $1', [
        kept[1],
      ]);
      await watcher.database.sql(
        `INSERT INTO incident (kind, severity, pipeline_id, execution_id, root_id, opened_at, since)
         SELECT 'failure', 'critical', $1, $2, $2, now(), now()
          WHERE NOT EXISTS (SELECT FROM incident WHERE execution_id = $2)`,
        [broken, kept[1]],
      );
      expect(await runRetention(watcher)).toMatchObject({ run_trees: 2, run_executions: 3 });
      expect(await remaining(watcher)).toEqual(kept);
      await watcher.database.sql(
        `UPDATE incident SET resolved_at = now(), resolution = 'muted' WHERE resolved_at IS NULL`,
      );
      expect(await runRetention(watcher)).toMatchObject({ run_trees: 1 });
      expect(await remaining(watcher)).toEqual(kept.slice(0, 1));
    }));

  it('goes by the pipeline of the root, else its type, else the setting', () =>
    withService({ retentionDays: 100, retentionKeepLast: 0 }, async (watcher) => {
      const pair = (number: number, datepart: string): Json => ({
        retention_number: number,
        retention_datepart: datepart,
      });
      await watcher.post('/pipeline_type', { name: 'short-lived', ...pair(1, 'month') });
      const ofType = await watcher.pipeline('of type', { pipeline_type_name: 'short-lived' });
      const own = await watcher.pipeline('own', { pipeline_type_name: 'short-lived', ...pair(1, 'year') });
      const short = await watcher.pipeline('short', pair(36, 'hour'));
      const ever = await watcher.pipeline('ever', pair(100_000, 'year'));
      const other = await watcher.pipeline('other');
      const kept = [
        await oldRun(watcher, ofType, 27),
        await oldRun(watcher, own, 364),
        await oldRun(watcher, short, 1),
        await oldRun(watcher, ever, 5000),
        await oldRun(watcher, other, 99),
        // Below a root of another pipeline.
        await oldRun(watcher, other, 98),
      ];
      kept.push(await oldRun(watcher, short, 97, { start: { parent_id: kept[5] } }));
      const old: readonly (readonly [number, number])[] = [
        [ofType, 32],
        [own, 367],
        [short, 2],
        [other, 101],
      ];
      for (const [pipeline, days] of old) await oldRun(watcher, pipeline, days);
      const dry = await watcher.post('/retention', { dry_run: true });
      expect(dry.body).toMatchObject({ trees: 4, executions: 4 });
      expect(await runRetention(watcher)).toMatchObject({ run_trees: 4 });
      expect(await remaining(watcher)).toEqual(kept);
      await watcher.patch('/pipeline', { id: ever, retention_number: 1 });
      expect(await runRetention(watcher)).toMatchObject({ run_trees: 1 });
    }));

  it('works through many trees, also in a service that is told to keep everything else', () =>
    withService({ retentionKeepLast: 0 }, async (watcher) => {
      const many = await watcher.pipeline('many', { retention_number: 10, retention_datepart: 'day' });
      const others = await watcher.pipeline('others');
      await watcher.database.sql(
        `WITH node AS (
           INSERT INTO pipeline_execution (id, parent_id, root_id, pipeline_id, start_date, end_date,
                                           completed_successfully, status, total_rows, config_version)
           SELECT 1000 + n, CASE WHEN n % 3 > 0 THEN 1000 + n - n % 3 END, 1000 + n - n % 3,
                  CASE WHEN n / 3 % 2 = 0 THEN $1::bigint ELSE $2::bigint END,
                  now() - interval '200 days' + n * interval '1 s',
                  now() - interval '199 days' + n * interval '1 s', true, 'succeeded', n, 1
             FROM generate_series(0, 29999) AS n RETURNING id, root_id)
         INSERT INTO pipeline_execution_closure (child_execution_id, parent_execution_id, depth)
         SELECT id, id, 0 FROM node UNION ALL SELECT id, root_id, 1 FROM node WHERE id <> root_id`,
        [many, others],
      );
      const sums = await daySums(watcher);
      expect(await runRetention(watcher)).toMatchObject({ run_trees: 5000, run_executions: 15_000, backlog: 0 });
      expect(await watcher.database.sql(`SELECT count(*)::int AS n FROM pipeline_execution`)).toEqual([{ n: 15_000 }]);
      await expectSameDays(watcher, sums);
      await expectExactTrees(watcher.database);
    }));

  it(
    'leaves exact trees behind while runs start in old trees, move between them and are repeated',
    () =>
      withService({ retentionDays: 30, retentionKeepLast: 0 }, async (watcher) => {
        const pipelines = [await watcher.pipeline('A'), await watcher.pipeline('B')];
        const ids: number[] = [];
        for (let n = 0; n < 40; n++) ids.push(await oldRun(watcher, pipelines[n % 2] ?? 0, 31 + n));
        const statuses = new Map<number, number>();
        const stirred = stir({
          send: (method, path, body) =>
            watcher.send(method, path, JSON.stringify(body), { 'content-type': 'application/json' }),
          below: (limit) => Math.floor(Math.random() * limit),
          pipelines,
          writers: 6,
          forMs: 3000,
          ids,
        });
        let deleted = 0;
        for (let round = 0; round < 4; round++) deleted += (await runRetention(watcher)).run_executions;
        for (const [status, count] of await stirred) statuses.set(status, count);
        expect(deleted).toBeGreaterThan(0);
        expect([...statuses.keys()].filter((status) => ![200, 201, 404, 409].includes(status))).toEqual([]);
        await expectExactTrees(watcher.database);
      }),
    60_000,
  );

  it('counts what it deleted in the metrics', () =>
    withService({ retentionDays: 30, retentionKeepLast: 0 }, async (watcher) => {
      const pipeline = await watcher.pipeline('measured');
      await oldRun(watcher, pipeline, 40, {});
      await runRetention(watcher);
      const { text } = await watcher.get('/metrics');
      expect(text).toMatch(/^watcher_retention_trees_deleted_total 1$/m);
      expect(text).toMatch(/^watcher_retention_executions_deleted_total 1$/m);
      expect(text).toMatch(
        /^watcher_retention_run\{figure="succeeded"\} 1\.\d+e\+?9$|^watcher_retention_run\{figure="succeeded"\} \d{10}/m,
      );
      expect(text).toMatch(/^watcher_retention_run\{figure="backlog"\} 0$/m);
      expect(text).toMatch(/^watcher_oldest_execution_seconds 0$/m);
    }));

  it('takes the scope admin to run, and read to see', () =>
    withService({}, async (watcher) => {
      const [read, write] = [await addKey(watcher.database, 'read'), await addKey(watcher.database, 'write')];
      expect((await watcher.get('/retention', bearer(read.text))).status).toBe(200);
      expect((await watcher.post('/retention', { dry_run: true }, bearer(write.text))).status).toBe(403);
      expect((await watcher.send('DELETE', '/pipeline_execution/1', undefined, bearer(write.text))).status).toBe(403);
    }));
});

describe('DELETE /pipeline_execution/{root}', () => {
  let watcher: Watcher;
  let pipeline: number;
  beforeAll(async () => {
    watcher = await Watcher.start();
    pipeline = await watcher.pipeline('mistaken');
  });
  afterAll(() => watcher.stop());

  const remove = (id: number) => watcher.send('DELETE', `/pipeline_execution/${id}`, undefined, {});

  it('deletes the whole tree, and no other', async () => {
    const other = await oldRun(watcher, pipeline, 3);
    const root = await oldRun(watcher, pipeline, 2);
    const child = await oldRun(watcher, pipeline, 2, { start: { parent_id: root } });
    await oldRun(watcher, pipeline, 1, { start: { parent_id: child } });
    expect((await remove(root)).status).toBe(204);
    expect(await remaining(watcher)).toEqual([other]);
    await expectExactTrees(watcher.database);
    const days = await watcher.all(`/pipeline/${pipeline}/days`);
    expect(days.map(({ executions }) => executions)).toEqual([1]);
  });

  it('refuses what is no root, what runs, and what is not there', async () => {
    const root = await watcher.begin(pipeline);
    const child = await watcher.begin(pipeline, { parent_id: root });
    const code = async (id: number): Promise<Json> => {
      const { status, body } = await remove(id);
      return [status, body?.code];
    };
    expect(await code(child)).toEqual([409, 'not_a_root']);
    expect(await code(root)).toEqual([409, 'tree_running']);
    await watcher.end(root);
    expect(await code(root)).toEqual([409, 'tree_running']);
    await watcher.end(child);
    expect(await code(root)).toEqual([204, undefined]);
    expect(await code(root)).toEqual([404, 'execution_not_found']);
  });
});
