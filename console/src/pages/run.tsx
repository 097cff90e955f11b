import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { get } from '../api/client.ts';
import type { BlockingExecution, CriticalPath, Execution, RootCause } from '../api/types.ts';
import { count, useNow } from '../data/format.ts';
import { useApi } from '../data/queries.ts';
import { useShortcuts } from '../data/shortcuts.ts';
import { useUrlState } from '../data/url.ts';
import { Facts, Name, Page } from '../ui/page.tsx';
import { Failure, Loading } from '../ui/states.tsx';
import { Status } from '../ui/status.tsx';
import { Elapsed, Duration, Instant } from '../ui/time.tsx';
import { evenScale, foldedScale, moved, type View, WHOLE, zoomed } from '../timeline/scale.ts';
import { groupKey, revealed, stateOf, visibleRows, type Folding } from '../timeline/rows.ts';
import { TimelineView } from '../timeline/timeline.tsx';
import { above, FAILED, RUNNING, spanOf, statusAt, type Tree } from '../timeline/tree.ts';
import { useTimeline } from '../timeline/use-timeline.ts';
import { Controls, nextView } from './run-controls.tsx';
import { Detail, DETAIL_ID } from './run-detail.tsx';
import { Shares } from './run-shares.tsx';
import { Causes, WaitingFor } from './run-why.tsx';

const OPEN: Folding = { closed: new Set(), opened: new Set(), folds: true };

/** The tree below an execution: what ran, what failed first, what it waits for, where the time went. */
export default function RunPage({ id }: { id: number }): ReactNode {
  const run = useApi<Execution>(['other', id], `/pipeline_execution/${id}`);
  const timeline = useTimeline(id, run.data?.root_id);
  if (run.error) return <Failure error={run.error} retry={() => void run.refetch()} />;
  if (timeline.error && !timeline.data) return <Failure error={timeline.error} retry={() => void timeline.refetch()} />;
  if (!run.data || !timeline.tree || !timeline.data) return <Loading rows={20} />;
  return <Run run={run.data} tree={timeline.tree} truncatedAt={timeline.data.truncatedAtDepth} />;
}

function Run({ run, tree, truncatedAt }: { run: Execution; tree: Tree; truncatedAt: number | null }): ReactNode {
  const url = useUrlState();
  const now = useNow();
  const [, go] = useLocation();
  const root = run.root_id;
  const isRunning = tree.status[0] === RUNNING;
  const failures = useMemo(() => positionsOf(tree, FAILED), [tree]);
  const causes = useApi<RootCause[]>(
    ['root', root],
    failures.length > 0 ? `/pipeline_execution/${run.id}/root_cause` : null,
    { limit: 20 },
  );
  const waiting = useApi<BlockingExecution[]>(
    ['root', root],
    isRunning ? `/pipeline_execution/${run.id}/blocking` : null,
    { limit: 20 },
  );
  const path = url.get('path') ?? (failures.length > 0 && url.get('focus') === undefined ? 'cause' : undefined);
  const critical = useApi<CriticalPath>(
    ['root', root],
    path === 'critical' ? `/pipeline_execution/${run.id}/critical_path` : null,
  );
  const firstCause = failures.length > 0 ? causes.data?.[0] : undefined;
  const lit = useMemo(() => pathOf(tree, path, firstCause, critical.data), [tree, path, firstCause, critical.data]);

  const [folding, setFolding] = useState<Folding>({ ...OPEN, folds: url.get('fold') !== 'off' });
  const folds = url.get('fold') !== 'off';
  const rows = useMemo(() => visibleRows(tree, { ...folding, folds }), [tree, folding, folds]);
  const focusId = Number(url.get('focus') ?? firstCause?.id ?? run.id);
  const focus = tree.positionOf.get(focusId) ?? 0;
  // A focus in a folded part opens it, once for each focus.
  useEffect(() => setFolding((before) => revealed(tree, focus, before)), [focusId, tree.size === 0]);
  const [row, setRow] = useState<number | null>(null);
  const at = row !== null && (rows.at[row] ?? 0) < 0 ? row : (rows.rowOf[focus] ?? 0);

  const idle = url.get('idle') === 'fold';
  const tick = isRunning ? Math.floor(now / 1000) : 0;
  const scale = useMemo(() => {
    const { from, to } = spanOf(tree, now);
    return idle ? foldedScale(tree, from, to, now) : evenScale(from, to);
  }, [tree, idle, tick]);
  const [view, setView] = useState<View>(WHOLE);
  const shown = url.get('view') ?? 'timeline';

  const focusOn = (position: number): void =>
    url.set({ focus: String(tree.id[position] ?? run.id), ...(path !== undefined && { path }) }, true);
  const onAt = (to: number): void => {
    setRow(to);
    const position = rows.at[to] ?? 0;
    if (position >= 0) focusOn(position);
  };
  const onToggle = (of: number): void =>
    setFolding((before) => toggled(tree, rows.at[of] ?? 0, rows.groups, before, stateOf({ tree, rows }, of)));
  const toFailure = (step: 1 | -1): void => {
    const next =
      step > 0
        ? (failures.find((position) => position > focus) ?? failures[0])
        : (failures.findLast((position) => position < focus) ?? failures.at(-1));
    if (next !== undefined) focusOn(next);
  };
  const toggle = (name: string, value: string): void =>
    url.set({ [name]: url.get(name) === value ? undefined : value }, true);
  const compare = async (): Promise<void> => {
    const query = { pipeline_id: run.pipeline_id, status: ['succeeded'], limit: 2 };
    const successes = await get<Execution[]>('/pipeline_execution', query);
    const other = successes.find((success) => success.id !== run.id);
    if (other) go(`/runs/${run.id}/compare/${other.id}`);
    else setNote('There is no success to compare with yet.');
  };
  const [note, setNote] = useState('');
  useShortcuts({
    n: () => toFailure(1),
    N: () => toFailure(-1),
    c: () => toggle('path', 'critical'),
    f: () => url.set({ path: path === 'cause' ? 'none' : 'cause' }, true),
    g: () => toggle('fold', 'off'),
    i: () => toggle('idle', 'fold'),
    t: () => url.set({ view: nextView(shown) }, true),
    x: () => void compare(),
    w: () => setView(zoomed(view, 1 / 1.5)),
    s: () => setView(zoomed(view, 1.5)),
    a: () => setView(moved(view, -0.2)),
    d: () => setView(moved(view, 0.2)),
    0: () => setView(WHOLE),
  });
  return (
    <Page title={run.pipeline_name} head={<Head run={run} tree={tree} />}>
      {truncatedAt !== null && (
        <p className="cut" role="status">
          This run has more than 50,000 executions: the first {count(tree.size)} are shown, down to level {truncatedAt}.
          The table of shares covers 10,000.
        </p>
      )}
      {note !== '' && <p role="status">{note}</p>}
      {isRunning && <WaitingFor waiting={waiting.data} onFocus={(id) => focusOn(tree.positionOf.get(id) ?? 0)} />}
      {failures.length > 0 && (
        <Causes
          causes={causes.data}
          failures={failures.length}
          onFocus={(id) => focusOn(tree.positionOf.get(id) ?? 0)}
        />
      )}
      <Controls
        view={shown}
        path={path}
        folds={folds}
        idle={idle}
        zoomed={view !== WHOLE}
        onZoom={(factor) => setView(factor === 0 ? WHOLE : zoomed(view, factor))}
        onCompare={() => void compare()}
      />
      {shown === 'shares' ? (
        <Shares id={run.id} root={root} />
      ) : (
        <div className="run">
          <TimelineView
            tree={tree}
            rows={rows}
            scale={scale}
            view={view}
            onView={setView}
            at={at}
            onAt={onAt}
            onToggle={onToggle}
            onEnter={(of) => ((rows.at[of] ?? 0) < 0 ? onToggle(of) : document.getElementById(DETAIL_ID)?.focus())}
            lit={lit}
            table={shown === 'list'}
            now={now}
          />
          <Detail key={focusId} id={focusId} root={root} />
        </div>
      )}
    </Page>
  );
}

