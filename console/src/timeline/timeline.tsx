import {
  type KeyboardEvent,
  type ReactNode,
  type UIEvent,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type WheelEvent,
} from 'react';
import { Axis } from './axis.tsx';
import { Minimap } from './minimap.tsx';
import { Row, type RowLook } from './row.tsx';
import { type Rows, stateOf } from './rows.ts';
import { moved, type Scale, type View, zoomed } from './scale.ts';
import type { Tree } from './tree.ts';

/** The height of a row in pixels, as in the style sheet. */
const ROW = 26;
const OVERSCAN = 6;

export interface TimelineProps {
  readonly tree: Tree;
  readonly rows: Rows;
  readonly scale: Scale;
  readonly view: View;
  readonly onView: (view: View) => void;
  /** The row that has the focus. */
  readonly at: number;
  readonly onAt: (row: number) => void;
  readonly onToggle: (row: number) => void;
  /** Shows a row in full. */
  readonly onEnter: (row: number) => void;
  readonly lit: ReadonlySet<number> | null;
  readonly table: boolean;
  readonly now: number;
}

/** The rows of a tree: names on the left, bars on a time scale, and only as many rows in the page as are visible. */
export function TimelineView(props: TimelineProps): ReactNode {
  const { tree, rows, scale, view, onView, at, onAt, onToggle, table } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState({ top: 0, height: 600 });
  const drag = useDrag(view, onView);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const sizes = new ResizeObserver(() => setRoom(({ top }) => ({ top, height: element.clientHeight })));
    sizes.observe(element);
    return () => sizes.disconnect();
  }, []);
  // The row with the focus stays visible.
  useEffect(() => {
    const element = scroller.current;
    if (!element || at < 0) return;
    const [top, bottom] = [at * ROW, (at + 1) * ROW];
    const visible = element.clientHeight - ROW;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop + visible) element.scrollTop = bottom - visible;
  }, [at, rows]);
  const first = Math.max(0, Math.floor(room.top / ROW) - OVERSCAN);
  const last = Math.min(rows.count, Math.ceil((room.top + room.height) / ROW) + OVERSCAN);
  const pool = last - first;
  const { lit, now } = props;
  const look = useMemo<RowLook>(
    () => ({ tree, rows, scale, view, lit, table, now }),
    [tree, rows, scale, view, lit, table, now],
  );
  const onKey = (event: KeyboardEvent): void => {
    const target = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + 15,
      PageUp: at - 15,
      Home: 0,
      End: rows.count - 1,
    }[event.key];
    if (target !== undefined) onAt(Math.max(0, Math.min(rows.count - 1, target)));
    else if (event.key === 'Enter') props.onEnter(at);
    else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') onToggleTo(event.key === 'ArrowRight');
    else return;
    event.preventDefault();
  };
  const onToggleTo = (open: boolean): void => {
    const state = stateOf(props, at);
    if (state !== undefined && state !== open) onToggle(at);
    else if (!open) onAt(parentRow(props, at));
  };
  const onWheel = (event: WheelEvent): void => {
    if (!event.ctrlKey && !event.metaKey && Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return;
    const bars = event.currentTarget.querySelector('.bars-head')?.getBoundingClientRect();
    if (!bars) return;
    const place = view.from + ((event.clientX - bars.left) / bars.width) * (view.to - view.from);
    onView(
      event.ctrlKey || event.metaKey
        ? zoomed(view, event.deltaY > 0 ? 1.2 : 1 / 1.2, place)
        : moved(view, event.deltaX / bars.width),
    );
  };
  return (
    <div className={`timeline${table ? ' table' : ''}`} onWheel={onWheel}>
      {!table && <Minimap tree={tree} scale={scale} view={view} onView={onView} now={props.now} />}
      <div
        className="scroller"
        ref={scroller}
        onScroll={({ currentTarget }: UIEvent<HTMLElement>) =>
          setRoom({ top: currentTarget.scrollTop, height: currentTarget.clientHeight })
        }
      >
        <div className="head">
          <span>Pipeline</span>
          {table ? <TableHead /> : <Axis scale={scale} view={view} />}
        </div>
        <div
          role="treegrid"
          aria-label="Executions of this run"
          aria-rowcount={rows.count}
          aria-activedescendant={at >= first && at < last ? `row-${at}` : undefined}
          tabIndex={0}
          className="tree"
          style={{ height: rows.count * ROW }}
          onKeyDown={onKey}
          {...drag}
        >
          {Array.from({ length: pool }, (_, slot) => {
            // Each element stays where it is in the page, and gets another row as the reader scrolls.
            const row = first + ((slot - (first % pool) + pool) % pool);
            return (
              row < last && (
                <Row key={slot} look={look} row={row} selected={row === at} onAt={onAt} onToggle={onToggle} />
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}

function TableHead(): ReactNode {
  return (
    <span className="bars-head cells">
      <span>Status</span>
      <span>Start</span>
      <span className="number">Duration</span>
      <span className="number">Usual</span>
      <span className="number">Rows</span>
      <span className="number">Id</span>
    </span>
  );
}

function parentRow({ rows }: Pick<TimelineProps, 'rows'>, row: number): number {
  const level = rows.level[row] ?? 0;
  for (let above = row - 1; above >= 0; above--) if ((rows.level[above] ?? 0) < level) return above;
  return row;
}

/** Moves the view as the reader drags the bars. */
function useDrag(view: View, onView: (view: View) => void) {
  const from = useRef<{ readonly x: number; readonly view: View; readonly width: number } | null>(null);
  return {
    onPointerDown: (event: React.PointerEvent<HTMLElement>): void => {
      const bars = (event.target as HTMLElement).closest('.track');
      if (event.button !== 0 || !bars || (view.from === 0 && view.to === 1)) return;
      from.current = { x: event.clientX, view, width: bars.clientWidth };
    },
    onPointerMove: (event: React.PointerEvent<HTMLElement>): void => {
      if (!from.current || Math.abs(event.clientX - from.current.x) < 3) return;
      onView(moved(from.current.view, (from.current.x - event.clientX) / from.current.width));
    },
    onPointerUp: (): void => {
      from.current = null;
    },
    onPointerLeave: (): void => {
      from.current = null;
    },
  };
}
