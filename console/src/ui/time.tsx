import type { ReactNode } from 'react';
import { ago, duration, moment, useNow, withTimes, zoneName } from '../data/format.ts';
import { useSetting, zone } from '../data/settings.ts';

/** A moment with its zone; how long ago it was is its title. */
export function Instant({ at, relative = false }: { at: string; relative?: boolean }): ReactNode {
  const choice = useSetting(zone);
  const now = useNow();
  const date = new Date(at);
  const full = `${moment(date, choice)} ${zoneName(date, choice)}`;
  const past = ago(now - date.getTime());
  return (
    <time dateTime={at} title={relative ? full : past} className="instant">
      {relative ? past : full}
    </time>
  );
}

/** A text of the service, its times in the zone of the page. */
export function useTimes(text: string): string {
  return withTimes(text, useSetting(zone));
}

export function Duration({ ms }: { ms: number | null | undefined }): ReactNode {
  return <span className="number">{ms === null || ms === undefined ? '–' : duration(ms)}</span>;
}

/** How long something has been running. */
export function Elapsed({ since }: { since: string }): ReactNode {
  return <Duration ms={Math.max(0, useNow() - Date.parse(since))} />;
}
