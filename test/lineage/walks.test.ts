import fc from 'fast-check';
import { type Json, Watcher } from '../support/watcher.js';

/** A graph: edges between numbered datasets, and pairs of them that are two names of one. */
interface Graph {
  readonly edges: readonly (readonly [number, number])[];
  readonly aliases: readonly (readonly [number, number])[];
}

const SIZE = 12;

/** The least depths from `origin`, by a search over single edges; aliases are steps of length 0. */
function oracle({ edges, aliases }: Graph, origin: number, isUpstream: boolean): Map<number, number> {
  const depths = new Map([[origin, 0]]);
  for (let isChanged = true; isChanged;) {
    isChanged = false;
    const relax = (from: number, to: number, length: number): void => {
      const [known, depth] = [depths.get(from), depths.get(to) ?? Infinity];
      if (known === undefined || known + length >= depth) return;
      depths.set(to, known + length);
      isChanged = true;
    };
    for (const [source, target] of edges) {
      if (isUpstream) relax(target, source, 1);
      else relax(source, target, 1);
    }
    for (const [a, b] of aliases) {
      relax(a, b, 0);
      relax(b, a, 0);
    }
  }
  depths.delete(origin);
  return depths;
}

describe('a walk', () => {
  let watcher: Watcher;
  let pipeline: number;
  beforeAll(async () => {
    watcher = await Watcher.start();
    pipeline = await watcher.pipeline('walked');
    await watcher.database.sql(
      `INSERT INTO address_type (name, name_key, group_name) VALUES ('t', 't', 'g');
       INSERT INTO address (name, key, address_type_id, input_hash)
       SELECT 'd' || n, sha256(('d' || n)::bytea), 1, '' FROM generate_series(1, 13000) n`,
    );
  });
  afterAll(() => watcher.stop());

  const plant = async ({ edges, aliases }: Graph): Promise<void> => {
    await watcher.database.sql('TRUNCATE address_edge, address_alias');
    await watcher.database.sql(
      `INSERT INTO address_edge (source_address_id, target_address_id, pipeline_id, declared, first_seen)
       SELECT s, t, $3::bigint, true, current_date FROM unnest($1::bigint[], $2::bigint[]) AS e (s, t)
       ON CONFLICT DO NOTHING`,
      [edges.map(([source]) => source), edges.map(([, target]) => target), pipeline],
    );
    await watcher.database.sql(
      `INSERT INTO address_alias (a_id, b_id, kind)
       SELECT a, b, 'TABLE' FROM unnest($1::bigint[], $2::bigint[]) AS e (a, b) ON CONFLICT DO NOTHING`,
      [aliases.map(([a]) => a), aliases.map(([, b]) => b)],
    );
  };
  const reached = async (id: number, direction: string, query = ''): Promise<Json> =>
    (await watcher.get(`/dataset/${id}/${direction}?limit=1000${query}`)).body;
  const depthsOf = (body: Json): Map<number, number> =>
    new Map(body.datasets.map(({ id, depth }: Json) => [id, depth]));
  const chain = (length: number): [number, number][] =>
    Array.from({ length }, (_, n): [number, number] => [n + 1, n + 2]);

  it('finds each dataset once with its least depth, in any graph', async () => {
    const node = fc.integer({ min: 1, max: SIZE });
    const pair = fc.tuple(node, node);
    const graph = fc.record({ edges: fc.array(pair, { maxLength: 30 }), aliases: fc.array(pair, { maxLength: 3 }) });
    await fc.assert(
      fc.asyncProperty(graph, node, async (graph, origin) => {
        await plant(graph);
        for (const direction of ['upstream', 'downstream']) {
          const body = await reached(origin, direction);
          const expected = oracle(graph, origin, direction === 'upstream');
          expect(depthsOf(body)).toEqual(expected);
          expect(body).toMatchObject({ reached: expected.size, truncated: false, truncated_at_depth: null });
          const order = body.datasets.map(({ depth, id }: Json) => depth * 1000 + id);
          expect(order).toEqual([...order].sort((a, b) => a - b));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('has the same in its graph and in the view', async () => {
    const node = fc.integer({ min: 1, max: SIZE });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(node, node), { maxLength: 30 }), node, async (edges, origin) => {
        const graph = { edges, aliases: [] };
        await plant(graph);
        const { body } = await watcher.get(`/dataset/${origin}/graph?depth=50`);
        const up = oracle(graph, origin, true);
        const down = oracle(graph, origin, false);
        const ids = new Set([origin, ...up.keys(), ...down.keys()]);
        expect(new Set(body.nodes.map(({ id }: Json) => id))).toEqual(ids);
        for (const one of body.nodes.slice(1)) {
          expect([one.upstream_depth, one.downstream_depth]).toEqual([
            up.get(one.id) ?? null,
            down.get(one.id) ?? null,
          ]);
        }
        const among = new Set(edges.filter((pair) => pair.every((id) => ids.has(id))).map(String));
        expect(new Set(body.edges.map((e: Json) => `${e.source_id},${e.target_id}`))).toEqual(among);
        const rows = await watcher.database.sql<Json>(
          `SELECT target_address_id AS id, depth, lineage_path AS path FROM address_lineage_closure
            WHERE source_address_id = $1`,
          [origin],
        );
        expect(new Map(rows.map(({ id, depth }) => [Number(id), depth]))).toEqual(down.set(origin, 0));
        for (const { id, depth, path } of rows) {
          const steps = path.map(Number);
          expect([steps[0], steps.at(-1), steps.length]).toEqual([origin, Number(id), depth + 1]);
          for (let n = 1; n < steps.length; n++) expect(edges.map(String)).toContain(`${steps[n - 1]},${steps[n]}`);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('does not grow with the number of paths', async () => {
    const edges: [number, number][] = [];
    // 12 layers of 10: 10^11 paths.
    for (let layer = 0; layer < 11; layer++)
      for (let from = 1; from <= 10; from++)
        for (let to = 1; to <= 10; to++) edges.push([layer * 10 + from, (layer + 1) * 10 + to]);
    await plant({ edges, aliases: [] });
    const body = await reached(1, 'downstream');
    expect([body.reached, body.datasets.at(-1).depth]).toEqual([110, 11]);
    const [closure] = await watcher.database.sql<Json>(
      `SELECT count(*)::int AS n FROM address_lineage_closure WHERE source_address_id = 1`,
    );
    expect(closure.n).toBe(111);
  });

  it('stops at the depth that was asked for, and pages', async () => {
    await plant({ edges: [...chain(20), [1, 30], [30, 31]], aliases: [] });
    const body = await reached(1, 'downstream', '&depth=2');
    expect(body).toMatchObject({ reached: 4, truncated: false });
    const ids: number[] = [];
    for (let next: string | undefined = '/dataset/1/downstream?limit=3'; next;) {
      const page: Json = await watcher.get(next);
      expect(page.body.reached).toBe(22);
      ids.push(...page.body.datasets.map(({ id }: Json) => id));
      next = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
    }
    expect(ids.length).toBe(22);
    expect(new Set(ids).size).toBe(22);
    for (const query of ['depth=0', 'depth=51', 'limit=1001', 'cursor=x', 'deepth=1']) {
      expect([query, (await watcher.get(`/dataset/1/upstream?${query}`)).status]).toEqual([query, 422]);
    }
  });

  it('says where 10,000 datasets cut it, in the order of the ids', async () => {
    const edges: [number, number][] = [[1, 2]];
    for (let n = 3; n <= 12_500; n++) edges.push([2, n]);
    await plant({ edges, aliases: [] });
    const body = await reached(1, 'downstream');
    expect(body).toMatchObject({ reached: 10_000, truncated: true, truncated_at_depth: 2 });
    expect(body.datasets.map(({ id }: Json) => id)).toEqual(Array.from({ length: 1000 }, (_, n) => n + 2));
    const { body: graph } = await watcher.get('/dataset/1/graph');
    expect([graph.nodes.length, graph.truncated, graph.truncated_at_depth]).toEqual([1000, true, 2]);
    const { body: impact } = await watcher.get('/dataset/1/impact');
    expect([impact.datasets.length, impact.truncated]).toEqual([1000, true]);
  });

  it('says where 1,000 steps cut it', async () => {
    await plant({ edges: chain(1500), aliases: [] });
    const body = await reached(1, 'downstream');
    expect(body).toMatchObject({ reached: 1000, truncated: true, truncated_at_depth: 1001 });
    expect(await reached(1, 'downstream', '&depth=50')).toMatchObject({ reached: 50, truncated: false });
  });

  it('leaves removed edges out', async () => {
    await plant({ edges: chain(3), aliases: [] });
    await watcher.database.sql('UPDATE address_edge SET removed_at = now() WHERE source_address_id = 2');
    expect((await reached(1, 'downstream')).reached).toBe(1);
    expect((await watcher.get('/dataset/1/graph')).body.edges).toHaveLength(1);
  });

  it('names the pipelines of the last step', async () => {
    await plant({
      edges: [
        [1, 2],
        [2, 3],
      ],
      aliases: [],
    });
    const other = await watcher.pipeline('walked too');
    await watcher.database.sql(
      `INSERT INTO address_edge (source_address_id, target_address_id, pipeline_id, declared, first_seen)
       VALUES (2, 3, $1, true, current_date), (1, 3, $1, false, current_date)`,
      [other],
    );
    const { datasets } = await reached(1, 'downstream');
    expect(datasets).toMatchObject([
      { id: 2, depth: 1, pipelines: [{ id: pipeline, name: 'walked' }], pipeline_count: 1 },
      { id: 3, depth: 1, pipelines: [{ id: other, name: 'walked too' }], pipeline_count: 1 },
    ]);
    expect((await reached(3, 'upstream')).datasets).toMatchObject([
      { id: 1, pipelines: [{ id: other }] },
      { id: 2, pipelines: [{ id: pipeline }, { id: other }], pipeline_count: 2 },
    ]);
  });

  it('answers 404 for an unknown dataset', async () => {
    for (const path of ['', '/upstream', '/downstream', '/graph', '/writes', '/reads', '/impact']) {
      const { status, body } = await watcher.get(`/dataset/999999${path}`);
      expect([path, status, body.code]).toEqual([path, 404, 'dataset_not_found']);
    }
  });
});
