import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { send } from '../api/client.ts';
import type { Incident } from '../api/types.ts';
import { count } from '../data/format.ts';
import { queryClient } from '../data/queries.ts';
import { useMayWrite } from '../data/session.ts';
import { Tag } from './status.tsx';
import { Instant, useTimes } from './time.tsx';

/** Counts of what is affected stop here. */
const MOST_COUNTED = 1000;

/** Changes an incident, and has everything about incidents read again. */
export function usePatchIncident(id: number) {
  return useMutation({
    mutationFn: (change: { acknowledged?: boolean; note?: string | null; muted_until?: string | null }) =>
      send<Incident>('PATCH', `/incident/${id}`, change),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['incidents'] }),
  });
}

/** How many datasets and pipelines depend on what an incident is about: `5 pipelines, 12 datasets`. */
export function affected({ datasets, pipelines }: NonNullable<Incident['impact']>): string {
  const counted = (n: number, what: string): string =>
    `${count(n)}${n === MOST_COUNTED ? '+' : ''} ${what}${n === 1 ? '' : 's'}`;
  const parts = [pipelines > 0 && counted(pipelines, 'pipeline'), counted(datasets, 'dataset')];
  return parts.filter((part) => part !== false).join(', ');
}

/** What went wrong, in one text: the error of the first cause, or else what the service says. */
export function useWhy({ detail, root_causes: causes }: Incident): string {
  const said = useTimes(detail);
  return causes?.[0]?.error_message ?? said;
}

/** An incident in one line: what, where, since when, and who handles it. */
export function IncidentLine({ incident }: { incident: Incident }): ReactNode {
  const patch = usePatchIncident(incident.id);
  const mayWrite = useMayWrite();
  const why = useWhy(incident);
  return (
    <li className={incident.acknowledged_at === null ? '' : 'handled'}>
      <Tag tone={incident.severity}>{incident.kind}</Tag>
      <Link href={`/incidents/${incident.id}`} className="subject">
        <bdi className="name" title={incident.pipeline_name}>
          {incident.pipeline_name}
        </bdi>
      </Link>
      <span className="why" dir="auto" title={why}>
        {why}
      </span>
      <Instant at={incident.opened_at} relative />
      {incident.acknowledged_by !== null ? (
        <small className="handler">
          handled by <bdi>{incident.acknowledged_by}</bdi>
        </small>
      ) : (
        mayWrite &&
        incident.status === 'open' && (
          <button type="button" disabled={patch.isPending} onClick={() => patch.mutate({ acknowledged: true })}>
            {patch.error ? 'Not acknowledged: try again' : 'Acknowledge'}
          </button>
        )
      )}
    </li>
  );
}
