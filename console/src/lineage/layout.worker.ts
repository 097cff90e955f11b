import { Graph, layout } from '@dagrejs/dagre';
import type { Layout, Picture } from './picture.ts';

/** From this many nodes on, a quicker way of arranging them is good enough. */
const MANY = 150;

/** Arranges a picture from left to right. */
function arrange({ nodes, lines, aliases }: Picture): Layout {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({
    rankdir: 'LR',
    nodesep: 18,
    ranksep: 46,
    marginx: 16,
    marginy: 16,
    ranker: nodes.length > MANY ? 'longest-path' : 'network-simplex',
  });
  graph.setDefaultEdgeLabel(() => ({}));
  nodes.forEach(({ width, height }, place) => graph.setNode(String(place), { width, height }));
  lines.forEach(([from, to], place) => graph.setEdge(String(from), String(to), {}, `line ${place}`));
  // Two names of one dataset are side by side.
  aliases.forEach(([a, b], place) => graph.setEdge(String(a), String(b), {}, `alias ${place}`));
  layout(graph);
  const placed = nodes.map((_, place) => graph.node(String(place)));
  const { width = 0, height = 0 } = graph.graph();
  return {
    x: placed.map(({ x = 0 }) => x),
    y: placed.map(({ y = 0 }) => y),
    lines: lines.map(([from, to], place) => {
      const { points = [] } = graph.edge(String(from), String(to), `line ${place}`);
      return points.flatMap((point: { x: number; y: number }) => [point.x, point.y]);
    }),
    width,
    height,
  };
}

self.addEventListener('message', ({ data }: MessageEvent<Picture>) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has one listener, its page
  self.postMessage(arrange(data));
});
