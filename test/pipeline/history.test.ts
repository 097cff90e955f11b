import { addKey, bearer } from '../support/access.js';
import { type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

const changes = async (id: number): Promise<Json[]> => watcher.all(`/pipeline/${id}/changes`);
const moves = async (id: number): Promise<Json[]> => watcher.all(`/pipeline/${id}/watermarks`);
const brief = (found: readonly Json[]): Json[] =>
  found.map(({ before, after, execution_id }) => [before, after, execution_id]);

async function run(id: number, start: string, next: string | null, fields: object = {}): Promise<number> {
  const execution = await watcher.begin(id, { start_date: start, ...(next !== null && { next_watermark: next }) });
  const { status } = await watcher.end(execution, { ...fields });
  expect(status).toBe(200);
  return execution;
}

describe('GET /pipeline/{id}/watermarks', () => {
  it('lists each move with the execution that caused it, newest first', async () => {
    const id = await watcher.pipeline('moved');
    expect(await moves(id)).toEqual([]);
    const a = await run(id, '2026-01-01T00:00:00Z', 'a');
    await run(id, '2026-01-02T00:00:00Z', 'not', { completed_successfully: false });
    await run(id, '2026-01-03T00:00:00Z', null);
    const b = await run(id, '2026-01-04T00:00:00Z', 'b');
    const found = await moves(id);
    expect(brief(found)).toEqual([
      ['a', 'b', b],
      [null, 'a', a],
    ]);
    for (const { at, by } of found) expect([Date.parse(at) > Date.now() - 60_000, by]).toEqual([true, null]);
  });

  it('leaves out runs that started before one that had already moved it', async () => {
    const id = await watcher.pipeline('late runs');
    const newer = await run(id, '2026-01-05T00:00:00Z', 'newer');
    await run(id, '2026-01-04T00:00:00Z', 'older');
    const newest = await run(id, '2026-01-06T00:00:00Z', 'newest');
    await run(id, '2026-01-01T00:00:00Z', 'oldest');
    expect(brief(await moves(id))).toEqual([
      ['newer', 'newest', newest],
      [null, 'newer', newer],
    ]);
  });

  it('has changes by PATCH, and none by runs that had started before', async () => {
    const id = await watcher.pipeline('patched');
    const first = await run(id, '2026-01-01T00:00:00Z', 'first');
    const open = await watcher.begin(id, { next_watermark: 'too late' });
    await watcher.patch('/pipeline', { id, watermark: 'by hand' });
    await watcher.end(open);
    await watcher.patch('/pipeline', { id, watermark: null });
    const last = await watcher.begin(id, { next_watermark: 'last' });
    await watcher.end(last);
    const found = await moves(id);
    expect(brief(found)).toEqual([
      [null, 'last', last],
      ['by hand', null, null],
      ['first', 'by hand', null],
      [null, 'first', first],
    ]);
    expect(found.map(({ by }) => by)).toEqual([null, 'anybody', 'anybody', null]);
  });

  it('agrees with the pipeline where a start lies ahead of the clock', async () => {
    const id = await watcher.pipeline('ahead');
    const ahead = await run(id, new Date(Date.now() + 3_600_000).toISOString(), 'ahead');
    const next = await watcher.begin(id, { next_watermark: 'next' });
    await watcher.end(next);
    expect((await watcher.get(`/pipeline/${id}`)).body.watermark).toBe('next');
    expect(new Set((await moves(id)).map(({ execution_id }) => execution_id))).toEqual(new Set([ahead, next]));
  });

  it('goes on from page to page, over many runs that move nothing', async () => {
    const id = await watcher.pipeline('many');
    await watcher.database.sql(
      `INSERT INTO pipeline_execution (root_id, pipeline_id, start_date, end_date, end_received_at, status,
                                       completed_successfully, next_watermark, config_version)
       SELECT 0, $1, '2026-01-01'::timestamptz + n * interval '1 min', '2026-01-01'::timestamptz + n * interval '1 min',
              '2026-01-01'::timestamptz + n * interval '1 min', 'succeeded', true,
              CASE WHEN n % 700 = 0 THEN 'w' || n END, 1
         FROM generate_series(1, 30000) n`,
      [id],
    );
    await watcher.database.sql(`UPDATE pipeline SET watermark = 'w29400' WHERE id = $1`, [id]);
    const all = await watcher.all(`/pipeline/${id}/watermarks?limit=7`);
    expect(all.map(({ after }) => after)).toEqual(Array.from({ length: 42 }, (_, index) => `w${29_400 - index * 700}`));
    expect(all.slice(0, -1).every(({ before }, index) => before === all[index + 1].after)).toBe(true);
    expect((await watcher.all(`/pipeline/${id}/changes?limit=7`)).map(({ kind }) => kind)).toEqual([
      'created',
      ...Array(42).fill('watermark'),
    ]);
  });

  it('is empty for a pipeline whose millions of runs set no watermark', async () => {
    const id = await watcher.pipeline('no watermarks');
    await run(id, '2026-01-01T00:00:00Z', null);
    const { status, body, headers } = await watcher.get(`/pipeline/${id}/watermarks`);
    expect([status, body, headers.get('link')]).toEqual([200, [], null]);
  });
});

describe('GET /pipeline/{id}/changes', () => {
  it('lists the creation, changes by the code, by PATCH and by runs, with the fields that changed', async () => {
    const key = await addKey(watcher.database, 'admin', 'the operator');
    const own = await Watcher.start({}, watcher.database);
    const asOperator = bearer(key.text);
    const send = (path: string, body: object): Promise<Json> => own.post(path, body, asOperator);
    const registration = { name: 'Told', pipeline_type_name: 't', pipeline_metadata: { owner: 'a' } };
    const id = (await send('/pipeline', registration)).body.id;
    await send('/pipeline', registration);
    await send('/pipeline', { ...registration, next_watermark: '1' });
    await send('/pipeline', { ...registration, pipeline_metadata: { owner: 'b' }, schedule: '@daily' });
    await own.patch('/pipeline', { id, active: false, load_lineage: true }, asOperator);
    await own.patch('/pipeline', { id, active: false }, asOperator);
    const execution = (await send('/start_pipeline_execution', { pipeline_id: id })).body.id;
    await send('/end_pipeline_execution', { id: execution, completed_successfully: true });
    const answer = await own.get(`/pipeline/${id}/changes`, asOperator);
    await own.app.close();
    await watcher.database.sql('DELETE FROM api_key');
    const by = 'the operator';
    expect(answer.body.map(({ at: _, ...change }: Json) => change)).toEqual([
      {
        by: null,
        kind: 'watermark',
        before: { watermark: null },
        after: { watermark: '1' },
        execution_id: execution,
      },
      { by, kind: 'patch', before: { active: true }, after: { active: false }, execution_id: null },
      {
        by,
        kind: 'configuration',
        before: { pipeline_metadata: { owner: 'a' }, schedule: null },
        after: { pipeline_metadata: { owner: 'b' }, schedule: '@daily' },
        execution_id: null,
      },
      {
        by,
        kind: 'created',
        before: null,
        after: { namespace: '', name: 'Told', pipeline_type_name: 't', pipeline_metadata: { owner: 'a' } },
        execution_id: null,
      },
    ]);
  });

  it('has no row of its own for a run', async () => {
    const id = await watcher.pipeline('rows');
    const count = async (): Promise<number> => {
      const [row] = await watcher.database.sql<{ n: number }>(
        'SELECT count(*)::int AS n FROM pipeline_change WHERE pipeline_id = $1',
        [id],
      );
      return row?.n ?? 0;
    };
    const before = await count();
    for (const next of ['1', '2', '3']) await run(id, `2026-01-0${next}T00:00:00Z`, next);
    await watcher.pipeline('rows', { next_watermark: '4' });
    expect([before, await count(), (await changes(id)).length]).toEqual([1, 1, 4]);
  });

  it('goes on from page to page', async () => {
    const id = await watcher.pipeline('paged');
    const expected = ['created'];
    for (let round = 1; round <= 5; round++) {
      await run(id, `2026-01-0${round}T00:00:00Z`, `${round}`);
      await watcher.patch('/pipeline', { id, mute_freshness_check: round % 2 === 1 });
      expected.unshift('patch', 'watermark');
    }
    for (const limit of [1, 2, 3, 100]) {
      const all = await watcher.all(`/pipeline/${id}/changes?limit=${limit}`);
      expect([limit, all.map(({ kind }) => kind)]).toEqual([limit, expected]);
    }
  });

  it('keeps renames, and numbers exactly', async () => {
    const id = await watcher.pipeline('Renamed');
    await watcher.patch('/pipeline', { id, name: 'Other Name' });
    const text = `{"id":${id},"pipeline_metadata":{"n":1546130668394913823}}`;
    await watcher.send('PATCH', '/pipeline', text, { 'content-type': 'application/json' });
    const answer = await watcher.get(`/pipeline/${id}/changes`);
    expect(answer.body[1]).toMatchObject({ before: { name: 'Renamed' }, after: { name: 'Other Name' } });
    expect(answer.text).toContain('1546130668394913823');
  });

  it('is bounded in bytes', async () => {
    const id = await watcher.pipeline('long');
    for (let index = 0; index < 45; index++) {
      await watcher.patch('/pipeline', { id, pipeline_metadata: { index, text: `${index % 10}`.repeat(250_000) } });
    }
    const first = await watcher.get(`/pipeline/${id}/changes`);
    expect(first.body.length).toBeLessThan(46);
    expect(Buffer.byteLength(first.text)).toBeLessThan(17 * 1024 * 1024);
    expect(await watcher.all(`/pipeline/${id}/changes`)).toHaveLength(46);
  });
});

it.each(['changes', 'watermarks'])(
  '/pipeline/{id}/%s answers 404 for an unknown pipeline, 422 for a forged cursor',
  async (list) => {
    expect((await watcher.get(`/pipeline/999999/${list}`)).status).toBe(404);
    const id = await watcher.pipeline('forged');
    const forged = Buffer.from('99999999999999999.1.1.1').toString('base64url');
    expect((await watcher.get(`/pipeline/${id}/${list}?cursor=${forged}`)).status).toBe(422);
  },
);
