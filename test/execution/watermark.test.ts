import fc from 'fast-check';
import { DataSource } from 'typeorm';
import { WatermarkMoves1767920400000 } from '../../src/platform/database/migrations/1767920400000-watermark-moves.js';
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
    await watcher.pipeline('promoted', { next_watermark: 'w2' });
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

describe('the order of moves', () => {
  const ahead = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();

  it('is not a client’s clock: a start ahead of the service’s counts as received when it was', async () => {
    const pipeline = await watcher.pipeline('a clock ahead');
    const early = await watcher.begin(pipeline, { start_date: ahead(60), next_watermark: 'early' });
    const late = await watcher.begin(pipeline, { next_watermark: 'late' });
    await watcher.end(late);
    await watcher.end(early);
    expect((await read(pipeline)).watermark).toBe('late');
    await watcher.end(await watcher.begin(pipeline, { next_watermark: 'later' }));
    expect((await read(pipeline)).watermark).toBe('later');
  });

  it('goes on after an execution from the future has ended', async () => {
    const pipeline = await watcher.pipeline('the future');
    const tomorrow = new Date(Date.now() + 23 * 3_600_000).toISOString();
    await watcher.end(await watcher.begin(pipeline, { start_date: tomorrow, next_watermark: 'a' }));
    expect((await read(pipeline)).watermark).toBe('a');
    await watcher.end(await watcher.begin(pipeline, { next_watermark: 'b' }));
    expect((await read(pipeline)).watermark).toBe('b');
    await watcher.patch('/pipeline', { id: pipeline, watermark: 'c' });
    await watcher.end(await watcher.begin(pipeline, { next_watermark: 'd' }));
    expect((await read(pipeline)).watermark).toBe('d');
  });

  it('has a PATCH at its own moment: runs from before it move nothing, later ones do', async () => {
    const pipeline = await watcher.pipeline('by hand');
    const before = await watcher.begin(pipeline, { next_watermark: 'before' });
    const fromAhead = await watcher.begin(pipeline, { start_date: ahead(60), next_watermark: 'ahead' });
    await watcher.patch('/pipeline', { id: pipeline, watermark: 'patched' });
    const after = await watcher.begin(pipeline, { next_watermark: 'after' });
    await watcher.end(before);
    await watcher.end(fromAhead);
    expect((await read(pipeline)).watermark).toBe('patched');
    await watcher.end(after);
    expect((await read(pipeline)).watermark).toBe('after');
    await watcher.patch('/pipeline', { id: pipeline, watermark: null });
    await watcher.end(await watcher.begin(pipeline, { start_date: '2026-01-31T02:00:00Z', next_watermark: 'old' }));
    expect((await read(pipeline)).watermark).toBeNull();
  });

  it('never lets last_target_* pass now', async () => {
    const pipeline = await watcher.pipeline('ends ahead');
    const { body } = await watcher.end(await watcher.begin(pipeline), { end_date: ahead(120), inserts: 1, updates: 1 });
    expect(Date.parse(body.end_date)).toBeGreaterThan(Date.now());
    const { last_target_insert, last_target_update } = await read(pipeline);
    expect(Date.parse(last_target_insert)).toBeLessThanOrEqual(Date.now());
    expect(last_target_update).toBe(last_target_insert);
    await watcher.end(await watcher.begin(pipeline), { inserts: 1 });
    expect(Date.parse((await read(pipeline)).last_target_insert)).toBeGreaterThan(Date.parse(last_target_insert));
  });

  it('thaws what a date ahead has frozen in a database from before', async () => {
    const pipeline = await watcher.pipeline('frozen');
    await watcher.database.sql(
      `UPDATE pipeline SET watermark_start_date = '2062-01-01', last_target_insert = '2062-01-01' WHERE id = $1`,
      [pipeline],
    );
    const runner = watcher.app.get(DataSource).createQueryRunner();
    await new WatermarkMoves1767920400000().up(runner);
    await runner.release();
    expect(Date.parse((await read(pipeline)).last_target_insert)).toBeLessThanOrEqual(Date.now());
    await watcher.end(await watcher.begin(pipeline, { next_watermark: 'thawed' }));
    expect((await read(pipeline)).watermark).toBe('thawed');
  });
});

