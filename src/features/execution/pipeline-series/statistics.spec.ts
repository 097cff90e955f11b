import { percentile, usualMinute } from './statistics.js';

describe('percentile', () => {
  it.each([
    [[], 0.5, null],
    [[7], 0.95, 7],
    [[1, 2, 3, 4], 0.5, 2.5],
    [[4, 1, 3, 2], 1, 4],
    [Array.from({ length: 101 }, (_, n) => n), 0.95, 95],
  ])('of %j at %d is %j', (values, share, expected) => {
    expect(percentile(values, share)).toBe(expected);
  });
});

describe('the usual minute', () => {
  const at = (...times: string[]): Date[] => times.map((time, day) => new Date(`2026-01-${10 + day}T${time}:00Z`));

  it.each([
    [[], null],
    [['02:30'], 150],
    [['02:20', '02:30', '02:50'], 150],
    [['23:50', '00:10'], 0],
    [['23:40', '23:50', '00:20'], 23 * 60 + 50],
    [['12:00', '12:10', '12:20', '23:00'], 735],
  ])('of %j is %j', (times, expected) => {
    expect(usualMinute(at(...times))).toBe(expected);
  });
});
