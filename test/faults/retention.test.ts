import { setTimeout as sleep } from 'node:timers/promises';
import { expectExactTrees } from '../support/closure.js';
import { Client } from './support/client.js';
import { report } from './support/ledger.js';
import { type Postgres, startPostgres } from './support/postgres.js';
import { Random } from './support/random.js';
import { Service } from './support/service.js';

const seed = Random.seed();
const random = new Random(seed);
const KILLS = 4;
const TREES = 60_000;

let database: Postgres;
beforeAll(async () => {
  database = await startPostgres();
});
afterAll(() => database.close());

const SUMS = `
  SELECT d.pipeline_id, d.day::text, d.executions, d.succeeded, d.total_rows, d.seconds, d.max_seconds
    FROM v_pipeline_day d ORDER BY d.pipeline_id, d.day`;

/** What has been deleted by the executions that are there, and by the row of the run. */
const COUNTS = `
  SELECT (SELECT count(*)::int FROM pipeline_execution) AS left,
         (SELECT coalesce(sum(executions), 0)::int FROM pipeline_day) AS summed,
         coalesce((SELECT total_executions::int FROM retention_run), 0) AS noted`;

it('kill -9 among the transactions of a deletion leaves whole trees, and days that add up', async () => {
  const service = await Service.start({
    DATABASE_URL: database.url,
    WATCHER_RETENTION_DAYS: '30',
    WATCHER_RETENTION_KEEP_LAST: '0',
    WATCHER_RETENTION_CRON: 'off',
  });
  const client = new Client(service.url, 2);
  try {
    const { id } = (await client.post('/pipeline', { name: 'old', pipeline_type_name: 'old' })).body;
    await database.sql(
      `WITH node AS (
         INSERT INTO pipeline_execution (id, parent_id, root_id, pipeline_id, start_date, end_date,
                                         completed_successfully, status, total_rows, config_version)
         SELECT 1000 + n, CASE WHEN n % 2 > 0 THEN 999 + n END, 1000 + n - n % 2, ${Number(id)},
                now() - interval '400 days' + n * interval '1 min', now() - interval '400 days' + n * interval '2 min',
                true, 'succeeded', n, 1
           FROM generate_series(0, ${2 * TREES - 1}) AS n RETURNING id, root_id)
       INSERT INTO pipeline_execution_closure (child_execution_id, parent_execution_id, depth)
       SELECT id, id, 0 FROM node UNION ALL SELECT id, root_id, 1 FROM node WHERE id <> root_id`,
    );
    const sums = await database.sql(SUMS);
    const left: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      // A job that died with its process would hold back the next one for five minutes.
      await database.sql(`DELETE FROM watcher_job.job WHERE name = 'retention'`);
      await client.post('/retention', {});
      await sleep(400 + random.below(800));
      await service.end('SIGKILL');
      await expectExactTrees(database);
      expect(await database.sql(SUMS)).toEqual(sums);
      const [counts] = await database.sql<{ left: number; summed: number; noted: number }>(COUNTS);
      expect(counts).toMatchObject({ summed: 2 * TREES - (counts?.left ?? 0), noted: counts?.summed });
      left.push(counts?.left ?? 0);
      await service.restart();
    }
    expect({ seed, hasDeleted: (left.at(-1) ?? 0) < 2 * TREES }).toEqual({ seed, hasDeleted: true });
    report(`retention, seed ${seed}: ${JSON.stringify(left)} executions left after each kill`);
  } finally {
    client.close();
    await service.close();
  }
});
