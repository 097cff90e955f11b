import { daysAgo, runRetention } from '../support/retention.js';
import { type Json, Watcher } from '../support/watcher.js';

const RUN_ID = '01890a5d-ac96-774b-bcce-b302099a8057';

let watcher: Watcher;
beforeAll(async () => {
  watcher = await Watcher.start({ retentionDays: 30, retentionKeepLast: 0 });
});
afterAll(() => watcher.stop());

const event = (eventType: string, days: number): Json => ({
  eventType,
  eventTime: daysAgo(days),
  run: { runId: RUN_ID },
  job: { namespace: 'prod', name: 'nightly' },
});
const runs = async (): Promise<Json[]> => watcher.database.sql('SELECT run_id FROM openlineage_run');

it('deletes runs of OpenLineage, which late events do not bring back', async () => {
  const { body } = await watcher.post('/api/v1/lineage', event('START', 29));
  await watcher.post('/api/v1/lineage', event('COMPLETE', 29));
  await watcher.database.sql(
    `UPDATE pipeline_execution SET start_date = start_date - interval '10 days', end_date = end_date - interval '10 days'
      WHERE id = $1`,
    [body.execution_id],
  );
  await runRetention(watcher);
  expect(await runs()).toEqual([]);

  const late = await watcher.post('/api/v1/lineage', event('FAIL', 39));
  expect([late.status, late.body]).toEqual([200, {}]);
  const batch = await watcher.post('/api/v1/lineage/batch', [event('FAIL', 39), event('ABORT', 38)]);
  expect(batch.body).toMatchObject({ status: 'success', summary: { received: 2, successful: 2 } });
  const keyed = await watcher.post('/api/v1/lineage/batch', [event('FAIL', 39)], { 'idempotency-key': 'late' });
  expect(keyed.body).toMatchObject({ status: 'success' });
  expect(await runs()).toEqual([]);
  expect((await watcher.get('/metrics')).text).toContain(
    'watcher_openlineage_events_total{type="UNKNOWN",integration="UNKNOWN",result="outdated"} 4',
  );

  await watcher.post('/api/v1/lineage', event('START', 1));
  expect(await runs()).toEqual([{ run_id: RUN_ID }]);
});
