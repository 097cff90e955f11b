import { type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

const BEGUN = Date.now() - 3_600_000;

/** An event of the n-th run of a job, some seconds after the first one. */
function event(job: string, run: number, eventType: string, seconds: number, jobBefore = job): Json {
  return {
    eventType,
    eventTime: new Date(BEGUN + seconds * 1000).toISOString(),
    run: {
      runId: `${Buffer.from(job).toString('hex').padEnd(8, '0').slice(0, 8)}-0000-4000-8000-${String(run).padStart(12, '0')}`,
    },
    job: { namespace: 'failures', name: jobBefore },
  };
}

async function send(...events: readonly Json[]): Promise<void> {
  const { body } = await watcher.post('/api/v1/lineage/batch', events);
  expect(body).toMatchObject({ status: 'success' });
}

/** The open failure of a job: how often, and since when, in seconds. */
async function openFailure(job: string): Promise<Json> {
  const [row] = await watcher.database.sql(
    `SELECT i.occurrences, (extract(epoch FROM i.since) - $2::float8 / 1000)::int AS since,
            (SELECT count(*)::int FROM incident_failure f WHERE f.incident_id = i.id) AS covered
       FROM incident i JOIN pipeline p ON p.id = i.pipeline_id
      WHERE p.name = $1 AND i.kind = 'failure' AND i.resolved_at IS NULL`,
    [job, BEGUN],
  );
  return row;
}

it('further failures join the open one, in whatever order they come', async () => {
  await send(event('join', 1, 'FAIL', 10));
  await send(event('join', 2, 'FAIL', 20), event('join', 3, 'FAIL', 30));
  expect(await openFailure('join')).toEqual({ occurrences: 3, since: 30, covered: 3 });
  await send(event('join', 4, 'FAIL', 25));
  expect(await openFailure('join')).toEqual({ occurrences: 4, since: 30, covered: 4 });
  await send(event('join', 5, 'FAIL', 40), event('join', 6, 'COMPLETE', 28));
  expect(await openFailure('join')).toMatchObject({ occurrences: 2, since: 40 });
  await send(event('join', 8, 'FAIL', 27));
  expect(await openFailure('join')).toMatchObject({ occurrences: 2, since: 40 });
  await send(event('join', 9, 'FAIL', 29));
  expect(await openFailure('join')).toMatchObject({ occurrences: 3, since: 40 });
  await send(event('join', 7, 'COMPLETE', 50));
  expect(await openFailure('join')).toBeUndefined();
});

it('of failures that ended at once, the incident names that of the greatest run id, whatever comes last', async () => {
  const namedRun = async (): Promise<string> => {
    const [row] = await watcher.database.sql(`
      SELECT e.external_id FROM incident i JOIN pipeline_execution e ON e.id = i.execution_id JOIN pipeline p ON p.id = i.pipeline_id
       WHERE p.name = 'at once' AND i.resolved_at IS NULL`);
    return row?.external_id.slice(-1);
  };
  await send(event('at once', 2, 'FAIL', 10));
  await send(event('at once', 1, 'FAIL', 10));
  expect(await namedRun()).toBe('2');
  await send(event('at once', 3, 'FAIL', 10));
  expect(await namedRun()).toBe('3');
  expect(await openFailure('at once')).toEqual({ occurrences: 3, since: 10, covered: 3 });
});

it('a failure of a job that got another name counts there alone', async () => {
  await send(event('old name', 1, 'FAIL', 10), event('new name', 1, 'FAIL', 10));
  await send(event('old name', 2, 'START', 20, 'old name'));
  await send(event('old name', 2, 'FAIL', 30, 'new name'));
  expect(await openFailure('old name')).toMatchObject({ occurrences: 1, since: 10 });
  expect(await openFailure('new name')).toMatchObject({ occurrences: 2, since: 30 });
});

it('a success that is taken back opens the failures that it had ended', async () => {
  await send(event('back', 1, 'FAIL', 10), event('back', 2, 'START', 15), event('back', 2, 'COMPLETE', 20));
  expect(await openFailure('back')).toBeUndefined();
  await send(event('back', 2, 'START', 30));
  expect(await openFailure('back')).toMatchObject({ occurrences: 1, since: 10 });
  await send(event('back', 2, 'COMPLETE', 40));
  expect(await openFailure('back')).toBeUndefined();
});

it('a success of another job does not end them any more', async () => {
  await send(event('moved', 1, 'FAIL', 10), event('moved', 2, 'COMPLETE', 20));
  expect(await openFailure('moved')).toBeUndefined();
  await send(event('moved', 2, 'OTHER', 30, 'other job'));
  expect(await openFailure('moved')).toMatchObject({ occurrences: 1, since: 10 });
});
