import { check, incidentsOf } from '../monitoring/checks.js';
import { judge } from '../anomalies/runs.js';
import { type Json, Watcher } from '../support/watcher.js';

const HOUR = 3_600_000;
const at = (hoursAgo: number): string => new Date(Date.now() - hoursAgo * HOUR).toISOString();
const runId = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

let watcher: Watcher;
beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

let runs = 0;
/** The events of a run of a job, with its end where one is given. */
function run(job: string, processingType: string, startedAt: string, endedAt?: string): Json[] {
  runs++;
  const facets = { jobType: { processingType, integration: 'FLINK', jobType: 'JOB' } };
  const events = [
    { eventType: 'START', eventTime: startedAt },
    ...(endedAt === undefined ? [] : [{ eventType: 'COMPLETE', eventTime: endedAt }]),
  ];
  return events.map((one) => ({ ...one, run: { runId: runId(runs) }, job: { namespace: 'flink', name: job, facets } }));
}
async function send(...events: readonly Json[]): Promise<void> {
  expect((await watcher.post('/api/v1/lineage/batch', events)).body).toMatchObject({ status: 'success' });
}
const pipelineOf = async (job: string): Promise<Json> =>
  (await watcher.get(`/pipeline?namespace=flink&name=${job}`)).body[0];
const executionsOf = async (pipelineId: number): Promise<Json[]> =>
  (await watcher.get(`/pipeline_execution?pipeline_id=${pipelineId}`)).body;

/** Fifteen runs of ten seconds, then one of 19 hours. */
function longAfterShort(job: string, processingType: string): Json[] {
  const seconds = 10 / 3600;
  const short = Array.from({ length: 15 }, (_, n) => run(job, processingType, at(60 - n), at(60 - n - seconds)));
  return [...short.flat(), ...run(job, processingType, at(20), at(1))];
}

describe('a stream', () => {
  it.each(['STREAMING', 'SERVICE'])('has no deadline and no warning when a threshold is set: %s', async (type) => {
    const job = `open ${type}`;
    await send(...run(job, type, at(50)));
    const { id, pipeline_type_id: typeId } = await pipelineOf(encodeURIComponent(job));
    const hour = { timeliness_number: 1, timeliness_datepart: 'hour' };
    const warning = { timeliness_warn_number: 1, timeliness_warn_datepart: 'hour' };
    expect((await watcher.patch('/pipeline', { id, ...hour, timeliness_number: 2, ...warning })).status).toBe(200);
    expect((await watcher.patch('/pipeline_type', { id: typeId, ...hour })).status).toBe(200);
    await check(watcher, 'timeliness', new Date());
    expect(await executionsOf(id)).toMatchObject([{ status: 'running', deadline: null }]);
    expect(await incidentsOf(watcher, id)).toEqual([]);
    await watcher.patch('/pipeline_type', { id: typeId, timeliness_number: null, timeliness_datepart: null });
  });

  it('loses the deadline that an older version gave it', async () => {
    await send(...run('older', 'STREAMING', at(50)));
    const { id } = await pipelineOf('older');
    await watcher.database.sql('UPDATE pipeline_execution SET deadline = now() WHERE pipeline_id = $1', [id]);
    await watcher.patch('/pipeline', { id, timeliness_number: 1, timeliness_datepart: 'hour' });
    expect(await executionsOf(id)).toMatchObject([{ deadline: null }]);
  });

  it('has no unusual and no usual duration', async () => {
    await send(...longAfterShort('stream', 'STREAMING'), ...longAfterShort('batch', 'BATCH'));
    await judge(watcher);
    const [stream, batch] = [await pipelineOf('stream'), await pipelineOf('batch')];
    expect((await executionsOf(batch.id))[0].anomaly_flags).toEqual({ duration_seconds: true });
    expect((await executionsOf(stream.id))[0].anomaly_flags).toBeNull();
    expect(await incidentsOf(watcher, stream.id)).toEqual([]);
    expect(
      await watcher.database.sql('SELECT DISTINCT pipeline_id FROM pipeline_expectation WHERE pipeline_id = ANY ($1)', [
        [stream.id, batch.id],
      ]),
    ).toEqual([{ pipeline_id: batch.id }]);
    expect(
      await watcher.database.sql(
        'SELECT successes, typical_duration_seconds FROM v_pipeline_typical_duration WHERE pipeline_id = $1',
        [stream.id],
      ),
    ).toEqual([{ successes: 0, typical_duration_seconds: null }]);
  });
});
