import { type CSSProperties, memo, type ReactNode } from 'react';
import { compact, duration, moment } from '../data/format.ts';
import { useSetting, zone } from '../data/settings.ts';
import { Status } from '../ui/status.tsx';
import { type Group, type Rows, stateOf } from './rows.ts';
import { boxOf, type Scale, type View } from './scale.ts';
import { endAt, nameAt, RUNNING, STATUS_CODES, statusAt, type Tree } from './tree.ts';

/** The last words of a name, at most 12 characters. */
const ENDING = /^(.+?)([\s_./-][^]{2,11})$/su;

/** How all rows look at a moment. */
export interface RowLook {
  readonly tree: Tree;
  readonly rows: Rows;
  readonly scale: Scale;
  readonly view: View;
  /** The positions on the path that is shown; null if none is. */
  readonly lit: ReadonlySet<number> | null;
  readonly table: boolean;
  readonly now: number;
}

interface RowProps {
  readonly look: RowLook;
  readonly row: number;
  readonly selected: boolean;
  readonly onAt: (row: number) => void;
  readonly onToggle: (row: number) => void;
}

/** One row: a node or a folded group, with its bar or its figures. Drawn again only if its place or its look changes. */
export const Row = memo(function Row({ look, row, selected, onAt, onToggle }: RowProps): ReactNode {
  const { tree, rows, lit } = look;
  const at = rows.at[row] ?? 0;
  const group = at < 0 ? rows.groups[-1 - at] : undefined;
  const open = stateOf(look, row);
  const isLit = lit === null || (group ? group.members.some((member) => lit.has(member)) : lit.has(at));
  const name = group ? `${tree.names.get(group.pipeline) ?? ''} × ${group.members.length}` : nameAt(tree, at);
  const level = rows.level[row] ?? 0;
  return (
    <div
      role="row"
      id={`row-${row}`}
      className={`row${selected ? ' selected' : ''}${isLit ? '' : ' dim'}`}
      aria-level={level + 1}
      aria-rowindex={row + 1}
      aria-selected={selected}
      aria-expanded={open}
      style={{ transform: `translateY(calc(${row} * var(--row)))` }}
      onClick={() => onAt(row)}
    >
      <div role="rowheader" className="label" style={{ paddingInlineStart: `${Math.min(level, 12) * 0.9 + 0.25}rem` }}>
        {open === undefined ? (
          <span className="toggle" />
        ) : (
          <button
            type="button"
            tabIndex={-1}
            className="toggle"
            aria-label={open ? 'Close' : 'Open'}
            onClick={(event) => (event.stopPropagation(), onToggle(row))}
          >
            {open ? '▾' : '▸'}
          </button>
        )}
        <Status of={group ? worstOf(tree, group) : statusAt(tree, at)} bare />
        <NodeName name={name} />
      </div>
      {look.table ? (
        <Cells look={look} at={group ? (group.members[0] ?? 0) : at} group={group} />
      ) : (
        <div role="gridcell" className="track">
          {group ? <GroupBars look={look} group={group} /> : <Bar look={look} at={at} />}
        </div>
      )}
    </div>
  );
});

/** A name in two parts, so that on a phone its first one is cut. */
function NodeName({ name }: { name: string }): ReactNode {
  const [, begin, end] = ENDING.exec(name) ?? [];
  return (
    <bdi className="name" title={name}>
      {begin === undefined || end === undefined ? (
        name
      ) : (
        <>
          <span style={endWidth(end)}>{begin}</span>
          <span style={endWidth(end)} className="end">
            {end}
          </span>
        </>
      )}
    </bdi>
  );
}

function endWidth(end: string): CSSProperties {
  return { '--end': `${end.length}ch` } as CSSProperties;
}

function worstOf(tree: Tree, { members }: Group) {
  const worst = members.reduce((code, member) => Math.max(code, tree.status[member] ?? 0), 0);
  return STATUS_CODES[worst] ?? 'succeeded';
}

/** The bar of a node over the ghost of its usual duration, with its deadline and its figures. */
function Bar({ look: { tree, scale, view, now }, at }: { look: RowLook; at: number }): ReactNode {
  const start = tree.start[at] ?? 0;
  const end = endAt(tree, at, now);
  const status = statusAt(tree, at);
  const box = boxOf(scale, view, start, end);
  const usual = tree.usual.get(tree.pipeline[at] ?? 0) ?? null;
  const ghost = usual === null ? null : boxOf(scale, view, start, start + usual);
  const deadline = tree.deadline[at] ?? Number.NaN;
  const mark = Number.isNaN(deadline) ? null : boxOf(scale, view, deadline, deadline);
  const isRunning = tree.status[at] === RUNNING;
  const left = isRunning && usual !== null ? start + usual - now : null;
  const text = `${duration(end - start)}${left === null ? '' : left > 0 ? `, ready in ${duration(left)}` : `, ${duration(-left)} over`}`;
  const isLate = !Number.isNaN(deadline) && end > deadline;
  return (
    <>
      {ghost && (
        <span
          className="ghost"
          title={usual === null ? '' : `usually ${duration(usual)}`}
          style={{ insetInlineStart: `${ghost.left}%`, inlineSize: `${ghost.width}%` }}
        />
      )}
      {box && (
        <span
          className={`bar ${status}`}
          style={{ insetInlineStart: `${box.left}%`, inlineSize: `max(2px, ${box.width}%)` }}
        />
      )}
      {mark && (
        <span
          className={`deadline${isLate ? ' late' : ''}`}
          title={isLate ? 'past its deadline' : 'deadline'}
          style={{ insetInlineStart: `${mark.left}%` }}
        />
      )}
      {box && <Figures box={box}>{text}</Figures>}
    </>
  );
}

