import { type FormEvent, type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import type { Alert, Incident } from '../api/types.ts';
import { duration, useNow } from '../data/format.ts';
import { itemsOf, useApi, usePages } from '../data/queries.ts';
import { useMayWrite } from '../data/session.ts';
import { affected, usePatchIncident } from '../ui/incident-line.tsx';
import { Facts, Name, Page } from '../ui/page.tsx';
import { Failure, Shown } from '../ui/states.tsx';
import { Tag } from '../ui/status.tsx';
import { Instant, useTimes } from '../ui/time.tsx';
import { ExecutionImpact } from './dataset-impact.tsx';

const HOUR_MS = 3_600_000;

/** The life of an incident: why, since when, who was told; and what a person can do about it. */
export default function IncidentPage({ id }: { id: number }): ReactNode {
  const incident = useApi<Incident>(['incidents'], `/incident/${id}`);
  return (
    <Shown query={incident} rows={10}>
      {(data) => (
        <Page title={`${data.kind} of ${data.pipeline_name}`} head={<Head incident={data} />}>
          <div className="columns">
            <div>
              <section aria-labelledby="why">
                <h2 id="why">Why</h2>
                <Causes incident={data} />
              </section>
              <Affected incident={data} />
              <Told id={id} />
            </div>
            <Handling incident={data} />
          </div>
        </Page>
      )}
    </Shown>
  );
}

function Head({ incident }: { incident: Incident }): ReactNode {
  const now = useNow();
  const until = incident.resolved_at === null ? now : Date.parse(incident.resolved_at);
  return (
    <>
      <div className="tags">
        <Tag tone={incident.severity}>{incident.severity}</Tag>
        <Tag tone={incident.status === 'open' ? 'critical' : 'good'}>{incident.status}</Tag>
        {incident.occurrences > 1 && <Tag>{incident.occurrences} times</Tag>}
      </div>
      <Facts
        of={[
          ['Pipeline', <Name key="p" text={incident.pipeline_name} to={`/pipelines/${incident.pipeline_id}`} />],
          ...(incident.execution_id === null
            ? []
            : [
                [
                  'Run',
                  <Link key="r" href={`/executions/${incident.execution_id}`}>
                    {incident.execution_id}
                  </Link>,
                ] as const,
              ]),
          ['Opened', <Instant key="o" at={incident.opened_at} />],
          ...(incident.expected_at === null
            ? []
            : [['Expected', <Instant key="e" at={incident.expected_at} />] as const]),
          ...(incident.resolved_at === null
            ? []
            : [['Resolved', <Instant key="s" at={incident.resolved_at} />] as const]),
          [
            incident.resolved_at === null ? 'Open for' : 'Lasted',
            duration(Math.max(0, until - Date.parse(incident.opened_at))),
          ],
        ]}
      />
    </>
  );
}

/** What happened, and the first failures. */
function Causes({ incident }: { incident: Incident }): ReactNode {
  const causes = incident.root_causes ?? [];
  const detail = useTimes(incident.detail);
  return (
    <>
      <p dir="auto">{detail}</p>
      {causes.map((cause) => (
        <article key={cause.execution_id} className="cause">
          <Name text={cause.pipeline_name} to={`/executions/${cause.execution_id}`} />
          {cause.error_message !== null && (
            <pre tabIndex={0} dir="auto">
              {cause.error_message}
            </pre>
          )}
        </article>
      ))}
    </>
  );
}

/** What depends on the data: of the first cause, or else of the execution itself. */
function Affected({
  incident: { execution_id: execution, impact, pipeline_id, root_causes },
}: {
  incident: Incident;
}): ReactNode {
  const [asked, ask] = useState(false);
  if (impact === null) return null;
  const id = root_causes?.[0]?.execution_id ?? execution;
  return (
    <section aria-labelledby="affected">
      <h2 id="affected">Affects {affected(impact)}</h2>
      {id === null ? (
        <Link href={`/pipelines/${pipeline_id}/lineage`}>What it writes</Link>
      ) : asked ? (
        <ExecutionImpact id={id} />
      ) : (
        <button type="button" onClick={() => ask(true)}>
          Which ones
        </button>
      )}
    </section>
  );
}

/** The alerts that name the incident. */
function Told({ id }: { id: number }): ReactNode {
  const alerts = usePages<Alert>(['incidents'], '/alert', { incident_id: id, limit: 100 });
  const told = itemsOf(alerts);
  return (
    <section aria-labelledby="told">
      <h2 id="told">Who was told</h2>
      {told.length === 0 ? (
        <p className="hint">
          No message about it was written. <Link href="/alerts">All alerts</Link>
        </p>
      ) : (
        <ul className="told">
          {told.map((alert) => (
            <li key={alert.id}>
              <Tag tone={alert.status === 'sent' ? 'good' : alert.status === 'failed' ? 'critical' : 'warning'}>
                {alert.status}
              </Tag>{' '}
              {alert.event} to {alert.channel} <bdi>{alert.target}</bdi>{' '}
              <Instant at={alert.sent_at ?? alert.created_at} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Handling({ incident }: { incident: Incident }): ReactNode {
  const patch = usePatchIncident(incident.id);
  const mayWrite = useMayWrite();
  const [note, setNote] = useState(incident.note ?? '');
  const now = useNow();
  const muted = incident.muted_until !== null && Date.parse(incident.muted_until) > now;
  const mute = (hours: number): void =>
    patch.mutate({ muted_until: hours === 0 ? null : new Date(Date.now() + hours * HOUR_MS).toISOString() });
  const save = (event: FormEvent): void => {
    event.preventDefault();
    patch.mutate({ note: note.trim() === '' ? null : note });
  };
  return (
    <section aria-labelledby="handling" className="panel">
      <h2 id="handling">Handling</h2>
      <p>
        {incident.acknowledged_at === null ? (
          'Nobody handles it yet.'
        ) : (
          <>
            Handled by <bdi>{incident.acknowledged_by}</bdi> since <Instant at={incident.acknowledged_at} />.
          </>
        )}
      </p>
      {muted && incident.muted_until !== null && (
        <p>
          No messages until <Instant at={incident.muted_until} />.
        </p>
      )}
      {mayWrite ? (
        <>
          <div className="buttons">
            <button
              type="button"
              disabled={patch.isPending}
              onClick={() => patch.mutate({ acknowledged: incident.acknowledged_at === null })}
            >
              {incident.acknowledged_at === null ? 'Acknowledge' : 'Withdraw'}
            </button>
            {muted ? (
              <button type="button" onClick={() => mute(0)}>
                Unmute
              </button>
            ) : (
              [1, 8, 24].map((hours) => (
                <button type="button" key={hours} onClick={() => mute(hours)}>
                  Mute {hours} h
                </button>
              ))
            )}
          </div>
          <form onSubmit={save}>
            <label className="field">
              <span>Note</span>
              <textarea
                rows={4}
                dir="auto"
                maxLength={10_000}
                value={note}
                onChange={({ target }) => setNote(target.value)}
              />
            </label>
            <button type="submit" disabled={patch.isPending || note === (incident.note ?? '')}>
              Save the note
            </button>
          </form>
        </>
      ) : (
        <>
          {incident.note !== null && <p dir="auto">{incident.note}</p>}
          <p className="hint">Acknowledging takes a key with the scope write.</p>
        </>
      )}
      {patch.error && <Failure error={patch.error} />}
    </section>
  );
}
