import type { DatasetGraph } from '../api/types.ts';

/** A dataset or a pipeline of the picture; `id` is that of the API. */
export interface PictureNode {
  readonly kind: 'dataset' | 'pipeline';
  readonly id: number;
  readonly name: string;
  readonly namespace: string;
  readonly width: number;
  readonly height: number;
}

/** What is drawn: datasets, the pipelines between them, and lines between both, by their places in `nodes`. */
export interface Picture {
  readonly nodes: readonly PictureNode[];
  readonly lines: readonly (readonly [from: number, to: number])[];
  /** Pairs of names of one dataset. */
  readonly aliases: readonly (readonly [number, number])[];
  /** How many datasets are not drawn. */
  readonly undrawn: number;
}

/** Where everything is, in pixels; `lines` in the order of the picture, each as x, y, x, y … */
export interface Layout {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly lines: readonly (readonly number[])[];
  readonly width: number;
  readonly height: number;
}

/** The most datasets of a picture: more are neither readable nor quickly arranged. */
export const MOST_DRAWN = 250;

const DATASET = { width: 208, height: 48 };
const PIPELINE = { width: 176, height: 30 };

/** The last part of a name, and what is before it: `DB.SCHEMA.` and `TABLE`, `raw/` and `orders/`. */
export function partsOf(name: string): readonly [before: string, last: string] {
  const [, before = '', last = name] = /^(\S*[./])([^\s./]+[./]?)$/.exec(name) ?? [];
  return [before, last];
}

/** Turns edges between datasets into lines through their pipelines. The nearest datasets are drawn. */
export function toPicture(graph: DatasetGraph): Picture {
  const distance = ({ upstream_depth: up, downstream_depth: down }: DatasetGraph['nodes'][number]): number =>
    Math.min(up ?? Infinity, down ?? Infinity);
  const drawn = graph.nodes.toSorted((a, b) => distance(a) - distance(b) || a.id - b.id).slice(0, MOST_DRAWN);
  const nodes: PictureNode[] = drawn.map(({ id, name, namespace }) => ({
    kind: 'dataset',
    id,
    name,
    namespace,
    ...DATASET,
  }));
  const placeOf = new Map(drawn.map(({ id }, place) => [id, place]));
  const nameOf = new Map(graph.pipelines.map(({ id, name }) => [id, name]));
  const pipelines = new Map<number, number>();
  const lines = new Map<string, readonly [number, number]>();
  const draw = (from: number, to: number): void => void lines.set(`${from} ${to}`, [from, to]);
  for (const { source_id, target_id, pipeline_id } of graph.edges) {
    const [source, target] = [placeOf.get(source_id), placeOf.get(target_id)];
    if (source === undefined || target === undefined) continue;
    const pipeline = pipelines.get(pipeline_id) ?? nodes.length;
    if (pipeline === nodes.length) {
      pipelines.set(pipeline_id, pipeline);
      nodes.push({
        kind: 'pipeline',
        id: pipeline_id,
        name: nameOf.get(pipeline_id) ?? String(pipeline_id),
        namespace: '',
        ...PIPELINE,
      });
    }
    draw(source, pipeline);
    draw(pipeline, target);
  }
  const aliases = graph.aliases.flatMap(({ a_id, b_id }) => {
    const [a, b] = [placeOf.get(a_id), placeOf.get(b_id)];
    return a === undefined || b === undefined ? [] : [[a, b] as const];
  });
  return { nodes, lines: [...lines.values()], aliases, undrawn: graph.nodes.length - drawn.length };
}

/** The node that an arrow key leads to: along a line to the side, or the next one above or below. */
export function neighbour(picture: Picture, layout: Layout, at: number, key: string): number | undefined {
  const y = (node: number): number => layout.y[node] ?? 0;
  const nearest = (nodes: readonly number[]): number | undefined =>
    nodes.toSorted((a, b) => Math.abs(y(a) - y(at)) - Math.abs(y(b) - y(at)))[0];
  switch (key) {
    case 'ArrowRight':
      return nearest(picture.lines.flatMap(([from, to]) => (from === at ? [to] : [])));
    case 'ArrowLeft':
      return nearest(picture.lines.flatMap(([from, to]) => (to === at ? [from] : [])));
    case 'ArrowUp':
    case 'ArrowDown': {
      const column = picture.nodes
        .map((_, node) => node)
        .filter((node) => Math.abs((layout.x[node] ?? 0) - (layout.x[at] ?? 0)) < DATASET.width / 2);
      const sorted = column.toSorted((a, b) => y(a) - y(b));
      return sorted[sorted.indexOf(at) + (key === 'ArrowUp' ? -1 : 1)];
    }
    default:
      return undefined;
  }
}
