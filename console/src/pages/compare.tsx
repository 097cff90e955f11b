import { type ReactNode, useMemo } from 'react';
import { Link } from 'wouter';
import type { Comparison, ComparisonEntry } from '../api/types.ts';
import { duration } from '../data/format.ts';
import { useApi } from '../data/queries.ts';
import { useUrlState } from '../data/url.ts';
import { Name, Page } from '../ui/page.tsx';
import { Empty, Shown } from '../ui/states.tsx';
import { Status, Tag } from '../ui/status.tsx';
import { Instant } from '../ui/time.tsx';

const TONES: Readonly<Record<string, string>> = {
  failed_here: 'critical',
  slower: 'warning',
  removed: 'warning',
  faster: 'good',
  failed_there: 'good',
};
/** The most rows of the table; the rest is said. */
const MOST = 500;

/** Two runs side by side, at first only what differs. */
export default function ComparePage({ id, other }: { id: number; other: number }): ReactNode {
  const comparison = useApi<Comparison>(['root', id], `/pipeline_execution/${id}/compare/${other}`);
  return (
    <Page title={`Run ${id} compared with ${other}`}>
      <Shown query={comparison} rows={14}>
        {(data) => <Compared comparison={data} />}
      </Shown>
    </Page>
  );
}

function Compared({ comparison }: { comparison: Comparison }): ReactNode {
  const url = useUrlState();
  const all = url.get('show') === 'all';
  const { entries, summary } = comparison;
  const [top] = entries;
  const shown = entries.filter(({ change }) => all || change !== 'same');
  const longest = useMemo(
    () => Math.max(1, ...entries.flatMap(({ execution, other }) => [execution?.seconds ?? 0, other?.seconds ?? 0])),
    [entries],
  );
  return (
    <>
      <div className="tags">
        {Object.entries(summary).map(
          ([change, n]) =>
            n > 0 && <Tag key={change} tone={TONES[change] ?? 'plain'}>{`${n} ${change.replaceAll('_', ' ')}`}</Tag>,
        )}
        <button type="button" aria-pressed={all} onClick={() => url.set({ show: all ? undefined : 'all' })}>
          Show what is the same
        </button>
      </div>
      {top && (
        <p className="hint">
          {top.execution && (
            <>
              This run started <Instant at={top.execution.start_date} />.{' '}
            </>
          )}
          {top.other && (
            <>
              The other one started <Instant at={top.other.start_date} />.
            </>
          )}
        </p>
      )}
      {shown.length === 0 ? (
        <Empty title="The runs do not differ">Each execution ended alike in both, and took about as long.</Empty>
      ) : (
        <div className="scroll" tabIndex={0} role="region" aria-label="Differences">
          <table className="compare">
            <thead>
              <tr>
                <th scope="col">Pipeline</th>
                <th scope="col">Difference</th>
                <th scope="col">This run and the other</th>
                <th scope="col">Ratio</th>
              </tr>
            </thead>
            <tbody>
              {shown.slice(0, MOST).map((entry) => (
                <Row
                  key={`${entry.execution?.execution_id} ${entry.other?.execution_id}`}
                  entry={entry}
                  longest={longest}
                  comparison={comparison}
                />
              ))}
            </tbody>
          </table>
          {shown.length > MOST && (
            <p className="hint">
              The first {MOST} of {shown.length} differences.
            </p>
          )}
        </div>
      )}
      {comparison.truncated && (
        <p className="hint">A tree has more than 10,000 executions: only its first levels are compared.</p>
      )}
    </>
  );
}

function Row({
  entry,
  longest,
  comparison,
}: {
  entry: ComparisonEntry;
  longest: number;
  comparison: Comparison;
}): ReactNode {
  const sides = [
    [entry.execution, comparison.execution_id, 'this run'],
    [entry.other, comparison.other_id, 'the other'],
  ] as const;
  return (
    <tr>
      <td style={{ paddingInlineStart: `${0.5 + Math.min(entry.depth, 8)}rem` }}>
        <Name text={entry.pipeline_name} to={`/pipelines/${entry.pipeline_id}`} />
        {entry.position > 1 && <small> #{entry.position}</small>}
      </td>
      <td>
        <Tag tone={TONES[entry.change] ?? 'plain'}>{entry.change.replaceAll('_', ' ')}</Tag>
      </td>
      <td>
        {sides.map(([side, root, label]) =>
          side === null ? (
            <div key={label} className="side hint">
              not in {label}
            </div>
          ) : (
            <Link key={label} className="side" href={`/runs/${root}?focus=${side.execution_id}`}>
              <Status of={side.status} bare />
              <span
                className={`bar ${side.status}`}
                style={{ inlineSize: `${Math.max(0.5, (side.seconds / longest) * 60)}%` }}
              />
              <span className="number">{duration(side.seconds * 1000)}</span>
            </Link>
          ),
        )}
      </td>
      <td className="number">{entry.ratio === null ? '–' : `× ${entry.ratio.toFixed(2)}`}</td>
    </tr>
  );
}
