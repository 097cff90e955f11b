import { randomUUID } from 'node:crypto';
import { RetentionModule } from '../../src/features/retention/retention.module.js';
import { expectExactTrees } from '../support/closure.js';
import { daysAgo, oldRun, remaining, runRetention } from '../support/retention.js';
import { Watcher } from '../support/watcher.js';

/** Every column with the id of an execution. A new one is added here, and to `watcher_delete_executions`. */
const DELETED = [
  'anomaly.execution_id',
  'anomaly.root_id',
  'execution_dataset.execution_id',
  'execution_heartbeat.execution_id',
  'execution_to_judge.execution_id',
  'incident.execution_id',
  'incident.root_id',
  'incident_failure.execution_id',
  'late_end.execution_id',
  'openlineage_run.execution_id',
  'pipeline_execution.id',
  'pipeline_execution.parent_id',
  'pipeline_execution.root_id',
  'pipeline_execution_attempt.execution_id',
  'pipeline_execution_closure.child_execution_id',
  'pipeline_execution_closure.parent_execution_id',
  'pipeline_execution_expected.execution_id',
  'pipeline_execution_external_id.execution_id',
];
/** Columns that may name an execution that is no longer there. */
const KEPT = [
  // What changed, and when; swept after a while.
  'change_hint.execution_ids',
  'change_hint.root_ids',
  // Where an episode began.
  'anomaly_episode.first_execution_id',
  // A repeat of a root is a tree of its own.
  'pipeline_execution.retry_of',
  'pipeline_execution_attempt.slot_id',
];

const COLUMNS = `
  SELECT c.table_name || '.' || c.column_name AS name
    FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
   WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
     AND (c.data_type = 'bigint' OR c.udt_name = '_int8')
     AND (c.column_name ~ '(execution|root|slot)_ids?$' OR c.column_name IN ('parent_id', 'retry_of')
          OR c.table_name = 'pipeline_execution' AND c.column_name = 'id')`;

let watcher: Watcher;
afterEach(() => watcher.stop());
const AGES = { retentionDays: 30, retentionKeepLast: 0 };
const start = async (): Promise<void> => {
  watcher = await Watcher.start(AGES);
};

it('is known for every column that refers to executions', async () => {
  await start();
  const rows = await watcher.database.sql<{ name: string }>(COLUMNS);
  expect(rows.map(({ name }) => name).sort()).toEqual([...DELETED, ...KEPT].sort());
});

it.each([
  ['all modules', undefined],
  ['no optional module but its own', [RetentionModule]],
])('deletes what refers to a deleted execution, in every table, with %s', async (_what, optional) => {
  await start();
  const [pipeline, task] = [await watcher.pipeline('flow'), await watcher.pipeline('task')];
  const root = await oldRun(watcher, pipeline, 40, { start: { external_id: 'flow 1' } });
  const expected = await oldRun(watcher, task, 40, {
    start: { external_id: 'a', parent_external_id: 'late', parent_pipeline_id: pipeline },
  });
  const failed = await oldRun(watcher, task, 40, {
    start: { parent_id: root },
    end: { completed_successfully: false },
  });
  await oldRun(watcher, task, 39, { start: { parent_id: root, retry_of: failed } });
  const beating = await watcher.begin(task, { start_date: daysAgo(40), parent_id: root });
  await watcher.post('/heartbeat', { id: beating });
  await watcher.database.sql('UPDATE execution_heartbeat SET at = $1', [daysAgo(39)]);
  await watcher.database.sql(
    `WITH judged AS (INSERT INTO execution_to_judge (execution_id, pipeline_id) VALUES ($1, $2) ON CONFLICT DO NOTHING),
          late AS (INSERT INTO late_end (execution_id) VALUES ($1) ON CONFLICT DO NOTHING),
          used AS (INSERT INTO execution_dataset (execution_id, dataset_id, io, at) VALUES ($1, 1, 'I', now())),
          unusual AS (INSERT INTO anomaly (execution_id, root_id, pipeline_id, metric, value, expected, lower, upper,
                                           direction, baseline, detail, detected_at)
                      VALUES ($1, $3, $2, 'rows', 1, 2, 2, 2, 'low', '{}', '', now())),
          opened AS (INSERT INTO incident (kind, severity, pipeline_id, execution_id, root_id, opened_at, since,
                                           resolved_at, resolution)
                     VALUES ('timeliness', 'critical', $2, $1, $3, now(), now(), now(), 'ended') RETURNING id)
     INSERT INTO incident_failure (execution_id, incident_id, ended_at) SELECT $1, id, now() FROM opened
         ON CONFLICT DO NOTHING`,
    [failed, task, root],
  );
  // Newer than the age, or nothing would be written; then as old as the others.
  const event = { eventTime: daysAgo(20), run: { runId: randomUUID() }, job: { namespace: 'prod', name: 'nightly' } };
  const { body } = await watcher.post('/api/v1/lineage', { ...event, eventType: 'COMPLETE' });
  await watcher.database.sql('UPDATE pipeline_execution SET start_date = $2, end_date = $2 WHERE id = $1', [
    body.execution_id,
    daysAgo(40),
  ]);
  const ids = await remaining(watcher);
  const referring = async (): Promise<string[]> => {
    const found: string[] = [];
    for (const column of DELETED) {
      const [table, name] = column.split('.');
      const rows = await watcher.database.sql(`SELECT FROM ${table} WHERE ${name} = ANY ($1::bigint[]) LIMIT 1`, [ids]);
      if (rows.length > 0) found.push(column);
    }
    return found;
  };
  expect(await referring()).toEqual(DELETED);
  expect(expected).toBeGreaterThan(0);

  await watcher.app.close();
  watcher = await Watcher.start(AGES, watcher.database, undefined, optional);
  expect(await runRetention(watcher)).toMatchObject({ run_executions: ids.length });
  expect(await remaining(watcher)).toEqual([]);
  expect(await referring()).toEqual([]);
  await expectExactTrees(watcher.database);
});

it('reads by index, whatever there is', async () => {
  await start();
  const [pipeline] = [await watcher.pipeline('large')];
  await watcher.database.sql(
    `WITH node AS (
       INSERT INTO pipeline_execution (id, root_id, pipeline_id, start_date, end_date, completed_successfully, status,
                                       config_version)
       SELECT 1000000 + n, 1000000 + n, $1, now() - (20000 - n) * interval '5 minutes',
              now() - (20000 - n) * interval '5 minutes', true, 'succeeded', 1
         FROM generate_series(1, 20000) AS n RETURNING id)
     INSERT INTO pipeline_execution_closure (child_execution_id, parent_execution_id, depth) SELECT id, id, 0 FROM node`,
    [pipeline],
  );
  await watcher.database.sql('ANALYZE');
  const scans = async (): Promise<Record<string, number>[]> => {
    await watcher.database.sql('SELECT pg_stat_force_next_flush()');
    return watcher.database.sql(
      `SELECT relname, seq_scan::int AS scans FROM pg_stat_user_tables
        WHERE relname IN ('pipeline_execution', 'pipeline_execution_closure')
        ORDER BY relname`,
    );
  };
  const before = await scans();
  const state = await runRetention(watcher);
  expect(state.run_trees).toBeGreaterThan(10_000);
  expect(await scans()).toEqual(before);
});
