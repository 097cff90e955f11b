import fc from 'fast-check';
import { type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;

beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

const read = async (pipeline: number): Promise<Json> => (await watcher.get(`/pipeline/${pipeline}`)).body;

describe('a success', () => {
  it('makes the execution’s next_watermark the pipeline’s watermark, whatever the pipeline’s next one is by then', async () => {
    const pipeline = await watcher.pipeline('promoted', { next_watermark: 'w1' });
    const execution = await watcher.begin(pipeline);
    await watcher.patch('/pipeline', { id: pipeline, next_watermark: 'w2' });
    await watcher.end(execution);
    expect(await read(pipeline)).toMatchObject({ watermark: 'w1', next_watermark: 'w2' });
    const { body } = await watcher.post('/pipeline', { name: 'promoted', pipeline_type_name: 'test' });
    expect(body.watermark).toBe('w1');
  });

  it('leaves the watermark alone when the execution has no next one', async () => {
    const pipeline = await watcher.pipeline('without next');
    await watcher.patch('/pipeline', { id: pipeline, watermark: 'w1' });
    await watcher.end(await watcher.begin(pipeline));
    expect((await read(pipeline)).watermark).toBe('w1');
  });

  it('is the last word of two that started at the same moment', async () => {
    const pipeline = await watcher.pipeline('same moment');
    const start_date = '2026-01-31T02:00:00Z';
    const [a, b] = [
      await watcher.begin(pipeline, { start_date, next_watermark: 'a' }),
      await watcher.begin(pipeline, { start_date, next_watermark: 'b' }),
    ];
    await watcher.end(b);
    await watcher.end(a);
    expect((await read(pipeline)).watermark).toBe('a');
  });

  it('does not move the watermarks of executions that run', async () => {
    const pipeline = await watcher.pipeline('own copies', { next_watermark: 'w1' });
    const [first, second] = [await watcher.begin(pipeline), await watcher.begin(pipeline)];
    await watcher.end(first);
    expect((await watcher.get(`/pipeline_execution/${second}`)).body.watermark).toBeNull();
  });

  it('moves last_target_* to its end, for each count above 0, and never back', async () => {
    const pipeline = await watcher.pipeline('targets');
    const at = (hour: number): string => `2026-01-31T0${hour}:00:00.000Z`;
    const run = async (hour: number, counts: Json): Promise<Json> => {
      const id = await watcher.begin(pipeline, { start_date: at(1) });
      await watcher.end(id, { end_date: at(hour), ...counts });
      const { last_target_insert, last_target_update, last_target_soft_delete } = await read(pipeline);
      return [last_target_insert, last_target_update, last_target_soft_delete];
    };
    expect(await run(5, { inserts: 1, updates: 0, total_rows: 9 })).toEqual([at(5), null, null]);
    expect(await run(6, { updates: 2 })).toEqual([at(5), at(6), null]);
    expect(await run(7, { soft_deletes: 3 })).toEqual([at(5), at(6), at(7)]);
    expect(await run(2, { inserts: 1, updates: 1, soft_deletes: 1 })).toEqual([at(5), at(6), at(7)]);
    expect(await run(8, { total_rows: 5 })).toEqual([at(5), at(6), at(7)]);
    expect(await run(9, { inserts: 1, updates: 1, completed_successfully: false })).toEqual([at(5), at(6), at(7)]);
  });
});

describe('a failure', () => {
  it('moves nothing', async () => {
    const pipeline = await watcher.pipeline('failed', { next_watermark: 'w1' });
    const before = await read(pipeline);
    const execution = await watcher.begin(pipeline);
    await watcher.end(execution, { completed_successfully: false, inserts: 5, updates: 5, soft_deletes: 5 });
    expect(await read(pipeline)).toEqual(before);
  });
});

/** A run: when it started, whether it succeeded, and up to where it loaded. */
interface Run {
  readonly started: number;
  readonly succeeds: boolean;
  readonly next: string | null;
}

/** The rule as it is written down: runs end in the order of the list. */
function watermarkAfter(runs: readonly Run[]): string | null {
  let watermark: string | null = null;
  let movedBy = -1;
  for (const { started, succeeds, next } of runs) {
    if (!succeeds || next === null || movedBy > started) continue;
    watermark = next;
    movedBy = started;
  }
  return watermark;
}

describe('runs that overlap', () => {
  let count = 0;

  it('move the watermark by the rule, in whatever order they start and end', async () => {
    const run = fc.record({
      started: fc.nat(4),
      succeeds: fc.boolean(),
      next: fc.option(fc.string({ maxLength: 3, unit: fc.constantFrom('a', 'b', 'c') })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 6 }), async (runs) => {
        const pipeline = await watcher.pipeline(`overlap ${++count}`);
        const ids: number[] = [];
        for (const { started, next } of runs) {
          ids.push(
            await watcher.begin(pipeline, { start_date: `2026-01-31T0${started}:00:00Z`, next_watermark: next }),
          );
        }
        for (const [index, { succeeds }] of runs.entries()) {
          await watcher.end(ids[index] ?? 0, { completed_successfully: succeeds });
        }
        expect((await read(pipeline)).watermark).toBe(watermarkAfter(runs));
      }),
      { numRuns: 40 },
    );
  });

  it('of which all end at once leave the watermark of the one that started last', async () => {
    for (let round = 0; round < 5; round++) {
      const pipeline = await watcher.pipeline(`at once ${round}`);
      const ids: number[] = [];
      for (let minute = 0; minute < 20; minute++) {
        const start_date = `2026-01-31T02:${String(minute).padStart(2, '0')}:00Z`;
        ids.push(await watcher.begin(pipeline, { start_date, next_watermark: minute }));
      }
      const answers = await Promise.all(ids.map((id) => watcher.end(id, { inserts: 1 })));
      expect(answers.every(({ status }) => status === 200)).toBe(true);
      expect((await read(pipeline)).watermark).toBe('19');
    }
  });
});
