import { type Json, Watcher } from '../support/watcher.js';

/** The older service's API, with the bodies of its SDK. */
describe('the older API', () => {
  let watcher: Watcher;
  beforeAll(async () => {
    watcher = await Watcher.start();
  });
  afterAll(() => watcher.stop());

  const address = (name: string, fields: object = {}) => ({
    name,
    address_type_name: 'database',
    address_type_group_name: 'rdbms',
    ...fields,
  });
  /** As the SDK sends a registration: the fields of its model, null where they are not set. */
  const register = (name: string, nextWatermark: string | null = null) =>
    watcher.post('/pipeline', {
      name,
      pipeline_type_name: 'data-transformation',
      pipeline_metadata: null,
      freshness_number: null,
      freshness_datepart: null,
      timeliness_number: null,
      timeliness_datepart: null,
      next_watermark: nextWatermark,
    });
  const declare = (pipelineId: number, sources: readonly object[], targets: readonly object[]) =>
    watcher.post('/address_lineage', {
      pipeline_id: pipelineId,
      source_addresses: sources,
      target_addresses: targets,
    });

  it('takes what sync_pipeline_config and an execution send', async () => {
    const { status, body } = await register('integration-test-pipeline', '2024-01-02');
    expect([status, body]).toEqual([
      201,
      { id: expect.any(Number), active: true, load_lineage: true, watermark: null },
    ]);
    const lineage = await watcher.post('/address_lineage', {
      pipeline_id: body.id,
      source_addresses: [{ name: 'source-database', address_type_name: 'database', address_type_group_name: 'rdbms' }],
      target_addresses: [
        { name: 'target-warehouse', address_type_name: 'data-warehouse', address_type_group_name: 'analytics' },
      ],
    });
    expect([lineage.status, lineage.body]).toEqual([
      201,
      {
        pipeline_id: body.id,
        lineage_relationships_created: 1,
        message: `lineage relationships created for pipeline ${body.id}`,
      },
    ]);
    const start = await watcher.post('/start_pipeline_execution', {
      pipeline_id: body.id,
      start_date: '2024-01-02T00:00:00+00:00',
      next_watermark: '2024-01-02',
    });
    const end = await watcher.post('/end_pipeline_execution', {
      id: start.body.id,
      end_date: '2024-01-02T00:10:00Z',
      completed_successfully: true,
      inserts: 1000,
      updates: 200,
      total_rows: 1200,
      execution_metadata: { source: 'database', target: 'warehouse' },
    });
    expect([start.status, end.status]).toEqual([201, 200]);
    const again = await register('integration-test-pipeline', '2024-01-03');
    expect([again.status, again.body]).toMatchObject([200, { load_lineage: false, watermark: '2024-01-02' }]);
    const refused = await declare(body.id, [address('another')], [address('target')]);
    expect([refused.status, refused.body]).toEqual([
      200,
      {
        pipeline_id: body.id,
        lineage_relationships_created: 0,
        message: `pipeline ${body.id} does not have load_lineage=true. no lineage relationships created.`,
      },
    ]);
    const { body: current } = await watcher.get(`/pipeline/${body.id}/lineage`);
    expect(current.inputs.map(({ name }: Json) => name)).toEqual(['source-database']);
  });

  describe('/address_lineage', () => {
    it('replaces what the pipeline declared, counts pairs once, and says 201 for what is new', async () => {
      const { id } = (await register('replaced')).body;
      const [a, b, c] = ['Replaced A', 'Replaced B', 'Replaced C'].map((name) => address(name)) as [Json, Json, Json];
      const first = await declare(id, [a, a, address('REPLACED a')], [b, c]);
      expect([first.status, first.body.lineage_relationships_created]).toEqual([201, 2]);
      const same = await declare(id, [a], [b, c]);
      expect([same.status, same.body.lineage_relationships_created]).toEqual([200, 2]);
      expect((await declare(id, [b], [c])).status).toBe(201);
      const { body } = await watcher.get(`/pipeline/${id}/lineage`);
      expect(body.edges).toHaveLength(1);
      expect([body.inputs, body.outputs]).toMatchObject([[{ name: 'Replaced B' }], [{ name: 'Replaced C' }]]);
      const none = await declare(id, [], []);
      expect([none.status, none.body.lineage_relationships_created]).toEqual([200, 0]);
      expect((await watcher.get(`/pipeline/${id}/lineage`)).body).toMatchObject({ edges: [], inputs: [], outputs: [] });
    });

    it('lets two pipelines have one pair', async () => {
      const ids = [(await register('pair one')).body.id, (await register('pair two')).body.id];
      for (const id of ids) expect((await declare(id, [address('pair a')], [address('pair b')])).status).toBe(201);
      await declare(ids[0], [], []);
      expect((await watcher.get(`/pipeline/${ids[1]}/lineage`)).body.edges).toHaveLength(1);
    });

    it.each([
      ['no source', { source_addresses: [], target_addresses: [address('x')] }, 'source_addresses'],
      ['no target', { source_addresses: [address('x')], target_addresses: [] }, 'target_addresses'],
      ['a list missing', { source_addresses: [address('x')] }, 'target_addresses'],
      ['no list', { source_addresses: {}, target_addresses: [] }, 'source_addresses'],
      ['an item that is none', { source_addresses: [7], target_addresses: [address('x')] }, 'source_addresses[0]'],
      [
        'a name that is empty',
        { source_addresses: [address('x'), address(' ')], target_addresses: [address('x')] },
        'source_addresses[1].name',
      ],
    ])('refuses %s', async (_, lists, field) => {
      const { id } = (await register('wrong lists')).body;
      const { status, body } = await watcher.post('/address_lineage', { pipeline_id: id, ...lists });
      expect([status, body.errors[0].field]).toEqual([422, field]);
    });

    it('answers 404 for an unknown pipeline, and creates nothing', async () => {
      const { status, body } = await declare(999_999, [address('orphan')], [address('orphan too')]);
      expect([status, body.code]).toEqual([404, 'pipeline_not_found']);
      expect((await watcher.get('/address?name=orphan')).body).toEqual([]);
    });

    it('takes many callers at once: one row each, and no 5xx', async () => {
      const pipelines = await Promise.all(
        Array.from({ length: 20 }, async (_, n) => (await register(`at once ${n}`)).body.id as number),
      );
      const names = Array.from({ length: 15 }, (_, n) => `At Once ${n}`);
      const rotated = (by: number) =>
        [...names.slice(by % 15), ...names.slice(0, by % 15)].map((name) =>
          address(name, { address_type_name: `once ${by % 3}`, primary_key: by % 2 ? 'id' : null }),
        );
      const answers = await Promise.all(pipelines.map((id, n) => declare(id, rotated(n), rotated(n + 7))));
      expect(answers.map(({ status }) => status)).toEqual(pipelines.map(() => 201));
      const rows = await watcher.database.sql(`SELECT count(*)::int AS n FROM address WHERE name LIKE 'At Once %'`);
      expect(rows).toEqual([{ n: 15 }]);
    });
  });

  describe('/address', () => {
    it('creates, finds without case, and keeps what a body without more does not say', async () => {
      const asked = address('db.public.Users', { address_type_group_name: 'Database', primary_key: 'Id' });
      const created = await watcher.post('/address', { ...asked, address_type_name: 'Split' });
      expect([created.status, created.body]).toEqual([201, { id: expect.any(Number) }]);
      const found = await watcher.post('/address', { ...address('DB.public.USERS'), address_type_name: 'split' });
      expect([found.status, found.body]).toEqual([200, created.body]);
      const { body } = await watcher.get(`/address/${created.body.id}`);
      expect(body).toEqual({
        id: created.body.id,
        name: 'db.public.Users',
        address_type_id: expect.any(Number),
        database_name: 'db',
        schema_name: 'public',
        table_name: 'Users',
        primary_key: 'Id',
        address_metadata: null,
        input_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        created_at: expect.any(String),
        updated_at: null,
      });
    });

    it('follows the declaration of the code, and keeps a PATCH until it changes', async () => {
      const declared = address('declared', { primary_key: 'id', address_metadata: { owner: 'a' } });
      const { id } = (await watcher.post('/address', declared)).body;
      await watcher.patch('/address', { id, primary_key: 'by hand' });
      expect((await watcher.post('/address', declared)).status).toBe(200);
      expect((await watcher.get(`/address/${id}`)).body.primary_key).toBe('by hand');
      await watcher.post('/address', { ...declared, address_metadata: { owner: 'b' }, primary_key: undefined });
      const { body } = await watcher.get(`/address/${id}`);
      expect(body).toMatchObject({ primary_key: null, address_metadata: { owner: 'b' } });
      expect(body.updated_at).not.toBeNull();
    });

    it('patches by id or name, and renames; the parts of a name follow', async () => {
      const { id } = (await watcher.post('/address', { ...address('p.q.r'), address_type_name: 'Split' })).body;
      const renamed = await watcher.patch('/address', { id, name: 'P.Q.S', address_metadata: { a: 1 } });
      expect([renamed.status, renamed.body]).toMatchObject([200, { name: 'P.Q.S', table_name: 'S' }]);
      const byName = await watcher.patch('/address', { name: 'p.q.s', schema_name: null });
      expect(byName.body).toMatchObject({ id, schema_name: null, address_metadata: { a: 1 } });
      await watcher.post('/address', address('taken'));
      expect((await watcher.patch('/address', { id, name: 'TAKEN' })).status).toBe(409);
      expect((await watcher.patch('/address', { id, address_type_id: 999_999 })).status).toBe(404);
      expect((await watcher.patch('/address', { id: 999_999 })).status).toBe(404);
      expect((await watcher.patch('/address', { primary_key: 'x' })).status).toBe(422);
    });

    it('takes names of 1 to 2048 characters; markup stays data', async () => {
      for (const name of ['x'.repeat(2048), '<script>alert(1)</script>', 's3://Bucket/ä b?c=%20']) {
        const { status, body } = await watcher.post('/address', address(name));
        expect([status, (await watcher.get(`/address/${body.id}`)).body.name]).toEqual([201, name]);
      }
      for (const name of ['', ' ', 'x'.repeat(2049), 'a\u0007b', 7]) {
        expect((await watcher.post('/address', { ...address('x'), name })).status).toBe(422);
      }
      expect((await watcher.get('/address/999999')).body.code).toBe('dataset_not_found');
    });

    it('pages', async () => {
      const all = await watcher.all('/address?limit=3');
      expect(all.length).toBeGreaterThan(5);
      expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    });
  });

  describe('/address_type', () => {
    it('creates, finds, keeps its group, and changes', async () => {
      const created = await watcher.post('/address_type', { name: 'Looker', group_name: 'dashboard' });
      expect([created.status, created.body]).toEqual([201, { id: expect.any(Number) }]);
      const { id } = created.body;
      const found = await watcher.post('/address_type', { name: 'LOOKER', group_name: 'another' });
      expect([found.status, found.body]).toEqual([200, { id }]);
      expect((await watcher.get(`/address_type/${id}`)).body).toMatchObject({
        name: 'Looker',
        group_name: 'dashboard',
        updated_at: null,
      });
      const { body } = await watcher.patch('/address_type', { name: 'looker', group_name: 'page' });
      expect(body).toMatchObject({ id, name: 'Looker', group_name: 'page', updated_at: expect.any(String) });
      await watcher.post('/address_type', { name: 'Tableau', group_name: 'page' });
      expect((await watcher.patch('/address_type', { id, name: 'tableau' })).status).toBe(409);
      expect((await watcher.patch('/address_type', { name: 'unknown' })).status).toBe(404);
      expect((await watcher.patch('/address_type', {})).status).toBe(422);
      expect((await watcher.get('/address_type/999999')).status).toBe(404);
      expect((await watcher.get('/address_type')).body.map(({ name }: Json) => name)).toContain('Tableau');
    });
  });

  describe('/lineage-graph', () => {
    it('has what is up- and downstream, with pipelines; also after a slash', async () => {
      const id = await watcher.pipeline('graphed', { pipeline_metadata: { owner: 'x' } });
      await declare(id, [address('g a')], [address('g b')]);
      const [a, b] = await Promise.all(
        ['g a', 'g b'].map(async (name) => (await watcher.get(`/address?name=${name}`)).body[0].id),
      );
      const { body } = await watcher.get(`/lineage-graph/?source_address_id=${a}`);
      expect(body.nodes).toEqual([
        { id: a, name: 'g a', address_type_name: 'database', address_type_group_name: 'rdbms', address_metadata: null },
        expect.objectContaining({ id: b }),
      ]);
      expect(body.edges).toEqual([
        {
          source_address_id: a,
          target_address_id: b,
          depth: 1,
          lineage_path: [a, b],
          pipeline_id: id,
          pipeline_name: 'graphed',
          pipeline_type_name: 'test',
          pipeline_metadata: { owner: 'x' },
          pipeline_active: true,
        },
      ]);
      const unknown = await watcher.get('/lineage-graph?source_address_id=999999');
      expect([unknown.status, unknown.body]).toEqual([200, { nodes: [], edges: [], truncated: false }]);
      expect((await watcher.get('/lineage-graph')).status).toBe(422);
      const browser = { headers: { accept: 'text/html,*/*;q=0.8' }, redirect: 'manual' } as const;
      for (const path of ['/lineage-graph', '/lineage-graph/']) {
        const page = await fetch(`${watcher.url}${path}`, browser);
        expect([page.status, page.headers.get('location')]).toEqual([302, '/console/datasets']);
      }
      expect((await fetch(`${watcher.url}/lineage-graph?source_address_id=${a}`, browser)).status).toBe(200);
      const names = await watcher.all('/lineage-graph/addresses?limit=2');
      expect(names).toContainEqual({ id: a, name: 'g a' });
      const refreshed = await watcher.post('/lineage-graph/refresh', undefined);
      expect([refreshed.status, refreshed.body.status]).toEqual([200, 'success']);
    });
  });

  it('asks for the lineage again after a change of the configuration', async () => {
    const fields = { pipeline_metadata: { version: 1 } };
    const id = await watcher.pipeline('asks again', fields);
    await watcher.end(await watcher.begin(id));
    const post = (version: number) =>
      watcher.post('/pipeline', { name: 'asks again', pipeline_type_name: 'test', pipeline_metadata: { version } });
    expect((await post(1)).body.load_lineage).toBe(false);
    expect((await post(2)).body.load_lineage).toBe(true);
    expect((await declare(id, [address('again a')], [address('again b')])).status).toBe(201);
  });

  it('runs the published SQL', async () => {
    const sql = (text: string, ...values: unknown[]) => watcher.database.sql<Json>(text, values);
    const id = await watcher.pipeline('published');
    await declare(id, [address('pub a')], [address('pub b')]);
    const other = await watcher.pipeline('published 2');
    await declare(other, [address('pub b')], [address('pub c'), address('pub a')]);
    const [a] = await sql(`SELECT id FROM address WHERE name = 'pub a'`);
    const closure = await sql(
      `SELECT target_address_id, depth FROM address_lineage_closure WHERE source_address_id = ${a.id} ORDER BY depth`,
    );
    expect(closure.map(({ depth }: Json) => depth)).toEqual([0, 1, 2]);
    const [longest] = await sql(
      `SELECT lineage_path FROM address_lineage_closure WHERE source_address_id = $1 ORDER BY depth DESC LIMIT 1`,
      a.id,
    );
    expect(longest.lineage_path).toHaveLength(3);
    const joined = await sql(
      `SELECT p.name AS pipeline, s.name AS source, st.name AS source_type, t.name AS target, tt.group_name
         FROM address_lineage al
         JOIN pipeline p ON p.id = al.pipeline_id
         JOIN address s ON s.id = al.source_address_id JOIN address_type st ON st.id = s.address_type_id
         JOIN address t ON t.id = al.target_address_id JOIN address_type tt ON tt.id = t.address_type_id
        WHERE p.id = ${id}`,
    );
    expect(joined).toEqual([
      { pipeline: 'published', source: 'pub a', source_type: 'database', target: 'pub b', group_name: 'rdbms' },
    ]);
    await declare(id, [], []);
    expect(await sql(`SELECT pipeline_id FROM address_lineage WHERE pipeline_id = $1`, id)).toEqual([]);
  });

  it('is gone with WATCHER_PYTHON_COMPAT=off; datasets stay', async () => {
    const without = await Watcher.start({ pythonCompat: false });
    for (const path of ['/address', '/address_type', '/lineage-graph?source_address_id=1']) {
      expect((await without.get(path)).status).toBe(404);
    }
    expect((await without.get('/dataset')).status).toBe(200);
    await without.stop();
  });
});