function Head({ run, tree }: { run: Execution; tree: Tree }): ReactNode {
  // That of the tree, which follows changes.
  const status = statusAt(tree, 0);
  return (
    <Facts
      of={[
        ['Status', <Status key="s" of={status} />],
        ['Started', <Instant key="b" at={run.start_date} />],
        [
          'Duration',
          status === 'running' ? (
            <Elapsed key="d" since={run.start_date} />
          ) : (
            <Duration key="d" ms={(tree.end[0] ?? 0) - (tree.start[0] ?? 0)} />
          ),
        ],
        ['Executions', count(tree.size)],
        ['Pipeline', <Name key="p" text={run.pipeline_name} to={`/pipelines/${run.pipeline_id}`} />],
        ['Run', run.external_id === null ? String(run.id) : <Name key="e" text={run.external_id} />],
        ...(run.parent_id === null
          ? []
          : [
              [
                'Part of',
                <Link key="o" href={`/runs/${run.root_id}?focus=${run.id}`}>
                  run {run.root_id}
                </Link>,
              ] as const,
            ]),
      ]}
    />
  );
}

function positionsOf(tree: Tree, status: number): number[] {
  const found: number[] = [];
  for (let position = 0; position < tree.size; position++) if (tree.status[position] === status) found.push(position);
  return found;
}

/** The positions on the path that is shown. */
function pathOf(
  tree: Tree,
  path: string | undefined,
  cause: RootCause | undefined,
  critical: CriticalPath | undefined,
): ReadonlySet<number> | null {
  const leaves =
    path === 'cause' && cause
      ? [cause.id]
      : path === 'critical' && critical
        ? critical.segments.map((segment) => segment.execution_id)
        : [];
  if (leaves.length === 0) return null;
  const positions = leaves.flatMap((id) => tree.positionOf.get(id) ?? []);
  return new Set(positions.flatMap((position) => [position, ...above(tree, position)]));
}

function toggled(
  tree: Tree,
  at: number,
  groups: readonly { readonly key: string }[],
  before: Folding,
  open: boolean | undefined,
): Folding {
  if (at < 0) {
    const opened = new Set(before.opened);
    const key = groups[-1 - at]?.key ?? groupKey(0, 0);
    if (open) opened.delete(key);
    else opened.add(key);
    return { ...before, opened };
  }
  const closed = new Set(before.closed);
  const id = tree.id[at] ?? 0;
  if (open) closed.add(id);
  else closed.delete(id);
  return { ...before, closed };
}
