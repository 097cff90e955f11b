/**
 * A moment as `2026-11-25T22:38:50.945844Z`: UTC with six decimals, always of the same length, so that the order of the
 * texts is the order of the moments.
 */
export type Instant = string;

const PATTERN =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)? ?(?:(Z)|([+-])(\d\d):?(\d\d)?)?(?:\[[^\]]*\])?$/i;

/**
 * Reads an ISO 8601 time, with an offset or without (then UTC), and any number of decimals, of which six are kept.
 * Undefined for anything else, and for a day that does not exist.
 */
export function parseInstant(value: unknown): Instant | undefined {
  const [, year, month, day, hour, minute, second = '0', decimals = '', , sign, hours, minutes = '0'] =
    (typeof value === 'string' ? PATTERN.exec(value.trim()) : null) ?? [];
  if (year === undefined) return undefined;
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day));
  // `Date.UTC` takes the years 0 to 99 for 1900 to 1999.
  if (Number(year) < 1969 || new Date(midnight).toISOString().slice(0, 10) !== `${year}-${month}-${day}`)
    return undefined;
  if (Number(minute) > 59 || Number(second) > 60 || Number(hour) > 24) return undefined;
  if (Number(hour) === 24 && Number(minute) + Number(second) > 0) return undefined;
  if (Number(hours ?? 0) > 23 || Number(minutes) > 59) return undefined;
  const offset = sign === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  const seconds = (Number(hour) * 60 + Number(minute) - offset) * 60 + Number(second);
  return instantAt(midnight + seconds * 1000, decimals);
}

/** The moment a number of milliseconds after 1970; `decimals` are the digits of its second. */
export function instantAt(ms: number, decimals = ''): Instant | undefined {
  const moment = new Date(ms);
  if (!(moment.getTime() >= 0) || moment.getUTCFullYear() > 9999) return undefined;
  const text = moment.toISOString();
  return decimals === '' ? `${text.slice(0, 23)}000Z` : `${text.slice(0, 19)}.${decimals.slice(0, 6).padEnd(6, '0')}Z`;
}

/** To the millisecond, as executions keep it. */
export function toDate(instant: Instant): Date {
  return new Date(`${instant.slice(0, 23)}Z`);
}
