import type { ReactNode } from 'react';
import type { Alert } from '../api/types.ts';
import { usePages } from '../data/queries.ts';
import { useUrlState } from '../data/url.ts';
import { Chips } from '../ui/filters.tsx';
import { type Column, List } from '../ui/list.tsx';
import { Name, Page } from '../ui/page.tsx';
import { Empty } from '../ui/states.tsx';
import { Tag } from '../ui/status.tsx';
import { Instant } from '../ui/time.tsx';

const TONES: Readonly<Record<string, string>> = { sent: 'good', waiting: 'warning', failed: 'critical' };

const COLUMNS: readonly Column<Alert>[] = [
  { name: 'State', width: '6rem', cell: ({ status }) => <Tag tone={TONES[status] ?? 'plain'}>{status}</Tag> },
  { name: 'Event', width: '7rem', cell: ({ event }) => event },
  {
    name: 'Incidents',
    width: 'minmax(6rem, 1fr)',
    cell: ({ incident_ids: ids }) =>
      ids.slice(0, 5).map((id) => <Name key={id} text={`#${id} `} to={`/incidents/${id}`} />),
  },
  {
    name: 'To',
    width: 'minmax(8rem, 2fr)',
    cell: ({ channel, target }) => <Name text={`${channel} ${target ?? ''}`} />,
  },
  { name: 'Written', width: '14rem', minor: true, cell: ({ created_at: at }) => <Instant at={at} /> },
  { name: 'Tries', width: '4rem', number: true, minor: true, cell: ({ attempts }) => attempts },
  {
    name: 'What happened',
    width: 'minmax(8rem, 2fr)',
    minor: true,
    cell: ({ sent_at: sent, last_error: error, next_attempt_at: next }) =>
      sent !== null ? (
        <>
          sent <Instant at={sent} relative />
        </>
      ) : (
        <>
          <Name text={error ?? 'waits'} />
          {next !== null && (
            <>
              , again <Instant at={next} relative />
            </>
          )}
        </>
      ),
  },
];

/** The messages that were sent, wait, or were given up. */
export default function AlertsPage(): ReactNode {
  const url = useUrlState();
  const filters = { status: url.get('status'), channel: url.get('channel') };
  const alerts = usePages<Alert>(['incidents'], '/alert', filters);
  return (
    <Page title="Alerts">
      <div className="filters">
        <Chips name="status" label="State" choices={['waiting', 'sent', 'failed']} />
      </div>
      <List
        label="Alerts"
        pages={alerts}
        columns={COLUMNS}
        empty={
          <Empty
            title="No message has been written"
            command="SLACK_WEBHOOK_URL=https://hooks.slack.com/services/… npm start"
          >
            Watcher writes one when an incident opens, and sends it where SLACK_WEBHOOK_URL or WATCHER_ALERT_ROUTES say.
          </Empty>
        }
      />
    </Page>
  );
}
