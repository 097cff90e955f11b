import { ago, compact, duration, moment, withTimes, zoneName } from './format.ts';

describe('duration', () => {
  it.each([
    [0, '0 ms'],
    [320, '320 ms'],
    [1500, '1.5 s'],
    [59_400, '59 s'],
    [60_000, '1 min'],
    [61_000, '1 min 1 s'],
    [3_599_900, '60 min'],
    [3_660_000, '1 h 1 min'],
    [90_000_000, '1 d 1 h'],
    [-5000, '−5.0 s'],
  ])('of %d ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});

it('says how long ago or ahead', () => {
  expect([ago(5000), ago(-7_200_000), ago(3 * 86_400_000)]).toEqual(['5 s ago', 'in 2 h', '3 d ago']);
});

it('shows moments in a zone', () => {
  const date = new Date('2026-01-31T23:30:00Z');
  expect([moment(date, 'utc'), zoneName(date, 'utc')]).toEqual(['2026-01-31 23:30:00', 'UTC']);
});

it('shows the times within a text', () => {
  expect(withTimes('No data since 2026-01-31T23:51:53.896Z; by 2026-02-01T01:00+01:00 (10 min).', 'utc')).toBe(
    'No data since 2026-01-31 23:51:53 UTC; by 2026-02-01 00:00:00 UTC (10 min).',
  );
  expect(withTimes('partition 2026-01-31, 2026-99-99T99:99:99Z', 'utc')).toBe(
    'partition 2026-01-31, 2026-99-99T99:99:99Z',
  );
});

it('shortens large numbers', () => {
  expect([compact(9999), compact(2_100_000)]).toEqual(['9,999', '2.1M']);
});
