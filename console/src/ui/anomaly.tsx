import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { send } from '../api/client.ts';
import type { Anomaly } from '../api/types.ts';
import { queryClient } from '../data/queries.ts';
import { useMayWrite } from '../data/session.ts';
import { Name } from './page.tsx';
import { Tag } from './status.tsx';
import { Instant } from './time.tsx';

/** What is unusual, each in a sentence, with a button that says that it was right. `name` is what leads to the run. */
export function Anomalies({ of, name }: { of: readonly Anomaly[]; name?: (anomaly: Anomaly) => string }): ReactNode {
  return (
    <ul className="anomalies" aria-label="Unusual runs">
      {of.map((anomaly) => (
        <Line key={anomaly.id} anomaly={anomaly} name={name?.(anomaly)} />
      ))}
    </ul>
  );
}

function Line({ anomaly, name }: { anomaly: Anomaly; name: string | undefined }): ReactNode {
  const mayWrite = useMayWrite();
  const dismiss = useMutation({
    mutationFn: () => send<Anomaly>('POST', `/anomaly/${anomaly.id}/dismiss`, {}),
    onSuccess: () => queryClient.invalidateQueries(),
  });
  const isOpen = anomaly.dismissed_at === null;
  return (
    <li>
      <Tag tone={isOpen ? 'warning' : 'plain'}>{isOpen ? 'unusual' : 'dismissed'}</Tag>
      {name !== undefined && <Name text={name} to={`/executions/${anomaly.execution_id}`} />}
      <span>{anomaly.detail}</span>
      <small>
        found <Instant at={anomaly.detected_at} relative />
      </small>
      {isOpen && mayWrite && (
        <button type="button" disabled={dismiss.isPending} onClick={() => dismiss.mutate()}>
          {dismiss.error ? 'Not dismissed: try again' : 'It was right: dismiss'}
        </button>
      )}
    </li>
  );
}
