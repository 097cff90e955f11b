import { type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
let load: number;
const ids: Record<string, number> = {};

/**
 *   main ─┬─ extract ─┬─ file 1 ─── chunk
 *         │           └─ file 2
 *         └─ load
 */
beforeAll(async () => {
  watcher = await Watcher.start();
  load = await watcher.pipeline('load');
  const other = await watcher.pipeline('other');
  const tree: [string, string?][] = [
    ['main'],
    ['extract', 'main'],
    ['load', 'main'],
    ['file 1', 'extract'],
    ['file 2', 'extract'],
    ['chunk', 'file 1'],
    ['alone'],
  ];
  for (const [name, parent] of tree) {
    ids[name] = await watcher.begin(name === 'load' || name === 'chunk' ? load : other, {
      ...(parent !== undefined && { parent_id: ids[parent] }),
    });
  }
  await watcher.end(ids['file 2'] ?? 0);
  await watcher.end(ids['chunk'] ?? 0, { completed_successfully: false });
});
afterAll(() => watcher.stop());

const nameOf = (id: number): string => Object.entries(ids).find(([, known]) => known === id)?.[0] ?? '?';
const seen = (relatives: Json[]): unknown[] => relatives.map(({ id, depth }) => [nameOf(id), depth]);
const at = (name: string, question: string): string => `/pipeline_execution/${ids[name]}/${question}`;

describe('the relatives of an execution', () => {
  it.each<[string, string, [string, number][]]>([
    [
      'main',
      'children',
      [
        ['extract', 1],
        ['load', 1],
      ],
    ],
    ['chunk', 'children', []],
    [
      'main',
      'downstream',
      [
        ['extract', 1],
        ['load', 1],
        ['file 1', 2],
        ['file 2', 2],
        ['chunk', 3],
      ],
    ],
    [
      'main',
      'downstream?max_depth=1',
      [
        ['extract', 1],
        ['load', 1],
      ],
    ],
    [
      'main',
      'downstream?max_depth=2',
      [
        ['extract', 1],
        ['load', 1],
        ['file 1', 2],
        ['file 2', 2],
      ],
    ],
    [
      'extract',
      'downstream',
      [
        ['file 1', 1],
        ['file 2', 1],
        ['chunk', 2],
      ],
    ],
    ['alone', 'downstream', []],
    [
      'chunk',
      'upstream',
      [
        ['file 1', 1],
        ['extract', 2],
        ['main', 3],
      ],
    ],
    ['main', 'upstream', []],
    ['main', 'downstream?status=failed', [['chunk', 3]]],
    ['main', 'downstream?status=succeeded', [['file 2', 2]]],
    [
      'main',
      'downstream?status=running',
      [
        ['extract', 1],
        ['load', 1],
        ['file 1', 2],
      ],
    ],
    [
      'main',
      'downstream?pipeline_id={load}',
      [
        ['load', 1],
        ['chunk', 3],
      ],
    ],
    ['main', 'downstream?pipeline_id={load}&status=running', [['load', 1]]],
    ['main', 'children?pipeline_id={load}', [['load', 1]]],
    ['extract', 'children?status=succeeded', [['file 2', 1]]],
    [
      'chunk',
      'upstream?status=running',
      [
        ['file 1', 1],
        ['extract', 2],
        ['main', 3],
      ],
    ],
    ['chunk', 'upstream?status=failed', []],
  ])('%s: %s', async (name, question, expected) => {
    const { status, body } = await watcher.get(at(name, question.replace('{load}', String(load))));
    expect([status, seen(body)]).toEqual([200, expected]);
  });

  it('are whole executions with a depth', async () => {
    const { body } = await watcher.get(at('extract', 'children'));
    for (const { depth, ...execution } of body) {
      const { child_executions, ...alone } = (await watcher.get(`/pipeline_execution/${execution.id}`)).body;
      expect(execution).toEqual(alone);
      expect(child_executions).toEqual(expect.any(Array));
      expect(depth).toBe(1);
    }
  });

  it.each(['children', 'downstream', 'upstream', 'tree'])(
    '/%s answers 404 for an unknown execution',
    async (question) => {
      for (const id of ['999999', '9007199254740993']) {
        const { status, body } = await watcher.get(`/pipeline_execution/${id}/${question}`);
        expect([status, body.detail.includes(id)]).toEqual([404, true]);
      }
    },
  );

  it.each([
    'children?status=done',
    'downstream?max_depth=0',
    'downstream?max_depth=x',
    'upstream?pipeline_id=x',
    'tree?max_depth=-1',
  ])('%s is refused', async (question) => {
    expect((await watcher.get(at('main', question))).status).toBe(422);
  });

  it('can be paged one by one', async () => {
    for (const question of ['children', 'downstream', 'upstream'] as const) {
      const name = question === 'upstream' ? 'chunk' : 'main';
      const whole = (await watcher.get(at(name, question))).body;
      expect(await watcher.all(at(name, `${question}?limit=1`))).toEqual(whole);
    }
  });
});

describe('/tree', () => {
  const shape = ({ id, depth, child_executions }: Json): Json => [nameOf(id), depth, child_executions.map(shape)];

  it('nests the whole subtree, oldest first', async () => {
    const { status, body } = await watcher.get(at('main', 'tree'));
    expect(status).toBe(200);
    expect(shape(body)).toEqual([
      'main',
      0,
      [
        [
          'extract',
          1,
          [
            ['file 1', 2, [['chunk', 3, []]]],
            ['file 2', 2, []],
          ],
        ],
        ['load', 1, []],
      ],
    ]);
    expect(body).toMatchObject({ node_count: 6, truncated: false, truncated_at_depth: null });
  });

  it('begins anywhere', async () => {
    const { body } = await watcher.get(at('file 1', 'tree'));
    expect(shape(body)).toEqual(['file 1', 0, [['chunk', 1, []]]]);
    expect(body).toMatchObject({ parent_id: ids['extract'], root_id: ids['main'], node_count: 2 });
  });

  it('goes as deep as max_depth', async () => {
    const { body } = await watcher.get(at('main', 'tree?max_depth=1'));
    expect(shape(body)).toEqual([
      'main',
      0,
      [
        ['extract', 1, []],
        ['load', 1, []],
      ],
    ]);
    expect(body).toMatchObject({ node_count: 3, truncated: false });
    expect(shape((await watcher.get(at('main', 'tree?max_depth=0'))).body)).toEqual(['main', 0, []]);
  });

  it('shows the same executions on a tree that has ended', async () => {
    const pipeline = await watcher.pipeline('ended tree');
    const root = await watcher.begin(pipeline);
    const child = await watcher.begin(pipeline, { parent_id: root });
    await watcher.end(child);
    await watcher.end(root);
    const { body } = await watcher.get(`/pipeline_execution/${root}/tree`);
    expect(body).toMatchObject({ status: 'succeeded', child_executions: [{ id: child, status: 'succeeded' }] });
  });

  it('holds 10,000 executions at most, and says where it was cut', async () => {
    const pipeline = await watcher.pipeline('wide');
    const root = await watcher.begin(pipeline);
    // 9,999 children fill the tree; the rows are the same as the service would write.
    await grow(root, pipeline, 9_999);
    const full = (await watcher.get(`/pipeline_execution/${root}/tree`)).body;
    expect(full).toMatchObject({ node_count: 10_000, truncated: false, truncated_at_depth: null });
    expect(full.child_executions).toHaveLength(9_999);
    await watcher.begin(pipeline, { parent_id: full.child_executions[0].id });
    const cut = (await watcher.get(`/pipeline_execution/${root}/tree`)).body;
    expect(cut).toMatchObject({ node_count: 10_000, truncated: true, truncated_at_depth: 2 });
    expect((await watcher.get(`/pipeline_execution/${root}/tree?max_depth=1`)).body.truncated).toBe(false);
  });

  async function grow(root: number, pipeline: number, children: number): Promise<void> {
    await watcher.database.sql(
      `WITH child AS (
         INSERT INTO pipeline_execution (parent_id, root_id, pipeline_id, start_date, config_version)
         SELECT $1::bigint, $1::bigint, $2::bigint, now(), 1 FROM generate_series(1, $3::int) RETURNING id
       )
       INSERT INTO pipeline_execution_closure (parent_execution_id, child_execution_id, depth)
       SELECT id, id, 0 FROM child UNION ALL SELECT $1, id, 1 FROM child`,
      [root, pipeline, children],
    );
  }
});

describe('the published queries', () => {
  const run = async (sql: string): Promise<string[]> =>
    (await watcher.database.sql<{ id: string }>(sql)).map(({ id }) => nameOf(Number(id))).sort();

  it('find direct children', async () => {
    const sql = `SELECT pe.* FROM pipeline_execution pe JOIN pipeline_execution_closure pec ON pe.id = pec.child_execution_id
WHERE pec.parent_execution_id = 123 AND pec.depth = 1;   -- direct children`;
    expect(await run(sql.replace('123', String(ids['main'])))).toEqual(['extract', 'load']);
  });

  it('find everything downstream', async () => {
    const sql = `SELECT pe.* FROM pipeline_execution pe JOIN pipeline_execution_closure pec ON pe.id = pec.child_execution_id
WHERE pec.parent_execution_id = 123 AND pec.depth > 0;   -- downstream`;
    expect(await run(sql.replace('123', String(ids['extract'])))).toEqual(['chunk', 'file 1', 'file 2']);
  });

  it('find everything upstream', async () => {
    const sql = `SELECT pe.* FROM pipeline_execution pe JOIN pipeline_execution_closure pec ON pe.id = pec.parent_execution_id
WHERE pec.child_execution_id = 456 AND pec.depth > 0;    -- upstream`;
    expect(await run(sql.replace('456', String(ids['chunk'])))).toEqual(['extract', 'file 1', 'main']);
  });
});
