import { Cron } from 'croner';

/** The named schedules, as cron expressions. */
const NAMED: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
};
/** Croner reads more than five fields of these, such as `?` for now. */
const FIVE_FIELDS = /^[\d*,/A-Za-z-]+(?:\s+[\d*,/A-Za-z#-]+){4}$/;

/** The zone of a schedule without one. */
export const DEFAULT_ZONE = 'UTC';

/** The moments at which runs of a pipeline are expected. */
export interface Schedule {
  /** A cron expression of five fields, or the name of one. */
  readonly schedule: string;
  /** An IANA zone. */
  readonly timezone: string;
}

/** The first moment of a schedule after another moment; null if there is none. */
export function nextAfter(schedule: Schedule, moment: Date): Date | null {
  return cronOf(schedule).nextRun(moment);
}

/** The last moment of a schedule before another moment; null if there is none. */
export function lastBefore(schedule: Schedule, moment: Date): Date | null {
  return cronOf(schedule).previousRuns(1, moment)[0] ?? null;
}

/** The reason why a schedule cannot be used; undefined if it can. */
export function scheduleProblem(schedule: string): string | undefined {
  const rule = 'must be a cron expression of five fields, or @hourly, @daily, @weekly or @monthly';
  if (NAMED[schedule] === undefined && !FIVE_FIELDS.test(schedule)) return rule;
  try {
    const next = nextAfter({ schedule, timezone: DEFAULT_ZONE }, new Date());
    return next ? undefined : 'must be a cron expression that is due at some time';
  } catch (error) {
    return `${rule} (${(error as Error).message})`;
  }
}

/** Whether a time zone is known, by its IANA name. */
export function isTimeZone(name: string): boolean {
  if (/^[+-]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone.length > 0;
  } catch {
    return false;
  }
}

/**
 * A local time that the clocks skip is due when they have been put forward; one that they show twice is due at the
 * first, unless the expression has a wildcard for minute or hour: then it is due at every real instant.
 */
function cronOf({ schedule, timezone }: Schedule): Cron {
  if (last?.schedule !== schedule || last.timezone !== timezone) {
    const options = { timezone, mode: '5-part', fixedTimeRule: 'no-wildcard', paused: true } as const;
    last = { schedule, timezone, cron: new Cron(NAMED[schedule] ?? schedule, options) };
  }
  return last.cron;
}

/** The last one that was parsed: it is asked for one moment after the other. */
let last: (Schedule & { readonly cron: Cron }) | undefined;
