import { useSyncExternalStore } from 'react';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration with its two largest units: `1 h 5 min`, `12.4 s`, `320 ms`. */
export function duration(ms: number): string {
  const of = Math.abs(ms);
  const sign = ms < 0 ? '−' : '';
  if (of < SECOND) return `${sign}${Math.round(of)} ms`;
  if (of < 10 * SECOND) return `${sign}${(of / SECOND).toFixed(1)} s`;
  if (of < MINUTE) return `${sign}${Math.round(of / SECOND)} s`;
  const [large, small, units] =
    of < HOUR ? [MINUTE, SECOND, ['min', 's']] : of < DAY ? [HOUR, MINUTE, ['h', 'min']] : [DAY, HOUR, ['d', 'h']];
  const rounded = Math.round(of / small) * small;
  const rest = Math.round((rounded % large) / small);
  return `${sign}${Math.floor(rounded / large)} ${units[0]}${rest > 0 ? ` ${rest} ${units[1]}` : ''}`;
}

const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export const count = (n: number): string => whole.format(n);
export const compact = (n: number): string => (Math.abs(n) < 10_000 ? whole.format(n) : short.format(n));

/** The zone of a choice, for `Intl`. */
function zoneOf(choice: 'local' | 'utc'): string | undefined {
  return choice === 'utc' ? 'UTC' : undefined;
}

/** The name of the zone at a moment, such as `UTC` or `GMT+1`. */
export function zoneName(at: Date, choice: 'local' | 'utc'): string {
  if (choice === 'utc') return 'UTC';
  const parts = new Intl.DateTimeFormat('en', { timeZoneName: 'short' }).formatToParts(at);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

function parts(at: Date, choice: 'local' | 'utc'): Record<string, string> {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zoneOf(choice),
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
}

/** A moment as `2026-01-31 02:00:05`, the zone apart. */
export function moment(at: Date, choice: 'local' | 'utc'): string {
  const { year, month, day, hour, minute, second } = parts(at, choice);
  return `${year}-${month}-${day} ${hour}:${minute}:${second}`;
}

const INSTANTS = /\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)/g;

/** A text of the service in which times are shown as those beside it, with their zone. */
export function withTimes(text: string, choice: 'local' | 'utc'): string {
  return text.replace(INSTANTS, (found) => {
    const at = new Date(found);
    return Number.isNaN(at.getTime()) ? found : `${moment(at, choice)} ${zoneName(at, choice)}`;
  });
}

/** The time of day of a moment, `02:00`. */
export function time(at: Date, choice: 'local' | 'utc', seconds = false): string {
  const { hour, minute, second } = parts(at, choice);
  return `${hour}:${minute}${seconds ? `:${second}` : ''}`;
}

/** The day of a moment, `01-31`. */
export function dayOf(at: Date, choice: 'local' | 'utc'): string {
  const { month, day } = parts(at, choice);
  return `${month}-${day}`;
}

/** How long ago or ahead, in one unit: `5 min ago`, `in 2 h`. */
export function ago(ms: number): string {
  const of = Math.abs(ms);
  const [n, unit] =
    of < MINUTE
      ? [of / SECOND, 's']
      : of < HOUR
        ? [of / MINUTE, 'min']
        : of < 2 * DAY
          ? [of / HOUR, 'h']
          : [of / DAY, 'd'];
  return ms < 0 ? `in ${Math.round(n)} ${unit}` : `${Math.round(n)} ${unit} ago`;
}

let now = Date.now();
const tickers = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;

/** One clock for all that counts seconds on the page; it stands while the page is hidden. */
function subscribe(listener: () => void): () => void {
  tickers.add(listener);
  ticking ??= setInterval(() => {
    if (document.visibilityState === 'hidden') return;
    now = Date.now();
    for (const tell of tickers) tell();
  }, 1000);
  return () => {
    tickers.delete(listener);
    if (tickers.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

/** The time, once a second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
