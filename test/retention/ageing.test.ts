import { RetentionModule } from '../../src/features/retention/retention.module.js';
import { eventually } from '../support/eventually.js';
import { daysAgo, oldRun, runRetention } from '../support/retention.js';
import { Watcher } from '../support/watcher.js';

let watcher: Watcher;
beforeAll(async () => {
  watcher = await Watcher.start({ retentionIncidentDays: 100, retentionDays: 30, retentionKeepLast: 0 });
});
afterAll(() => watcher.stop());

it('deletes incidents that were resolved long ago, with their failures, and alerts of more than 30 days', async () => {
  const pipeline = await watcher.pipeline('noisy');
  await watcher.database.sql(
    `WITH opened AS (
       INSERT INTO incident (kind, severity, pipeline_id, opened_at, since, resolved_at, resolution)
       SELECT 'failure', 'critical', $1, $2::timestamptz, $2, CASE WHEN n % 2 = 0 THEN $3::timestamptz ELSE $4 END, 'succeeded'
         FROM generate_series(1, 2500) AS n RETURNING id)
     INSERT INTO incident_failure (execution_id, incident_id, ended_at) SELECT id, id, now() FROM opened`,
    [pipeline, daysAgo(400), daysAgo(101), daysAgo(99)],
  );
  await watcher.database.sql(
    `INSERT INTO incident (kind, severity, pipeline_id, opened_at, since) VALUES ('freshness', 'critical', $1, $2, $2)`,
    [pipeline, daysAgo(400)],
  );
  await watcher.database.sql(
    `INSERT INTO alert (delivery_id, channel, event, incident_ids, body, status, created_at)
     SELECT gen_random_uuid(), 'slack', 'opened', '{}', '', s.status, moment.at
       FROM unnest(ARRAY['waiting', 'sent', 'failed']) AS s (status), unnest(ARRAY[$1, $2]::timestamptz[]) AS moment (at)`,
    [daysAgo(31), daysAgo(29)],
  );
  await runRetention(watcher);
  await eventually(async () => {
    const [left] = await watcher.database.sql(
      `SELECT (SELECT count(*)::int FROM incident) AS incidents, (SELECT count(*)::int FROM incident_failure) AS failures,
              (SELECT count(*)::int FROM alert) AS alerts, (SELECT count(*)::int FROM alert WHERE status = 'waiting') AS waiting`,
    );
    expect(left).toEqual({ incidents: 1251, failures: 1250, alerts: 4, waiting: 2 });
  });
});

it('deletes edges that nobody declares and no run has shown for 400 days', async () => {
  const pipeline = await watcher.pipeline('lineage');
  await watcher.post('/address_lineage', {
    pipeline_id: pipeline,
    source_addresses: ['a', 'b', 'c'].map((name) => ({ name, address_type_name: 'x', address_type_group_name: 'y' })),
    target_addresses: [{ name: 'd', address_type_name: 'x', address_type_group_name: 'y' }],
  });
  const edges = () => watcher.database.sql<{ n: number }>('SELECT count(*)::int AS n FROM address_edge');
  expect(await edges()).toEqual([{ n: 3 }]);
  await watcher.database.sql(
    `UPDATE address_edge e
        SET declared = a.name = 'c', last_seen = current_date - CASE a.name WHEN 'b' THEN 398 ELSE 402 END
       FROM address a WHERE a.id = e.source_address_id`,
  );
  await runRetention(watcher);
  await eventually(async () => expect(await edges()).toEqual([{ n: 2 }]));
});

it('deletes pipelines in a namespace that have long been idle, and that nobody has changed', async () => {
  const inNamespace = (name: string) => watcher.pipeline(name, { namespace: 'dbt' });
  const [idle, active, patched, recent] = [
    await inNamespace('model.sql.1'),
    await inNamespace('model.sql.2'),
    await inNamespace('model.sql.3'),
    await inNamespace('model.sql.4'),
  ];
  const outside = await watcher.pipeline('model.sql.5');
  await oldRun(watcher, active, 10);
  await watcher.patch('/pipeline', { id: patched, mute_freshness_check: true });
  await watcher.database.sql('UPDATE pipeline SET created_at = $1, updated_at = $1 WHERE id = ANY ($2)', [
    daysAgo(401),
    [idle, active, patched, outside],
  ]);
  // The history of another is deleted by age, but its days are recent.
  const counted = await inNamespace('model.sql.6');
  await oldRun(watcher, counted, 200);
  await watcher.database.sql('UPDATE pipeline SET created_at = $1, updated_at = $1 WHERE id = $2', [
    daysAgo(401),
    counted,
  ]);
  await runRetention(watcher);
  await runRetention(watcher);
  const statuses: number[] = [];
  for (const id of [idle, active, patched, recent, outside, counted]) {
    statuses.push((await watcher.get(`/pipeline/${id}`)).status);
  }
  expect(statuses).toEqual([404, 200, 200, 200, 200, 200]);
});

it('deletes what optional modules keep about such pipelines, when they are switched off', async () => {
  const idle = await watcher.pipeline('model.sql.7', { namespace: 'dbt' });
  await watcher.database.sql(
    `WITH old AS (UPDATE pipeline SET created_at = $2, updated_at = $2 WHERE id = $1)
     INSERT INTO anomaly_episode (pipeline_id, metric, direction, runs, first_execution_id) VALUES ($1, 'rows', 'low', 1, 1)`,
    [idle, daysAgo(401)],
  );
  await watcher.database.sql(
    `INSERT INTO incident (kind, severity, pipeline_id, opened_at, since) VALUES ('freshness', 'critical', $1, $2, $2)`,
    [idle, daysAgo(1)],
  );
  await watcher.app.close();
  watcher = await Watcher.start({}, watcher.database, undefined, [RetentionModule]);
  await watcher.post('/retention', {});
  await eventually(async () => expect((await watcher.get(`/pipeline/${idle}`)).status).toBe(404));
  const kept = await watcher.database.sql(
    `SELECT 'episode' AS what FROM anomaly_episode WHERE pipeline_id = $1
      UNION ALL SELECT 'incident' FROM incident WHERE pipeline_id = $1`,
    [idle],
  );
  expect(kept).toEqual([]);
});
