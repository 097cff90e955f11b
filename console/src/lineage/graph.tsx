import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { Link } from 'wouter';
import type { DatasetGraph, Incident } from '../api/types.ts';
import { count } from '../data/format.ts';
import { itemsOf, usePages } from '../data/queries.ts';
import { Failure, Loading } from '../ui/states.tsx';
import { type Layout, MOST_DRAWN, neighbour, partsOf, type Picture, type PictureNode, toPicture } from './picture.ts';
import { useLayout } from './use-layout.ts';

/** The lineage around a dataset as a picture: datasets, and the pipelines that lead from one to the next. */
export default function Graph({ graph, id }: { graph: DatasetGraph; id: number }): ReactNode {
  const picture = useMemo(() => toPicture(graph), [graph]);
  const { layout, error } = useLayout(picture);
  if (error !== null) return <Failure error={`The picture can’t be drawn: ${error}. The table has the same.`} />;
  return (
    <>
      {picture.undrawn > 0 && (
        <p className="cut">
          The nearest {MOST_DRAWN} of {count(graph.nodes.length)} datasets are drawn. The table has the others.
        </p>
      )}
      {layout === null ? <Loading rows={8} /> : <Drawn picture={picture} layout={layout} id={id} />}
    </>
  );
}

function Drawn({ picture, layout, id }: { picture: Picture; layout: Layout; id: number }): ReactNode {
  const centre = picture.nodes.findIndex((node) => node.kind === 'dataset' && node.id === id);
  const [at, setAt] = useState(centre);
  const place = useRef<HTMLDivElement>(null);
  const broken = useBroken();
  useEffect(() => {
    const area = place.current;
    if (!area) return;
    area.scrollLeft = (layout.x[centre] ?? 0) - area.clientWidth / 2;
    area.scrollTop = (layout.y[centre] ?? 0) - area.clientHeight / 2;
  }, [layout, centre]);
  const onKey = (event: KeyboardEvent): void => {
    const next = neighbour(picture, layout, at, event.key);
    if (next === undefined) return;
    event.preventDefault();
    setAt(next);
    place.current?.querySelector<HTMLElement>(`[data-place="${next}"]`)?.focus();
  };
  return (
    <div className="graph" ref={place} role="group" aria-label="Lineage; arrow keys follow it" onKeyDown={onKey}>
      <div className="sheet" style={{ inlineSize: layout.width, blockSize: layout.height }}>
        <Lines picture={picture} layout={layout} at={at} />
        {picture.nodes.map((node, index) => {
          const open = node.kind === 'pipeline' ? (broken.get(node.id) ?? 0) : 0;
          const style = {
            inlineSize: node.width,
            blockSize: node.height,
            left: (layout.x[index] ?? 0) - node.width / 2,
            top: (layout.y[index] ?? 0) - node.height / 2,
          };
          return (
            <Link
              key={`${node.kind} ${node.id}`}
              href={node.kind === 'dataset' ? `/datasets/${node.id}` : `/pipelines/${node.id}/lineage`}
              className={`node ${node.kind}${index === centre ? ' centre' : ''}${open > 0 ? ' broken' : ''}`}
              style={style}
              tabIndex={index === at ? 0 : -1}
              data-place={index}
              title={`${node.kind} ${node.namespace} ${node.name}`}
              aria-current={index === centre ? 'true' : undefined}
              onFocus={() => setAt(index)}
            >
              <span className="hidden">{node.kind} </span>
              <NodeName of={node} />
              {open > 0 && <small>{open} open</small>}
            </Link>
          );
        })}
      </div>
    </div>
  );
}

/** What tells a dataset from others is often the end of its name. */
function NodeName({ of: { kind, name, namespace } }: { of: PictureNode }): ReactNode {
  const [before, last] = kind === 'dataset' ? partsOf(name) : ['', name];
  const place = `${namespace} ${before}`.trim();
  return (
    <>
      <bdi className="name">{last}</bdi>
      {place !== '' && (
        <small className="name">
          <bdi>{place}</bdi>
        </small>
      )}
    </>
  );
}

function Lines({ picture, layout, at }: { picture: Picture; layout: Layout; at: number }): ReactNode {
  return (
    <svg width={layout.width} height={layout.height} aria-hidden="true">
      <defs>
        <marker
          id="tip"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerUnits="userSpaceOnUse"
          markerWidth="9"
          markerHeight="9"
          orient="auto"
        >
          <path d="M 0 0 L 8 4 L 0 8 z" />
        </marker>
      </defs>
      {picture.lines.map(([from, to], index) => (
        <path
          key={`${from} ${to}`}
          d={curve(layout.lines[index] ?? [])}
          className={from === at || to === at ? 'lit' : undefined}
          markerEnd="url(#tip)"
        />
      ))}
      {picture.aliases.map(([a, b]) => (
        <path
          key={`${a} ${b}`}
          className="alias"
          d={`M ${layout.x[a]} ${layout.y[a]} L ${layout.x[b]} ${layout.y[b]}`}
        />
      ))}
    </svg>
  );
}

/** A smooth line through points: curves between the middles of its parts. */
function curve([x = 0, y = 0, ...rest]: readonly number[]): string {
  const parts = [`M ${x} ${y}`];
  for (let point = 0; point + 3 < rest.length; point += 2) {
    const [cx = 0, cy = 0, nx = 0, ny = 0] = rest.slice(point, point + 4);
    const isLast = point + 4 >= rest.length;
    parts.push(`Q ${cx} ${cy} ${isLast ? nx : (cx + nx) / 2} ${isLast ? ny : (cy + ny) / 2}`);
  }
  if (rest.length === 2) parts.push(`L ${rest[0]} ${rest[1]}`);
  return parts.join(' ');
}

/** How many of the newest 1,000 open incidents each pipeline has, or is a cause of. */
function useBroken(): ReadonlyMap<number, number> {
  const open = itemsOf(usePages<Incident>(['incidents'], '/incident', { status: 'open', limit: 1000 }));
  return useMemo(() => {
    const pipelines = open.flatMap(({ pipeline_id: own, root_causes: causes }) => [
      ...new Set([own, ...causes.map((cause) => cause.pipeline_id)]),
    ]);
    return new Map([...Map.groupBy(pipelines, (id) => id)].map(([id, all]) => [id, all.length]));
  }, [open.map(({ id }) => id).join()]);
}
