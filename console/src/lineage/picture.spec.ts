import { type Layout, MOST_DRAWN, neighbour, partsOf, toPicture } from './picture.ts';

type Graph = Parameters<typeof toPicture>[0];

const node = (id: number, up: number | null, down: number | null): Graph['nodes'][number] => ({
  id,
  namespace: '',
  name: `d${id}`,
  address_type_name: 'dataset',
  address_type_group_name: 'other',
  upstream_depth: up,
  downstream_depth: down,
});
const graph = (nodes: Graph['nodes'], edges: readonly [number, number, number][]): Graph => ({
  reached: nodes.length,
  truncated: false,
  truncated_at_depth: null,
  nodes,
  edges: edges.map(([source_id, target_id, pipeline_id]) => ({ source_id, target_id, pipeline_id })),
  aliases: [],
  pipelines: [{ id: 7, name: 'p7' }],
  edges_truncated: false,
});

describe('a picture', () => {
  it('leads lines through pipelines, each once', () => {
    const two = graph(
      [node(1, 1, null), node(2, 1, null), node(3, 0, 0)],
      [
        [1, 3, 7],
        [2, 3, 7],
      ],
    );
    const { nodes, lines, undrawn } = toPicture(two);
    expect(nodes.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'dataset d3',
      'dataset d1',
      'dataset d2',
      'pipeline p7',
    ]);
    expect(lines).toEqual([
      [1, 3],
      [3, 0],
      [2, 3],
    ]);
    expect(undrawn).toBe(0);
  });

  it('has the nearest datasets, and says how many it leaves out', () => {
    const many = Array.from({ length: 300 }, (_, index) => node(1000 - index, null, 299 - index));
    const picture = toPicture(graph(many, [[1000, 701, 7]]));
    expect(picture.nodes).toHaveLength(MOST_DRAWN);
    expect(picture.nodes[0]?.id).toBe(701);
    expect([picture.lines, picture.undrawn]).toEqual([[], 50]);
  });

  it('is followed by arrow keys', () => {
    const picture = toPicture(
      graph(
        [node(1, 1, null), node(2, 1, null), node(3, 0, 0)],
        [
          [1, 3, 7],
          [2, 3, 7],
        ],
      ),
    );
    const layout: Layout = { x: [900, 100, 100, 500], y: [50, 10, 90, 50], lines: [], width: 1000, height: 100 };
    const at = (from: number, key: string): number | undefined => neighbour(picture, layout, from, key);
    expect([at(0, 'ArrowLeft'), at(3, 'ArrowLeft'), at(1, 'ArrowRight'), at(3, 'ArrowRight')]).toEqual([3, 1, 3, 0]);
    expect([at(1, 'ArrowDown'), at(2, 'ArrowUp'), at(1, 'ArrowUp'), at(0, 'ArrowRight')]).toEqual([
      2,
      1,
      undefined,
      undefined,
    ]);
    expect(at(0, 'a')).toBeUndefined();
  });
});

it.each([
  ['DB.SCHEMA.TABLE', 'DB.SCHEMA.', 'TABLE'],
  ['raw/orders/', 'raw/', 'orders/'],
  ['plain', '', 'plain'],
  ['.', '', '.'],
  ['a..', '', 'a..'],
  ['a b.c', '', 'a b.c'],
])('the end of %s', (name, before, last) => {
  expect(partsOf(name)).toEqual([before, last]);
});
