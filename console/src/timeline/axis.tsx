import type { ReactNode } from 'react';
import { dayOf, time, zoneName } from '../data/format.ts';
import { useSetting, zone } from '../data/settings.ts';
import { placeOf, type Scale, ticks, timeAt, type View } from './scale.ts';

const WANTED = 8;
const DAY_MS = 86_400_000;

/** The times above the bars; a folded idle time has a mark. */
export function Axis({ scale, view }: { scale: Scale; view: View }): ReactNode {
  const choice = useSetting(zone);
  const [from, to] = [timeAt(scale, view.from), timeAt(scale, view.to)];
  const left = (at: number): number => ((placeOf(scale, at) - view.from) / (view.to - view.from)) * 100;
  const isIdle = (at: number): boolean => scale.idle.some(([begin, end]) => at > begin && at < end);
  const shown = ticks(from, to, WANTED).filter((at) => !isIdle(at));
  const step = (shown[1] ?? 0) - (shown[0] ?? 0);
  const textOf = (at: Date): string =>
    step >= DAY_MS
      ? dayOf(at, choice)
      : step < 1000 && step > 0
        ? `${time(at, choice, true)}.${String(at.getMilliseconds()).padStart(3, '0')}`
        : time(at, choice, step < 60_000);
  return (
    <span className="bars-head" aria-hidden="true">
      {shown.map((at) => (
        <span key={at} className="tick" style={{ insetInlineStart: `${left(at)}%` }}>
          {textOf(new Date(at))}
        </span>
      ))}
      {scale.idle.map(([begin, end]) => (
        <span
          key={begin}
          className="idle"
          title="idle time, folded (i)"
          style={{ insetInlineStart: `${left(begin)}%`, inlineSize: `${left(end) - left(begin)}%` }}
        />
      ))}
      <span className="zone">{zoneName(new Date(from), choice)}</span>
    </span>
  );
}