/** The figures beside a bar: behind it, or before it where there is no room. */
function Figures({
  box: { left, width },
  children,
}: {
  box: { left: number; width: number };
  children: ReactNode;
}): ReactNode {
  const [before, behind] = [left, 100 - left - width];
  // Where the bar fills the row, the figures are on its end, on a ground of their own.
  const isOn = behind < 15 && before < 15;
  const style = isOn
    ? { insetInlineEnd: 0 }
    : behind >= 22 || behind >= before
      ? { insetInlineStart: `${Math.min(left + width, 85)}%` }
      : { insetInlineEnd: `${100 - left}%` };
  return (
    <span className={`figures${isOn ? ' on' : ''}`} style={style}>
      {children}
    </span>
  );
}

/** The runs of a folded group as thin bars over each other, the worst on top. */
function GroupBars({ look: { tree, scale, view, now }, group }: { look: RowLook; group: Group }): ReactNode {
  const failed = group.members.filter((member) => STATUS_CODES[tree.status[member] ?? 0] === 'failed').length;
  const from = Math.min(...group.members.map((member) => tree.start[member] ?? 0));
  const to = Math.max(...group.members.map((member) => endAt(tree, member, now)));
  const box = boxOf(scale, view, from, to);
  if (!box) return null;
  const slots = densities(tree, group, from, to, now);
  return (
    <>
      <span className="density" style={{ insetInlineStart: `${box.left}%`, inlineSize: `max(4px, ${box.width}%)` }}>
        {slots.map(({ share, worst }, slot) => (
          <span key={slot} className={STATUS_CODES[worst] ?? 'succeeded'} style={{ opacity: 0.2 + 0.8 * share }} />
        ))}
      </span>
      <Figures box={box}>
        {duration(to - from)}
        {failed > 0 && `, ${failed} failed`}
      </Figures>
    </>
  );
}

const SLOTS = 24;

/** How many runs of a group are under way in each of 24 parts of its time, and the worst status among them. */
function densities(tree: Tree, { members }: Group, from: number, to: number, now: number) {
  const slots = Array.from({ length: SLOTS }, () => ({ runs: 0, worst: 0 }));
  const slotOf = (time: number): number =>
    Math.min(SLOTS - 1, Math.max(0, Math.floor(((time - from) / Math.max(1, to - from)) * SLOTS)));
  for (const member of members) {
    for (let slot = slotOf(tree.start[member] ?? from); slot <= slotOf(endAt(tree, member, now)); slot++) {
      const one = slots[slot];
      if (!one) continue;
      one.runs += 1;
      one.worst = Math.max(one.worst, tree.status[member] ?? 0);
    }
  }
  const most = Math.max(1, ...slots.map(({ runs }) => runs));
  return slots.map(({ runs, worst }) => ({ share: runs / most, worst }));
}

function Cells({ look: { tree, now }, at, group }: { look: RowLook; at: number; group: Group | undefined }): ReactNode {
  const choice = useSetting(zone);
  const usual = tree.usual.get(tree.pipeline[at] ?? 0) ?? null;
  const rows = tree.rows[at] ?? Number.NaN;
  const sum = group?.members.reduce((total, member) => total + (tree.rows[member] || 0), 0);
  return (
    <div className="cells">
      <span role="gridcell">{group ? `${group.members.length} runs` : statusAt(tree, at)}</span>
      <span role="gridcell">{moment(new Date(tree.start[at] ?? 0), choice)}</span>
      <span role="gridcell" className="number">
        {group ? '–' : duration(endAt(tree, at, now) - (tree.start[at] ?? 0))}
      </span>
      <span role="gridcell" className="number">
        {usual === null ? '–' : duration(usual)}
      </span>
      <span role="gridcell" className="number">
        {sum !== undefined ? compact(sum) : Number.isNaN(rows) ? '–' : compact(rows)}
      </span>
      <span role="gridcell" className="number">
        {group ? '–' : tree.id[at]}
      </span>
    </div>
  );
}
