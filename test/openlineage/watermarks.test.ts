import { type Json, Watcher } from '../support/watcher.js';

const MINUTE = 60_000;
const at = (minutesAgo: number): string => new Date(Date.now() - minutesAgo * MINUTE).toISOString();
const day = (n: number): string => `2026-11-${String(n).padStart(2, '0')}T00:00:00Z`;

let watcher: Watcher;
beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

let runs = 0;
/** The events of a run of a job, which loads up to a day of the month. */
function run(job: string, startedAt: string, endedAt: string, upTo: number): Json[] {
  runs++;
  const runId = `00000000-0000-4000-8000-${String(runs).padStart(12, '0')}`;
  const nominalTime = { nominalStartTime: day(upTo - 1), nominalEndTime: day(upTo) };
  return [
    { eventType: 'START', eventTime: startedAt },
    { eventType: 'COMPLETE', eventTime: endedAt },
  ].map((event) => ({ ...event, run: { runId, facets: { nominalTime } }, job: { namespace: 'moves', name: job } }));
}
async function send(...events: readonly Json[]): Promise<void> {
  expect((await watcher.post('/api/v1/lineage/batch', events)).body).toMatchObject({ status: 'success' });
}
const pipelineOf = async (job: string): Promise<Json> =>
  (await watcher.get(`/pipeline?namespace=moves&name=${job}`)).body[0];

/** The moves as both lists have them, newest first, as days of the month. */
async function movesOf(job: string): Promise<(readonly [number | null, number | null])[]> {
  const { id } = await pipelineOf(job);
  const moves: Json[] = (await watcher.get(`/pipeline/${id}/watermarks`)).body;
  const changes: Json[] = (await watcher.get(`/pipeline/${id}/changes`)).body;
  const ofRuns = moves.filter((move) => move.execution_id !== null);
  expect(
    changes
      .filter(({ kind }) => kind === 'watermark')
      .map((change) => [change.execution_id, change.before.watermark, change.after.watermark]),
  ).toEqual(ofRuns.map((move) => [move.execution_id, move.before, move.after]));
  const dayOf = (watermark: string | null): number | null =>
    watermark === null ? null : Number(watermark.slice(8, 10));
  return moves.map(({ before, after }) => [dayOf(before), dayOf(after)] as const);
}

describe('the moves of a watermark by runs of OpenLineage', () => {
  it('lead to a greater one', async () => {
    await send(...run('backfill', at(60), at(50), 21), ...run('backfill', at(40), at(30), 2));
    await send(...run('backfill', at(29), at(28), 22), ...run('backfill', at(27), at(26), 22));
    expect((await pipelineOf('backfill')).watermark).toMatch(/^2026-11-22/);
    expect(await movesOf('backfill')).toEqual([
      [21, 22],
      [null, 21],
    ]);
  });

  it('of which one started later and ended before are as the ends were', async () => {
    await send(...run('overlap', at(60), at(30), 5), ...run('overlap', at(50), at(40), 6));
    expect(await movesOf('overlap')).toEqual([[null, 6]]);
  });

  it('begin anew after a PATCH', async () => {
    await send(...run('patched', at(60), at(50), 21), ...run('patched', at(45), at(44), 4));
    const { id } = await pipelineOf('patched');
    await watcher.patch('/pipeline', { id, watermark: day(1) });
    const soon = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();
    await send(...run('patched', soon(1), soon(2), 3), ...run('patched', soon(3), soon(4), 2));
    expect((await pipelineOf('patched')).watermark).toMatch(/^2026-11-03/);
    expect(await movesOf('patched')).toEqual([
      [1, 3],
      [21, 1],
      [null, 21],
    ]);
  });

  it('are found on pages, also where the greater one is far back', async () => {
    await send(...run('long', at(2000), at(1999), 28));
    for (let sent = 0; sent < 600; sent += 200) {
      await send(
        ...Array.from({ length: 200 }, (_, n) => run('long', at(1900 - sent - n), at(1899.5 - sent - n), 3)).flat(),
      );
    }
    await send(...run('long', at(20), at(19), 29), ...run('long', at(18), at(17), 30));
    const { id } = await pipelineOf('long');
    const found = await watcher.all(`/pipeline/${id}/watermarks?limit=1`);
    expect(found.map(({ after }) => after.slice(8, 10))).toEqual(['30', '29', '28']);
  });
});