describe('a next_watermark that is used up', () => {
  const nextOf = async (execution: number): Promise<Json> =>
    (await watcher.get(`/pipeline_execution/${execution}`)).body.next_watermark;

  it('is not inherited: a run with its own moved the watermark past it', async () => {
    const pipeline = await watcher.pipeline('used up', { next_watermark: 'a' });
    await watcher.end(await watcher.begin(pipeline, { next_watermark: 'b' }));
    const later = await watcher.begin(pipeline);
    expect(await nextOf(later)).toBeNull();
    await watcher.end(later);
    expect(await read(pipeline)).toMatchObject({ watermark: 'b', next_watermark: 'a' });
  });

  it('is not inherited twice, nor after a watermark set by hand', async () => {
    const pipeline = await watcher.pipeline('used once', { next_watermark: 'a' });
    const [first, second] = [await watcher.begin(pipeline), await watcher.begin(pipeline)];
    await watcher.end(first, { completed_successfully: false });
    const retry = await watcher.begin(pipeline);
    expect([await nextOf(first), await nextOf(second), await nextOf(retry)]).toEqual(['a', 'a', 'a']);
    await watcher.end(retry);
    expect(await nextOf(await watcher.begin(pipeline))).toBeNull();

    const patched = await watcher.pipeline('used by hand', { next_watermark: 'a' });
    await watcher.patch('/pipeline', { id: patched, watermark: 'z' });
    expect(await nextOf(await watcher.begin(patched))).toBeNull();
    const both = await watcher.pipeline('both by hand');
    await watcher.patch('/pipeline', { id: both, watermark: 'y', next_watermark: 'z' });
    expect(await nextOf(await watcher.begin(both))).toBe('z');
  });

  it.each<[string, (id: number, name: string) => Promise<unknown>]>([
    ['registration', (_, name) => watcher.pipeline(name, { next_watermark: 'a' })],
    [
      'registration with a new configuration',
      (_, name) => watcher.pipeline(name, { next_watermark: 'a', pipeline_metadata: {} }),
    ],
    ['PATCH', (id) => watcher.patch('/pipeline', { id, next_watermark: 'a' })],
  ])('counts again when it is given again by %s', async (how, give) => {
    const name = `given again by ${how}`;
    const pipeline = await watcher.pipeline(name, { next_watermark: 'a' });
    await watcher.end(await watcher.begin(pipeline, { next_watermark: 'b' }));
    await give(pipeline, name);
    const execution = await watcher.begin(pipeline);
    expect(await nextOf(execution)).toBe('a');
    await watcher.end(execution);
    expect((await read(pipeline)).watermark).toBe('a');
  });

  it('is not one that an older version of the service has set since', async () => {
    const pipeline = await watcher.pipeline('set by an older one', { next_watermark: 'a' });
    await watcher.end(await watcher.begin(pipeline));
    await watcher.database.sql(`UPDATE pipeline SET next_watermark = 'b' WHERE id = $1`, [pipeline]);
    expect(await nextOf(await watcher.begin(pipeline))).toBe('b');
  });
});

