import { judge, type Point, type Verdict } from './rule.js';
import { explain } from './sentence.js';
import { Zone } from './slots.js';

const DAY_MS = 86_400_000;
/** A Monday at 02:30. */
const MONDAY = Date.UTC(2026, 0, 5, 2, 30);
const ROWS = { floor: 5 };

/** One run a day. */
function daily(values: readonly number[], zone = 'UTC'): Point[] {
  return values.map((value, day) => ({ local: Zone.of(zone).local(MONDAY + day * DAY_MS), value }));
}

/** The verdicts on all runs, each by those before it. */
function verdicts(points: readonly Point[], measure = ROWS): (Verdict | null)[] {
  return points.map((point, index) => judge(points.slice(Math.max(0, index - 200), index), point, measure));
}

function flagged(points: readonly Point[], measure = ROWS): number[] {
  return verdicts(points, measure).flatMap((verdict, index) => (verdict?.direction ? index : []));
}

/** Values around a level, the same each time. */
const around = (level: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => Math.round(level * (1 + 0.05 * Math.sin(index * 12.9898))));

describe('series without an anomaly', () => {
  it.each<[string, number[]]>([
    ['always 0', Array.from({ length: 100 }, () => 0)],
    ['always 7', Array.from({ length: 100 }, () => 7)],
    ['one value', [7]],
    ['alternating', Array.from({ length: 100 }, (_, index) => (index % 2 ? 1000 : 10))],
    ['growth of 1 % a run', Array.from({ length: 300 }, (_, index) => Math.round(1000 * 1.01 ** index))],
    ['linear growth of 1 % of the first', Array.from({ length: 300 }, (_, index) => 1000 + 10 * index)],
    ['a weekly rhythm', Array.from({ length: 200 }, (_, day) => (day % 7 > 4 ? 100 : 10_000) * (1 + (day % 5) / 100))],
    ['small counts', Array.from({ length: 200 }, (_, index) => (index * 7) % 5)],
    ['many zeros', Array.from({ length: 200 }, (_, index) => (index % 3 === 0 ? 500 : 0))],
  ])('%s', (_, values) => {
    expect(flagged(daily(values))).toEqual([]);
  });

  it('weeks in which the clock changes', () => {
    const zone = Zone.of('Europe/Berlin');
    // Daily at 02:30 UTC: 03:30 in winter, 04:30 in summer.
    const points = Array.from({ length: 200 }, (_, day) => ({
      local: zone.local(Date.UTC(2026, 0, 5, 2, 30) + day * DAY_MS),
      value: 10_000 + ((day * 37) % 700),
    }));
    expect(new Set(points.map(({ local }) => local.hour))).toEqual(new Set([3, 4]));
    expect(flagged(points)).toEqual([]);
  });
});

describe('the first runs', () => {
  it('are not judged until ten are known', () => {
    const found = verdicts(daily([...around(1000, 10), 5000]));
    expect(found.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => null));
    expect(found[10]?.direction).toBe('high');
  });
});

describe('a new level', () => {
  it.each([2, 0.5])('times %d is flagged at most five times', (factor) => {
    const values = [...around(10_000, 100), ...around(10_000 * factor, 60)];
    const found = flagged(daily(values));
    expect(found[0]).toBe(100);
    expect(found.length).toBeLessThanOrEqual(5);
    expect(Math.max(...found)).toBeLessThan(105);
  });
});

