import { isTimeZone, lastBefore, nextAfter, scheduleProblem } from './schedule.js';

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'Europe/London',
  'America/New_York',
  'America/Los_Angeles',
  'America/Santiago',
  'Australia/Lord_Howe',
  'Australia/Sydney',
  'Asia/Kolkata',
  'Asia/Tehran',
  'Africa/Casablanca',
  'Pacific/Chatham',
];

/** Expressions with the sets that they stand for: minutes, hours, days of the month, months, weekdays. */
const EXPRESSIONS = [
  '30 2 * * *',
  '15 2 * * *',
  '0 2 * * 0',
  '0 0 * * *',
  '59 23 * * *',
  '30 1 * * *',
  '0 3 * * *',
  '45 2 * * 1-5',
  '0 6 1 * *',
  '0 0 1 1 *',
  '0 12 29 2 *',
  '5 4 31 * *',
  '0 1,2,3 * * *',
  '0,30 2 * * *',
  '10 0-4 * * *',
  '0 0 13 * 5',
  '30 2 29 3 *',
  '30 2 * 3,10 0',
  '0 5 * * 7',
  '20 1 * * *',
  '0 * * * *',
  '30 * * * *',
  '*/15 * * * *',
  '*/5 1-3 * * *',
  '*/30 2 * * *',
  '0 */2 * * *',
  '0 */6 * * *',
  '7 */3 * * *',
  '* 2 * * *',
  '0-10 * * * 0',
];

const MINUTE = 60_000;
const DAY = 86_400_000;
const FROM = Date.UTC(2024, 0, 1);
const TO = Date.UTC(2031, 0, 1);

/** The offsets of a zone, each from its moment on: found by asking Intl hour by hour, then minute by minute. */
function offsetsOf(zone: string): { readonly from: number; readonly offset: number }[] {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  const offsetAt = (moment: number): number => {
    const parts = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = parts as Record<string, number>;
    return Date.UTC(year, month - 1, day, hour, minute) - moment;
  };
  const offsets = [{ from: FROM - 2 * DAY, offset: offsetAt(FROM - 2 * DAY) }];
  for (let moment = FROM - 2 * DAY; moment < TO + 2 * DAY; moment += 6 * 60 * MINUTE) {
    const next = moment + 6 * 60 * MINUTE;
    if (offsetAt(next) === offsets.at(-1)?.offset) continue;
    let at = moment;
    while (offsetAt(at) === offsets.at(-1)?.offset) at += MINUTE;
    offsets.push({ from: at, offset: offsetAt(at) });
  }
  return offsets;
}

function setOf(field: string, least: number, most: number): Set<number> {
  const numbers = field.split(',').flatMap((part) => {
    const [range = '', step = '1'] = part.split('/');
    const [from = '', to] = range === '*' ? [`${least}`, `${most}`] : range.split('-');
    const last = to ?? (part.includes('/') ? `${most}` : from);
    const all: number[] = [];
    for (let n = Number(from); n <= Number(last); n += Number(step)) all.push(n);
    return all;
  });
  return new Set(numbers);
}

