import { type Answer, type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

const START = '2026-01-31T02:00:00.000Z';
const timeline = (id: number, query = ''): Promise<Answer> => watcher.get(`/pipeline_execution/${id}/timeline${query}`);

/** What a page has after it merged an answer into what it knew. */
function merged(known: ReadonlyMap<number, Json>, body: Json): Map<number, Json> {
  const rows = new Map(body.complete ? [] : known);
  body.id.forEach((id: number, n: number) =>
    rows.set(id, [body.parent[n], body.pipeline[n], body.start[n], body.ms[n], body.status[n], body.rows[n]]),
  );
  return rows;
}

describe('GET /pipeline_execution/{id}/timeline', () => {
  it('has the tree as columns, level by level, without metadata', async () => {
    const id = await watcher.pipeline('drawn', { timeliness_number: 2, timeliness_datepart: 'hour' });
    const other = await watcher.pipeline('drawn child');
    const earlier = await watcher.begin(other, { start_date: '2026-01-30T02:00:00Z' });
    await watcher.end(earlier, { end_date: '2026-01-30T02:00:30Z' });
    const root = await watcher.begin(id, { start_date: START, execution_metadata: { much: 'x'.repeat(1000) } });
    const child = await watcher.begin(other, { start_date: START, parent_id: root });
    const leaf = await watcher.begin(other, { start_date: START, parent_id: child });
    const second = await watcher.begin(other, { start_date: START, parent_id: root });
    await watcher.end(leaf, { end_date: '2026-01-31T02:01:00Z', completed_successfully: false, total_rows: 7 });
    const { status, body } = await timeline(root);
    expect(status).toBe(200);
    expect(body).toEqual({
      as_of: expect.stringMatching(/Z$/),
      cursor: expect.any(String),
      complete: true,
      truncated: false,
      truncated_at_depth: null,
      id: [root, child, second, leaf],
      parent: [null, root, root, child],
      pipeline: [id, other, other, other],
      start: [START, START, START, START],
      ms: [null, null, null, 60_000],
      status: ['running', 'running', 'running', 'failed'],
      rows: [null, null, null, 7],
      deadline: ['2026-01-31T04:00:00.000Z', null, null, null],
      pipelines: { id: [id, other], name: ['drawn', 'drawn child'], usual_ms: [null, 30_000] },
    });
    expect((await timeline(root, '?max_depth=1')).body.id).toEqual([root, child, second]);
    expect((await timeline(child)).body.id).toEqual([child, leaf]);
  });

  it('has with a cursor only what was added or has changed since', async () => {
    const id = await watcher.pipeline('live');
    const root = await watcher.begin(id);
    const child = await watcher.begin(id, { parent_id: root });
    const first = (await timeline(root)).body;
    expect((await timeline(root, `?after=${first.cursor}`)).body).toMatchObject({ complete: false, id: [] });
    await watcher.begin(await watcher.pipeline('elsewhere'));
    const added = await watcher.begin(id, { parent_id: child });
    const second = (await timeline(root, `?after=${first.cursor}`)).body;
    expect(second).toMatchObject({ complete: false, id: [added], parent: [child], status: ['running'] });
    await watcher.end(child);
    expect((await timeline(root, `?after=${second.cursor}`)).body).toMatchObject({
      id: [child],
      status: ['succeeded'],
    });
    expect((await timeline(root, `?after=${first.cursor}`)).body.id).toEqual([child, added]);
    expect((await timeline(root, `?after=${first.cursor}&max_depth=1`)).body.id).toEqual([child]);
    expect((await timeline(added, `?after=${first.cursor}`)).body.id).toEqual([added]);
  });

  it('is complete after a move or a deletion, in the tree that was left and in the one that was joined', async () => {
    const id = await watcher.pipeline('moving');
    const [a, b] = [await watcher.begin(id), await watcher.begin(id)];
    const child = await watcher.begin(id, { parent_id: a });
    const [inA, inB] = [(await timeline(a)).body, (await timeline(b)).body];
    await watcher.patch(`/pipeline_execution/${child}`, { parent_id: b });
    expect((await timeline(a, `?after=${inA.cursor}`)).body).toMatchObject({ complete: true, id: [a] });
    expect((await timeline(b, `?after=${inB.cursor}`)).body).toMatchObject({ complete: true, id: [b, child] });
  });

  it('shows parents that are expected, and their spans as these grow', async () => {
    const id = await watcher.pipeline('early children');
    const parent = { parent_pipeline_id: id, parent_external_id: 'late' };
    const child = await watcher.begin(id, { ...parent, start_date: START });
    const root: number = (await watcher.get(`/pipeline_execution/${child}`)).body.parent_id;
    let known = merged(new Map(), (await timeline(root)).body);
    const { cursor } = (await timeline(root)).body;
    await watcher.end(child, { end_date: '2026-01-31T02:05:00Z' });
    const { body } = await timeline(root, `?after=${cursor}`);
    known = merged(known, body);
    expect(body).toMatchObject({ complete: false, id: [root, child] });
    expect(known.get(root)).toEqual([null, id, START, 300_000, 'expected', null]);
    expect(known).toEqual(merged(new Map(), (await timeline(root)).body));
  });

  it('follows deadlines that move', async () => {
    const id = await watcher.pipeline('threshold');
    const root = await watcher.begin(id, { start_date: START });
    const { cursor } = (await timeline(root)).body;
    await watcher.patch('/pipeline', { id, timeliness_number: 1, timeliness_datepart: 'hour' });
    const { body } = await timeline(root, `?after=${cursor}`);
    expect(body).toMatchObject({ id: [root], deadline: ['2026-01-31T03:00:00.000Z'] });
  });

  it('cuts a tree of more than 50,000', async () => {
    const id = await watcher.pipeline('huge');
    const root = await watcher.begin(id);
    await watcher.database.sql(`
      WITH added AS (
        INSERT INTO pipeline_execution (parent_id, root_id, pipeline_id, start_date, config_version)
        SELECT ${root}, ${root}, ${id}, now(), 1 FROM generate_series(1, 50000) RETURNING id)
      INSERT INTO pipeline_execution_closure (parent_execution_id, child_execution_id, depth)
      SELECT ${root}, added.id, 1 FROM added UNION ALL SELECT added.id, added.id, 0 FROM added`);
    const { body } = await timeline(root);
    expect(body.id).toHaveLength(50_000);
    expect(body).toMatchObject({ truncated: true, truncated_at_depth: 1 });
  });

  it('refuses what is no cursor, and an unknown execution', async () => {
    const root = await watcher.begin(await watcher.pipeline('plain'));
    expect((await timeline(root, '?after=nothing')).status).toBe(422);
    expect((await timeline(4_000_000_000)).status).toBe(404);
  });
});