describe('a value', () => {
  const history = daily(around(10_000, 60));
  const run = (value: number): Point => ({ local: Zone.of(null).local(MONDAY + 60 * DAY_MS), value });

  it.each([
    [10_000, null],
    [12_000, null],
    [8_000, null],
    [20_000, 'high'],
    [3000, 'low'],
    [0, 'low'],
  ])('of %d among 10,000 is %s', (value, direction) => {
    expect(judge(history, run(value), ROWS)?.direction ?? null).toBe(direction);
  });

  it('is within bounds that lie at least a fifth, and the floor, from what is expected', () => {
    const steady = judge(daily(Array.from({ length: 30 }, () => 100)), run(100), ROWS) as Verdict;
    expect([steady.expected, steady.lower, steady.upper]).toEqual([100, 80, 120]);
    const short = judge(daily(Array.from({ length: 30 }, () => 3)), run(3), { floor: 10 }) as Verdict;
    expect([short.lower, short.upper]).toEqual([0, 13]);
  });

  it('of 0 is unusual where there always was something', () => {
    const wild = daily(Array.from({ length: 60 }, (_, index) => 1 + ((index * 7919) % 400)));
    const verdict = judge(wild, run(0), ROWS) as Verdict;
    expect(verdict).toMatchObject({ direction: 'low', isFirstNothing: true });
    expect(explain('total_rows', 0, verdict, run(0).local)).toContain('has never loaded nothing');
  });

  it('is judged with other widths by a rule', () => {
    const [narrow, wide] = [1, 3].map((scale) => judge(history, run(13_000), { floor: 5, scale }) as Verdict);
    expect([narrow?.direction, wide?.direction]).toEqual(['high', null]);
  });
});

describe('runs on weekends', () => {
  it('are compared with those on weekends', () => {
    const values = Array.from({ length: 98 }, (_, day) => (day % 7 > 4 ? 100 : 10_000) + ((day * 37) % 30));
    const monday = { local: Zone.of(null).local(MONDAY + 98 * DAY_MS), value: 105 };
    const verdict = judge(daily(values), monday, ROWS) as Verdict;
    expect(verdict).toMatchObject({ direction: 'low', group: 'weekend' });
    expect(explain('total_rows', 105, verdict, monday.local)).toMatch(
      /^105 rows; usually [\d,]+ to 1\d,\d\d\d on working days \(8 runs\)$/,
    );
  });
});

describe('the sentence', () => {
  const verdict: Verdict = {
    expected: 10_900,
    lower: 9801.7,
    upper: 12_099.2,
    group: 'hour_weekday',
    runs: 8,
    direction: 'low',
    isFirstNothing: false,
  };

  it('has the value, the bounds, the runs and when they ran', () => {
    const local = { hour: 2, weekday: 1 };
    expect(explain('total_rows', 1204, verdict, local)).toBe(
      '1,204 rows; usually 9,800 to 12,100 on Mondays at 02 (8 runs)',
    );
    expect(explain('duration_seconds', 30_000, { ...verdict, group: 'hour' }, local)).toBe(
      'took 8.3 h; usually 2.7 h to 3.4 h at 02 (8 runs)',
    );
    expect(explain('throughput', 1.25, { ...verdict, lower: 3, upper: 9, group: 'all' }, local)).toBe(
      '1.3 rows a second; usually 3 to 9 (8 runs)',
    );
  });

  it.each([
    ['duration_seconds', 127.2, { lower: 47.6, upper: 124.8 }, 'took 2.12 min; usually 47.6 s to 2.08 min'],
    ['duration_seconds', 120.3, { lower: 47.6, upper: 119.98 }, 'took 2.01 min; usually 47.6 s to 119.98 s'],
    ['total_rows', 12_050, { lower: 9801, upper: 12_010 }, '12,050 rows; usually 9,800 to 12,000'],
    ['throughput', 10.4, { lower: 3, upper: 10.2 }, '10.4 rows a second; usually 3 to 10'],
    ['throughput', 0.7, { lower: 0.9, upper: 9 }, '0.7 rows a second; usually 1 to 9'],
  ] as const)('of %s %d shows it outside of its bounds', (metric, value, bounds, text) => {
    const direction = value > bounds.upper ? 'high' : 'low';
    const said = explain(metric, value, { ...verdict, ...bounds, direction, group: 'all' }, { hour: 2, weekday: 1 });
    expect(said).toBe(`${text} (8 runs)`);
  });
});
