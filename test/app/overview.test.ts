import { type Answer, type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
beforeEach(async () => {
  watcher = await Watcher.start();
});
afterEach(() => watcher.stop());

const overview = (query = ''): Promise<Answer> => watcher.get(`/overview${query}`);
const sum = (column: readonly number[]): number => column.reduce((total, count) => total + count, 0);
const begun = Date.now();
const minutesAgo = (minutes: number): string => new Date(begun - minutes * 60_000).toISOString();

describe('GET /overview', () => {
  it('is zeros on a new service', async () => {
    const { status, body } = await overview();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      window_seconds: 86_400,
      running: { count: 0, capped: false, late: 0, roots: [] },
      incidents: { open: 0, acknowledged: 0, by_kind: [] },
      counted_from: null,
    });
    const { buckets } = body;
    expect(buckets.seconds).toBe(1800);
    for (const column of ['start', 'started', 'failed', 'running']) expect(buckets[column]).toHaveLength(48);
    expect(Date.parse(buckets.start[47])).toBeLessThanOrEqual(Date.now());
    expect(Date.now() - Date.parse(buckets.start[47])).toBeLessThan(1_800_000 + 60_000);
  });

  it('shows what runs with its usual end, what is wrong, and what happened', async () => {
    const id = await watcher.pipeline('nightly', { timeliness_number: 1, timeliness_datepart: 'minute' });
    const done = await watcher.begin(id, { start_date: minutesAgo(200) });
    await watcher.end(done, { end_date: minutesAgo(120) });
    const failed = await watcher.begin(await watcher.pipeline('broken'), { start_date: minutesAgo(5) });
    await watcher.end(failed, { completed_successfully: false, end_date: minutesAgo(4) });
    const start = minutesAgo(100);
    const root = await watcher.begin(id, { start_date: start });
    await watcher.begin(await watcher.pipeline('child'), { start_date: start, parent_id: root });
    const { body } = await overview();
    expect(body.running).toEqual({
      count: 2,
      capped: false,
      late: 1,
      roots: [
        {
          id: root,
          pipeline_id: id,
          pipeline_name: 'nightly',
          start_date: start,
          deadline: new Date(Date.parse(start) + 60_000).toISOString(),
          usual_ms: 4_800_000,
          expected_end: new Date(Date.parse(start) + 4_800_000).toISOString(),
          late: true,
        },
      ],
    });
    expect(body.incidents).toEqual({
      open: 1,
      acknowledged: 0,
      by_kind: [{ kind: 'failure', open: 1, acknowledged: 0, critical: 1 }],
    });
    expect([sum(body.buckets.started), sum(body.buckets.failed)]).toEqual([4, 1]);
    expect(body.buckets.running.at(-1)).toBe(2);
    const before = runningAt(body.buckets, minutesAgo(165));
    expect(before).toBe(1);
    expect((await overview('?window=1h')).body.buckets.seconds).toBe(75);
    expect(sum((await overview('?window=1h')).body.buckets.started)).toBe(1);
  });

  it('says from when on it counted where there is too much', async () => {
    const id = await watcher.pipeline('many');
    await watcher.database.sql(`
      INSERT INTO pipeline_execution (root_id, pipeline_id, start_date, end_date, completed_successfully, status,
                                      config_version)
      SELECT n, ${id}, now() - interval '0.5 second' * n, now() - interval '0.5 second' * n, true, 'succeeded', 1
        FROM generate_series(1, 100001) n`);
    const { body } = await overview();
    expect(sum(body.buckets.started)).toBe(100_000);
    expect(Math.abs(Date.parse(body.counted_from) - (Date.now() - 50_000_000))).toBeLessThan(60_000);
  });

  it.each(['0h', '169h', '24', '1d', '-1h', '1.5h'])('refuses the window %s', async (window) => {
    expect((await overview(`?window=${window}`)).status).toBe(422);
  });
});

/** How many ran at the end of the interval before the one of a time. */
function runningAt({ start, running }: Json, time: string): number {
  return running[start.findLastIndex((begin: string) => begin <= time)];
}