describe('a next_watermark that is learned during the run', () => {
  const nextOf = async (execution: number): Promise<Json> =>
    (await watcher.get(`/pipeline_execution/${execution}`)).body.next_watermark;

  it.each([
    ['id', (id: number) => ({ id })],
    ['name', () => ({ name: 'LEARNED BY name' })],
  ])('is the only run’s too, by a PATCH with the %s', async (key, keyOf) => {
    const pipeline = await watcher.pipeline(`learned by ${key}`, { next_watermark: 'old' });
    const ended = await watcher.begin(pipeline);
    await watcher.end(ended, { completed_successfully: false });
    const execution = await watcher.begin(pipeline);
    await watcher.patch('/pipeline', { ...keyOf(pipeline), next_watermark: 'learned' });
    expect([await nextOf(execution), await nextOf(ended)]).toEqual(['learned', 'old']);
    await watcher.end(execution);
    expect((await read(pipeline)).watermark).toBe('learned');
    expect(await nextOf(await watcher.begin(pipeline))).toBeNull();
  });

  it('is nobody’s where two run, or where the PATCH is refused', async () => {
    const pipeline = await watcher.pipeline('two run', { next_watermark: 'old' });
    const [a, b] = [await watcher.begin(pipeline), await watcher.begin(pipeline)];
    await watcher.patch('/pipeline', { id: pipeline, next_watermark: 'new' });
    expect([await nextOf(a), await nextOf(b)]).toEqual(['old', 'old']);
    await watcher.end(b, { completed_successfully: false });
    const refused = await watcher.patch('/pipeline', { id: pipeline, next_watermark: 'newer', freshness_number: 1 });
    expect([refused.status, await nextOf(a)]).toEqual([422, 'old']);
    await watcher.patch('/pipeline', { id: pipeline, next_watermark: null });
    expect(await nextOf(a)).toBeNull();
  });

  it('comes with the end, which wins over the execution’s own', async () => {
    const pipeline = await watcher.pipeline('said at the end', { next_watermark: 'a' });
    const execution = await watcher.begin(pipeline);
    const { body } = await watcher.end(execution, { next_watermark: 5 });
    expect(body.next_watermark).toBe('5');
    expect(await read(pipeline)).toMatchObject({ watermark: '5', next_watermark: 'a' });
    expect((await watcher.end(execution, { next_watermark: '5' })).status).toBe(200);
    expect((await watcher.end(execution, { next_watermark: '6' })).status).toBe(409);
    expect((await watcher.end(execution)).status).toBe(409);
    const failed = await watcher.begin(pipeline);
    await watcher.end(failed, { next_watermark: '7', completed_successfully: false });
    expect([await nextOf(failed), (await read(pipeline)).watermark]).toEqual(['7', '5']);
  });

  it('is never lost between a PATCH and an end at the same moment', async () => {
    for (let round = 0; round < 15; round++) {
      const pipeline = await watcher.pipeline(`patch and end ${round}`, { next_watermark: 'old' });
      const execution = await watcher.begin(pipeline);
      const answers = await Promise.all([
        watcher.end(execution),
        watcher.patch('/pipeline', { id: pipeline, next_watermark: 'new' }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect((await read(pipeline)).watermark).toBe(await nextOf(execution));
      expect(answers[0].body.next_watermark).toBe(await nextOf(execution));
    }
  });
});

describe('load_lineage', () => {
  const lineage = async (pipeline: number): Promise<Json> => (await read(pipeline)).load_lineage;

  it('is true at first and after a change of the code, false after a successful end', async () => {
    const pipeline = await watcher.pipeline('lineage', { pipeline_metadata: { release: 1 } });
    await watcher.end(await watcher.begin(pipeline), { completed_successfully: false });
    expect(await lineage(pipeline)).toBe(true);
    await watcher.end(await watcher.begin(pipeline));
    expect(await lineage(pipeline)).toBe(false);
    const register = async (fields: Json): Promise<Json> =>
      (await watcher.post('/pipeline', { name: 'lineage', pipeline_type_name: 'test', ...fields })).body.load_lineage;
    expect(await register({ pipeline_metadata: { release: 1 } })).toBe(false);
    expect(await register({ pipeline_metadata: { release: 2 } })).toBe(true);
    await watcher.end(await watcher.begin(pipeline, { next_watermark: 'w' }));
    expect(await lineage(pipeline)).toBe(false);
    await watcher.patch('/pipeline', { id: pipeline, load_lineage: true });
    expect(await register({ pipeline_metadata: { release: 2 } })).toBe(true);
  });

  it('turns false for each of many pipelines whose runs end together', async () => {
    const pipelines = await Promise.all(Array.from({ length: 8 }, (_, n) => watcher.pipeline(`lineage ${n}`)));
    const ids = await Promise.all(
      pipelines.map((pipeline, n) => watcher.begin(pipeline, n % 2 ? { next_watermark: 'w' } : {})),
    );
    await Promise.all(ids.map((id) => watcher.end(id)));
    expect(await Promise.all(pipelines.map(lineage))).toEqual(pipelines.map(() => false));
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

/** A run: its start, whether it succeeded, and its upper bound. */
interface Run {
  readonly started: number;
  readonly succeeds: boolean;
  readonly next: string | null;
}

/** A direct implementation of the documented rule: runs end in list order. */
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
