import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/platform/database/data-source.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Json, Watcher } from '../support/watcher.js';
import { check, incidentsOf } from './checks.js';
import { answer, Receiver, until } from './receiver.js';

/** The last migration of the version in which each failed root had an incident of its own. */
const LAST_OF_OLD = 'ExecutionStatus1767744000000';

/**
 * Failed roots 1 to 3 of pipeline 1 and root 4 of pipeline 2 with the late execution 5 below it; and their incidents.
 */
const SEED = `
  INSERT INTO pipeline_type (name) VALUES ('old');
  INSERT INTO pipeline (name, pipeline_type_id, config_hash) VALUES ('often', 1, ''), ('late', 1, '');
  INSERT INTO pipeline_execution (id, parent_id, root_id, pipeline_id, start_date, end_date, completed_successfully,
                                  status, config_version)
  VALUES (1, NULL, 1, 1, '2026-01-01Z', '2026-01-01T01:00Z', false, 'failed', 1),
         (2, NULL, 2, 1, '2026-01-02Z', '2026-01-02T01:00Z', false, 'failed', 1),
         (3, NULL, 3, 1, '2026-01-03Z', '2026-01-03T01:00Z', false, 'failed', 1),
         (4, NULL, 4, 2, '2026-01-04Z', NULL, NULL, 'running', 1),
         (5, 4, 4, 2, '2026-01-04Z', NULL, NULL, 'running', 1);
  SELECT setval(pg_get_serial_sequence('pipeline_execution', 'id'), 5);
  INSERT INTO incident (kind, pipeline_id, execution_id, opened_at, since)
  SELECT 'failure', 1, e.id, e.end_date, e.end_date FROM pipeline_execution e WHERE e.id <= 3 ORDER BY e.id DESC;
  INSERT INTO incident (kind, pipeline_id, execution_id, opened_at, since) VALUES ('timeliness', 2, 5, now(), now())`;

/** The statement with which that version opens a failure. */
const OPEN_FAILURE = `
  INSERT INTO incident (kind, pipeline_id, execution_id, opened_at, since, root_causes, root_cause_count)
  SELECT 'failure', e.pipeline_id, e.id, now(), e.end_date, '[]', 0 FROM pipeline_execution e WHERE e.id = $1
      ON CONFLICT (kind, coalesce(execution_id, pipeline_id)) WHERE resolved_at IS NULL DO NOTHING
  RETURNING id`;

/** The statement with which that version writes an alert. */
const WRITE_ALERT = `
  INSERT INTO alert (delivery_id, channel, event, incident_ids, body, created_at, next_attempt_at)
  VALUES (gen_random_uuid(), $1, 'opened', $2, '{}', now(), now()) RETURNING id`;

describe('an upgrade to incidents for consecutive failures', () => {
  let receiver: Receiver;
  let database: TestDatabase;
  let watcher: Watcher;

  beforeAll(async () => {
    receiver = await Receiver.start();
    receiver.behaviour = answer(200);
    database = await createDatabase({ empty: true });
    const options = dataSourceOptions(database.url, 2);
    const migrations = options.migrations.slice(
      0,
      options.migrations.findIndex(({ name }) => name === LAST_OF_OLD) + 1,
    );
    const old = await new DataSource({ ...options, migrations }).initialize();
    expect((await old.runMigrations()).at(-1)?.name).toBe(LAST_OF_OLD);
    await old.destroy();
    await database.sql(SEED);
    watcher = await Watcher.start({ alertWebhookUrl: `${receiver.url}/hook` }, database);
  });
  afterAll(async () => {
    await watcher.stop();
    await receiver.close();
  });

  it('joins the open failures of a pipeline to the last one', async () => {
    const failures = await incidentsOf(watcher, 1);
    expect(failures.map(({ execution_id, occurrences, status }: Json) => [execution_id, status, occurrences])).toEqual([
      [1, 'resolved', 1],
      [2, 'resolved', 1],
      [3, 'open', 3],
    ]);
    expect(failures[2].opened_at).toBe('2026-01-01T01:00:00.000Z');
    expect(failures[0].detail).toMatch(/a later failure of the pipeline/);
  });

  it('stores the trees of existing incidents', async () => {
    expect((await watcher.get('/incident?root_id=4')).body).toMatchObject([{ kind: 'timeliness', execution_id: 5 }]);
  });

  it('allows a replica of the previous version to open failures and write alerts, and resolves them', async () => {
    const failed: number[] = [];
    for (const end_date of ['2026-01-04T01:00:00Z', '2026-01-04T02:00:00Z']) {
      const id = await watcher.begin(1, { start_date: '2026-01-04T00:00:00Z' });
      await database.sql(`UPDATE pipeline_execution SET end_date = $2, completed_successfully = false WHERE id = $1`, [
        id,
        end_date,
      ]);
      const [opened] = await database.sql<{ id: string }>(OPEN_FAILURE, [id]);
      await database.sql(WRITE_ALERT, ['webhook', [Number(opened?.id)]]);
      failed.push(Number(opened?.id));
    }
    // This version adds its own failures to the incident that it knows.
    const own = await watcher.begin(1);
    await watcher.end(own, { completed_successfully: false });
    const open = (await watcher.get('/incident?status=open&kind=failure')).body;
    expect(open.map(({ execution_id, occurrences }: Json) => [execution_id, occurrences])).toContainEqual([own, 4]);
    expect(open.map(({ id }: Json) => id)).toEqual(expect.arrayContaining(failed));
    const waiting: Json[] = (await watcher.get('/alert?status=waiting')).body;
    expect(waiting.find(({ incident_ids }) => incident_ids.includes(failed[0]))).toMatchObject({
      route: 'default',
      target: 'webhook',
    });

    receiver.received.length = 0;
    await watcher.end(await watcher.begin(1));
    expect((await watcher.get('/incident?status=open&kind=failure')).body).toEqual([]);
    await until(() => receiver.received.some(({ body }) => body.event === 'resolved'));
    const told = receiver.received.find(({ body }) => body.event === 'resolved')?.body.incidents;
    expect(told.map(({ id }: Json) => id)).toEqual(expect.arrayContaining(failed));
  });

  it('resolves failures that the previous version missed, in its check', async () => {
    const failed = await watcher.begin(2, { start_date: '2026-01-05T00:00:00Z' });
    await watcher.end(await watcher.begin(2, { start_date: '2026-01-05T00:00:00Z' }), {
      end_date: '2026-01-05T02:00:00Z',
    });
    await database.sql(`UPDATE pipeline_execution SET end_date = $2, completed_successfully = false WHERE id = $1`, [
      failed,
      '2026-01-05T01:00:00Z',
    ]);
    const [opened] = await database.sql<{ id: string }>(OPEN_FAILURE, [failed]);
    await check(watcher, 'timeliness', '2026-01-05T03:00:00Z');
    expect((await watcher.get(`/incident/${opened?.id}`)).body).toMatchObject({ status: 'resolved' });
  });
});
