import { DataSource } from 'typeorm';
import { type Answer, type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

const changes = (after?: string, headers = {}): Promise<Answer> =>
  watcher.get(`/changes${after === undefined ? '' : `?after=${after}`}`, headers);
const now = async (): Promise<string> => (await changes()).body.cursor;

/** What `write` is announced as. */
async function announced(write: () => Promise<unknown>): Promise<Json> {
  // Another one than the shared answer of the last second.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const cursor = await now();
  await write();
  return (await changes(cursor)).body;
}

describe('GET /changes', () => {
  it('has only a cursor at first, and is 304 while nothing changes', async () => {
    const first = await changes();
    expect(first.body).toEqual({ cursor: expect.any(String), all: false, roots: [], pipelines: [], incidents: false });
    const { cursor } = first.body;
    const second = await changes(cursor);
    expect(second.body).toEqual(first.body);
    const third = await changes(cursor, { 'if-none-match': second.headers.get('etag') ?? '' });
    expect([third.status, third.text]).toEqual([304, '']);
    expect(third.headers.get('etag')).toBe(second.headers.get('etag'));
    await watcher.pipeline('a change');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await changes(cursor, { 'if-none-match': second.headers.get('etag') ?? '' })).status).toBe(200);
  });

  it('names what each write changed', async () => {
    let id = 0;
    const registered = await announced(async () => (id = await watcher.pipeline('watched')));
    expect(registered).toMatchObject({ pipelines: [id], roots: [], incidents: false });
    let root = 0;
    const started = await announced(async () => (root = await watcher.begin(id)));
    expect(started).toMatchObject({ pipelines: [id], roots: [root], incidents: false });
    const patched = await announced(() =>
      watcher.patch(`/pipeline_execution/${root}`, { execution_metadata: { a: 1 } }),
    );
    expect(patched).toMatchObject({ roots: [root] });
    const failed = await announced(() => watcher.end(root, { completed_successfully: false }));
    expect(failed).toMatchObject({ pipelines: [id], roots: [root], incidents: true });
    const [incident] = (await watcher.get(`/incident?pipeline_id=${id}`)).body;
    const noted = await announced(() => watcher.patch(`/incident/${incident.id}`, { acknowledged: true }));
    expect(noted).toMatchObject({ pipelines: [id], roots: [], incidents: true });
    const type = await announced(() => watcher.patch('/pipeline_type', { name: 'test', mute_freshness_check: true }));
    expect(type).toMatchObject({ all: true, roots: [], pipelines: [] });
    let retry = 0;
    const retried = await announced(async () => (retry = await watcher.begin(id, { retry_of: root })));
    expect(retried.roots.toSorted((a: number, b: number) => a - b)).toEqual([root, retry].toSorted((a, b) => a - b));
    const deleted = await announced(() => watcher.send('DELETE', `/pipeline/${id}?cascade=true`, undefined, {}));
    expect(deleted.pipelines).toEqual([id]);
    expect(deleted.roots).toEqual(expect.arrayContaining([root]));
  });

  it('names the pipelines whose lineage changed, and the trees of runs that reported theirs', async () => {
    const [pipeline, outer] = [await watcher.pipeline('with lineage'), await watcher.pipeline('outer of lineage')];
    const root = await watcher.begin(outer);
    const run = await watcher.begin(pipeline, { parent_id: root });
    const put = (path: string, body: object): Promise<Answer> =>
      watcher.send('PUT', path, JSON.stringify(body), { 'content-type': 'application/json' });
    const lists = { inputs: [{ name: 'a' }], outputs: [{ name: 'b' }] };
    const declare = (body: object) => () => put(`/pipeline/${pipeline}/lineage`, body);
    expect(await announced(declare(lists))).toMatchObject({ pipelines: [pipeline], roots: [] });
    expect(await announced(declare(lists))).toMatchObject({ pipelines: [], roots: [] });
    expect(await announced(declare({ inputs: [], outputs: [] }))).toMatchObject({ pipelines: [pipeline] });
    const report = (): Promise<Answer> => put(`/pipeline_execution/${run}/lineage`, lists);
    expect(await announced(report)).toMatchObject({ pipelines: [pipeline], roots: [root] });
    await watcher.end(run, { completed_successfully: false });
    // What a failed run read and wrote changes no edge.
    expect(await announced(report)).toMatchObject({ pipelines: [], roots: [root] });
  });

  it('writes nothing without its hint', async () => {
    const id = await watcher.pipeline('needs its hint');
    const running = await watcher.begin(id);
    await watcher.database.sql(`ALTER TABLE change_hint ADD CONSTRAINT full_disk CHECK (moved) NOT VALID`);
    try {
      expect((await watcher.post('/start_pipeline_execution', { pipeline_id: id })).status).toBe(500);
      expect(
        (await watcher.post('/end_pipeline_execution', { id: running, completed_successfully: true })).status,
      ).toBe(500);
      const [left] = await watcher.database.sql(
        `SELECT count(*)::int AS executions, count(end_date)::int AS ended FROM pipeline_execution WHERE pipeline_id = ${id}`,
      );
      expect(left).toEqual({ executions: 1, ended: 0 });
    } finally {
      await watcher.database.sql(`ALTER TABLE change_hint DROP CONSTRAINT full_disk`);
    }
    expect((await watcher.post('/end_pipeline_execution', { id: running, completed_successfully: true })).status).toBe(
      200,
    );
  });

  it('announces a transaction that began earlier and commits later than others', async () => {
    const source = watcher.app.get(DataSource);
    const late = source.createQueryRunner();
    await late.startTransaction();
    await late.query(
      `INSERT INTO change_hint (transaction, root_ids) VALUES (pg_current_xact_id()::text::bigint, '{4242}')`,
    );
    const id = await watcher.pipeline('in between');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const cursor = await now();
    const during = (await changes(cursor)).body;
    expect(during.roots).toEqual([]);
    await late.commitTransaction();
    await late.release();
    await watcher.begin(id);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await changes(during.cursor)).body.roots).toContain(4242);
  });

  it('misses nothing of many writers while a page follows them', async () => {
    const id = await watcher.pipeline('busy');
    const seen = new Set<number>();
    const begun = new Set<number>();
    let cursor = await now();
    const over = new AbortController();
    const follow = async (): Promise<void> => {
      const { body } = await changes(cursor);
      cursor = body.cursor;
      for (const root of body.roots) seen.add(root);
    };
    const page = (async () => {
      while (!over.signal.aborted) await follow();
    })();
    const writers = Array.from({ length: 8 }, async () => {
      for (let n = 0; n < 20; n++) begun.add(await watcher.begin(id));
    });
    await Promise.all(writers);
    over.abort();
    await page;
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await follow();
    expect([...begun].filter((root) => !seen.has(root))).toEqual([]);
  });

  it('is everything for an old cursor, one of another database, and more than 200 roots', async () => {
    const cursor = await now();
    const [at = '', snapshot = ''] = Buffer.from(cursor, 'base64url').toString().split('@');
    const old = Buffer.from(`${Number(at) - 700_000}@${snapshot}`).toString('base64url');
    expect((await changes(old)).body).toMatchObject({ all: true, roots: [], incidents: true });
    const foreign = Buffer.from(`${at}@900000000:900000000:`).toString('base64url');
    expect((await changes(foreign)).body).toMatchObject({ all: true });
    await watcher.database.sql(`
      INSERT INTO change_hint (transaction, root_ids)
      SELECT pg_current_xact_id()::text::bigint, array_agg(n) FROM generate_series(1, 201) n`);
    expect((await changes(cursor)).body).toMatchObject({ all: true, roots: [] });
  });

  it('refuses what is no cursor', async () => {
    for (const after of ['x', '%00', '', Buffer.from('1@9:7:').toString('base64url')]) {
      expect((await changes(after)).status).toBe(422);
    }
  });

  it('forgets after a quarter of an hour', async () => {
    await watcher.database.sql(`
      INSERT INTO change_hint (transaction, written_at, root_ids)
      SELECT -n, now() - interval '20 minutes', '{7000000}' FROM generate_series(1, 7000) n`);
    const { ChangeHintRepository } = await import('../../src/features/changes/change-hint.repository.js');
    const manager = watcher.app.get(DataSource).manager;
    const hints = watcher.app.get(ChangeHintRepository, { strict: false });
    expect(await hints.deleteOld(manager, 5000)).toBe(5000);
    expect(await hints.deleteOld(manager, 5000)).toBe(2000);
    const [rest] = await watcher.database.sql(
      `SELECT count(*)::int AS n FROM change_hint WHERE root_ids = '{7000000}'`,
    );
    expect(rest).toEqual({ n: 0 });
  });
});