/** Every moment of an expression by brute force: each local minute of each day, placed by the offsets of the zone. */
function momentsOf(expression: string, offsets: ReturnType<typeof offsetsOf>, from: number, to: number): number[] {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = expression.split(' ');
  const [minutes, hours, days, months] = [
    setOf(minute, 0, 59),
    setOf(hour, 0, 23),
    setOf(day, 1, 31),
    setOf(month, 1, 12),
  ];
  const weekdays = new Set([...setOf(weekday, 0, 7)].map((n) => n % 7));
  const isFixed = !/[*/]/.test(`${minute}${hour}`);
  const found = new Set<number>();
  const midnight = Math.floor(from / DAY) * DAY;
  for (let local = midnight - 2 * DAY; local < to + 2 * DAY; local += DAY) {
    const date = new Date(local);
    if (!months.has(date.getUTCMonth() + 1)) continue;
    const [isDay, isWeekday] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
    // Cron's old rule: where both are given, either will do.
    if (day !== '*' && weekday !== '*' ? !isDay && !isWeekday : !isDay || !isWeekday) continue;
    for (const h of hours) {
      for (const m of minutes) {
        const wanted = local + (h * 60 + m) * MINUTE;
        const real = offsets.flatMap(({ from: since, offset }, index) => {
          const moment = wanted - offset;
          return moment >= since && moment < (offsets[index + 1]?.from ?? Infinity) ? [moment] : [];
        });
        if (real.length > 0) for (const moment of isFixed ? real.slice(0, 1) : real) found.add(moment);
        else if (isFixed) {
          const gap = offsets.findIndex(
            ({ from: since, offset }, index) =>
              index > 0 && wanted < since + offset && wanted >= since + (offsets[index - 1]?.offset ?? 0),
          );
          if (gap > 0) found.add(offsets[gap]?.from ?? 0);
        }
      }
    }
  }
  return [...found].filter((moment) => moment > from && moment < to).toSorted((a, b) => a - b);
}

describe('a schedule', () => {
  it.each(ZONES)('is due when brute force says, around every change of the clocks, in %s', (zone) => {
    const offsets = offsetsOf(zone);
    const windows = offsets
      .slice(1)
      .map(({ from }) => [from - DAY / 2, from + DAY / 2] as const)
      .filter(([from, to]) => from >= FROM && to <= TO);
    // And a few days without any.
    windows.push([Date.UTC(2028, 1, 28), Date.UTC(2028, 2, 2)]);
    for (const expression of EXPRESSIONS) {
      const schedule = { schedule: expression, timezone: zone };
      for (const [from, to] of windows) {
        const expected = momentsOf(expression, offsets, from, to);
        const found: number[] = [];
        for (let next = nextAfter(schedule, new Date(from)); next && +next < to; next = nextAfter(schedule, next)) {
          found.push(+next);
        }
        expect([expression, ...found.map(iso)]).toEqual([expression, ...expected.map(iso)]);
        const last = expected.at(-1);
        if (last !== undefined) expect(lastBefore(schedule, new Date(to))).toEqual(new Date(last));
      }
    }
  });

  it.each(['30 2 * * *', '0 0 1 * *', '0 12 29 2 *', '0 0 13 * 5', '0 6 * * 1-5'])(
    'is due when brute force says in all of seven years: %s',
    (expression) => {
      for (const zone of ['Europe/Berlin', 'Australia/Lord_Howe']) {
        const expected = momentsOf(expression, offsetsOf(zone), FROM, TO);
        const schedule = { schedule: expression, timezone: zone };
        const found: number[] = [];
        for (let next = nextAfter(schedule, new Date(FROM)); next && +next < TO; next = nextAfter(schedule, next)) {
          found.push(+next);
        }
        expect(found.map(iso)).toEqual(expected.map(iso));
      }
    },
  );

  it.each(['@hourly', '@daily', '@weekly', '@monthly', '*/5 * * * *', '0 2 * * MON-FRI', '0 0 1 JAN *'])(
    'may be %s',
    (schedule) => {
      expect(scheduleProblem(schedule)).toBeUndefined();
    },
  );

  it.each([
    '',
    'daily',
    '@reboot',
    '* * * *',
    '* * * * * *',
    '60 * * * *',
    '0 25 * * *',
    '? * * * *',
    '0 0 31 2 *',
    'x',
  ])('may not be %j', (schedule) => {
    expect(scheduleProblem(schedule)).toMatch(/^must be a cron expression/);
  });

  it('has a zone that is known', () => {
    expect(['UTC', 'Europe/Berlin', 'US/Eastern'].map(isTimeZone)).toEqual([true, true, true]);
    expect(['', 'Mars/Olympus', '+02:00', 'Berlin'].map(isTimeZone)).toEqual([false, false, false, false]);
  });
});

const iso = (moment: number): string => new Date(moment).toISOString();
