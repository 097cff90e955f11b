import { expectExactClosure } from '../support/closure.js';
import { type Answer, Watcher } from '../support/watcher.js';

/** Requests sent together: all but the first share a batch. */
describe('starts and ends that arrive together', () => {
  let watcher: Watcher;
  let pipelineId: number;

  beforeAll(async () => {
    watcher = await Watcher.start();
    pipelineId = await watcher.pipeline('batched', { next_watermark: 'w' });
  });
  afterAll(() => watcher.stop());

  const start = (fields: object): Promise<Answer> =>
    watcher.post('/start_pipeline_execution', { pipeline_id: pipelineId, ...fields });
  const statuses = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status).sort((a, b) => a - b);

  it('give each wrong start its own answer and let its neighbours land', async () => {
    const answers = await Promise.all([
      start({}),
      start({ pipeline_id: 999_999 }),
      start({}),
      start({ parent_id: 999_999 }),
      start({ execution_metadata: { ['x'.repeat(300)]: 1 } }),
      start({}),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([201, 404, 201, 404, 201, 201]);
    expect(answers[1]?.body.code).toBe('pipeline_not_found');
    expect(answers[3]?.body.code).toBe('parent_not_found');
    await expectExactClosure(watcher.database);
  });

  it('make one execution of starts with one external_id', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => start({ external_id: 'same' })));
    expect(statuses(answers)).toEqual([...Array.from({ length: 29 }, () => 200), 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    const rows = await watcher.database.sql(`SELECT id FROM pipeline_execution WHERE external_id = 'same'`);
    expect(rows).toHaveLength(1);
  });

  it('have one winner among different ends of one execution', async () => {
    const id = await watcher.begin(pipelineId);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => watcher.end(id, { total_rows: index, inserts: index })),
    );
    expect(statuses(answers)).toEqual([200, ...Array.from({ length: 19 }, () => 409)]);
    const winner = answers.find(({ status }) => status === 200);
    expect((await watcher.get(`/pipeline_execution/${id}`)).body).toMatchObject(winner?.body);
  });

  it('promote the watermark of the latest start, whatever the order of the ends', async () => {
    const own = await watcher.pipeline('overlapping');
    const ids = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        watcher.begin(own, { start_date: new Date(1_700_000_000_000 + index * 1000), next_watermark: `w${index}` }),
      ),
    );
    const shuffled = ids.toSorted((a, b) => ((a * 7919) % 31) - ((b * 7919) % 31));
    expect(statuses(await Promise.all(shuffled.map((id) => watcher.end(id))))).toEqual(ids.map(() => 200));
    expect((await watcher.get(`/pipeline/${own}`)).body.watermark).toBe('w29');
  });
});

describe('batches of several replicas', () => {
  it('never deadlock, however their rows overlap', async () => {
    const first = await Watcher.start({ batchLanes: 4, batchSize: 8 });
    const second = await Watcher.start({ batchLanes: 4, batchSize: 8 }, first.database);
    const pipelines = await Promise.all(Array.from({ length: 5 }, (_, index) => first.pipeline(`hammered ${index}`)));
    const replicas = [first, second];
    const everywhere = (count: number, call: (watcher: Watcher, index: number) => Promise<Answer>): Promise<Answer[]> =>
      Promise.all(Array.from({ length: count }, (_, index) => call(replicas[index % 2] ?? first, index)));

    for (let round = 0; round < 5; round++) {
      const started = await everywhere(120, (watcher, index) =>
        watcher.post('/start_pipeline_execution', {
          pipeline_id: pipelines[index % 5],
          // Both replicas use the same ids, in opposite orders.
          external_id: `${round}-${index % 2 === 0 ? index >> 1 : 59 - (index >> 1)}`,
        }),
      );
      expect(started.every(({ status }) => status === 200 || status === 201)).toBe(true);
      const ids = [...new Set(started.map(({ body }) => body.id as number))];
      const wanted = [...ids, ...ids.toReversed()];
      const ended = await everywhere(wanted.length, (watcher, index) =>
        watcher.end(wanted[index] ?? 0, { inserts: 1 }),
      );
      expect(ended.every(({ status }) => status === 200)).toBe(true);
    }
    await expectExactClosure(first.database);
    // Closing a connection reports its errors.
    await Promise.all(replicas.map((watcher) => watcher.app.close()));
    const [{ deadlocks } = { deadlocks: -1 }] = await first.database.sql<{ deadlocks: number }>(
      `SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()`,
    );
    expect(deadlocks).toBe(0);
    await first.database.drop();
  });
});
