import { type ReactNode, useState } from 'react';
import { ApiError, send } from '../api/client.ts';
import type { Retention, RetentionReport } from '../api/types.ts';
import { queryClient, useApi } from '../data/queries.ts';
import { useMayAdminister } from '../data/session.ts';
import { Facts, Page } from '../ui/page.tsx';
import { Empty, Failure, Loading } from '../ui/states.tsx';
import { Instant } from '../ui/time.tsx';

const days = (number: number | null): string => (number === null ? 'for ever' : `${number} days`);
const count = (number: number): string => number.toLocaleString('en');
const moment = (at: string | null): ReactNode => (at === null ? 'never' : <Instant at={at} />);

/** How long executions are kept, and what the deletion by age has done. */
export default function RetentionPage(): ReactNode {
  const { data, error } = useApi<Retention>(['other'], '/retention');
  return (
    <Page title="Retention">
      {data === undefined ? error ? <Failure error={error} /> : <Loading /> : <State retention={data} />}
    </Page>
  );
}

function State({ retention }: { retention: Retention }): ReactNode {
  const mayRun = useMayAdminister();
  return (
    <div className="columns">
      <section aria-labelledby="settings">
        <h2 id="settings">Settings</h2>
        <Facts
          of={[
            ['Trees are kept', days(retention.retention_days)],
            ['Failed ones', days(retention.failed_days ?? retention.retention_days)],
            ['Always kept', `the newest ${retention.keep_last} of each pipeline`],
            ['Resolved incidents', days(retention.incident_days)],
            ['Schedule (UTC)', retention.cron ?? 'on request only'],
          ]}
        />
        {retention.retention_days === null && (
          <Empty title="Nothing is deleted by default" command="WATCHER_RETENTION_DAYS=90 npm start">
            Only pipelines and types with a retention of their own have an end to their history.
          </Empty>
        )}
      </section>
      <section aria-labelledby="run">
        <h2 id="run">Last run</h2>
        <Facts
          of={[
            ['Began', moment(retention.run_started_at)],
            [
              'Ended',
              retention.run_started_at !== null && retention.run_ended_at === null
                ? 'runs'
                : moment(retention.run_ended_at),
            ],
            ['Left nothing behind', moment(retention.succeeded_at)],
            ['Deleted', `${count(retention.run_trees)} trees, ${count(retention.run_executions)} executions`],
            [
              'Deleted in all',
              `${count(retention.total_trees)} trees, ${count(retention.total_executions)} executions`,
            ],
            ['Left at its end', `${count(retention.backlog)} trees`],
            ['Oldest start', moment(retention.oldest_start)],
          ]}
        />
        {mayRun && <Actions />}
      </section>
    </div>
  );
}

/** Counts what a run would delete, or starts one. */
function Actions(): ReactNode {
  const [said, say] = useState('');
  const ask = async (isDry: boolean): Promise<void> => {
    say(isDry ? 'Counting …' : 'Asking …');
    try {
      const report = await send<RetentionReport>('POST', '/retention', { dry_run: isDry });
      const more = report?.is_complete === false ? 'at least ' : '';
      say(
        isDry
          ? `${more}${count(report?.trees ?? 0)} trees with ${count(report?.executions ?? 0)} executions are too old.`
          : 'A run begins in a moment.',
      );
      await queryClient.invalidateQueries({ queryKey: ['other'] });
    } catch (error) {
      say(error instanceof ApiError ? error.message : String(error));
    }
  };
  return (
    <div className="controls" role="toolbar" aria-label="Deletion by age">
      <button type="button" onClick={() => void ask(true)}>
        Count what is too old
      </button>
      <button type="button" onClick={() => void ask(false)}>
        Delete it now
      </button>
      <span role="status">{said}</span>
    </div>
  );
}
