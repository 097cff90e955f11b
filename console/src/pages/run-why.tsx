import type { ReactNode } from 'react';
import type { BlockingExecution, RootCause } from '../api/types.ts';
import { count, duration, useNow } from '../data/format.ts';
import { Status, Tag } from '../ui/status.tsx';

const SHOWN = 4;

/** What a running run waits for: the executions at work, how long they usually take, and when they should be ready. */
export function WaitingFor({
  waiting,
  onFocus,
}: {
  waiting: readonly BlockingExecution[] | undefined;
  onFocus: (id: number) => void;
}): ReactNode {
  const now = useNow();
  return (
    <section className="why" aria-labelledby="waiting">
      <h2 id="waiting">Waits for</h2>
      <ul>
        {waiting?.slice(0, SHOWN).map((execution) => {
          const elapsed = Math.max(0, now - Date.parse(execution.start_date));
          const usual = execution.typical_duration_seconds === null ? null : execution.typical_duration_seconds * 1000;
          return (
            <li key={execution.id}>
              <button type="button" className="link" onClick={() => onFocus(execution.id)}>
                <Status of="running" bare /> <bdi className="name">{execution.pipeline_name}</bdi>
              </button>
              <span>{duration(elapsed)}</span>
              <small>{usual === null ? 'no usual duration yet' : `usually ${duration(usual)}`}</small>
              {usual !== null &&
                (elapsed <= usual ? (
                  <small>ready in {duration(usual - elapsed)}</small>
                ) : (
                  <Tag tone="warning">{duration(elapsed - usual)} over</Tag>
                ))}
            </li>
          );
        })}
        {waiting !== undefined && waiting.length > SHOWN && (
          <li>and {waiting.length === 20 ? 'more' : waiting.length - SHOWN}</li>
        )}
      </ul>
    </section>
  );
}

/** What failed first, with its error; the failures above it follow from it. */
export function Causes({
  causes,
  failures,
  onFocus,
}: {
  causes: readonly RootCause[] | undefined;
  failures: number;
  onFocus: (id: number) => void;
}): ReactNode {
  return (
    <section className="why failed" aria-labelledby="causes">
      <h2 id="causes">
        {count(failures)} failed
        {causes !== undefined &&
          causes.length > 0 &&
          failures > causes.length &&
          `, because of ${causes.length === 20 ? 'at least 20' : causes.length}`}
      </h2>
      <ul>
        {causes?.slice(0, SHOWN).map((cause) => (
          <li key={cause.id}>
            <button type="button" className="link" onClick={() => onFocus(cause.id)}>
              <Status of="failed" bare /> <bdi className="name">{cause.pipeline_name}</bdi>
            </button>
            <span className="error" dir="auto" title={cause.error_message ?? ''}>
              {cause.error_message?.split('\n')[0] ?? 'no message'}
            </span>
          </li>
        ))}
        {causes !== undefined && causes.length > SHOWN && (
          <li>and {causes.length === 20 ? 'more' : causes.length - SHOWN}: press n</li>
        )}
      </ul>
    </section>
  );
}
