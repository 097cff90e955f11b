import { nextAttempt, retryAfter } from './backoff.js';

const WRITTEN = new Date('2026-03-10T12:00:00.000Z');
const after = (ms: number): Date => new Date(WRITTEN.getTime() + ms);

describe(nextAttempt, () => {
  it.each([
    [1, 5_000],
    [2, 10_000],
    [5, 80_000],
    [9, 900_000],
    [100_000, 900_000],
  ])('waits after %i attempts between a half and the whole of %i ms', (attempts, longest) => {
    expect(nextAttempt(attempts, WRITTEN, WRITTEN, 0, 0)).toEqual(after(longest / 2));
    expect(nextAttempt(attempts, WRITTEN, WRITTEN, 0, 1)).toEqual(after(longest));
  });

  it('is not before the moment that the receiver asked for, and ends with an attempt after a day', () => {
    expect(nextAttempt(1, WRITTEN, WRITTEN, 600_000, 1)).toEqual(after(600_000));
    expect(nextAttempt(90, WRITTEN, after(86_399_000), 0, 1)).toEqual(after(86_400_000));
    expect(nextAttempt(1, WRITTEN, WRITTEN, 1e12, 1)).toEqual(after(86_400_000));
    expect(nextAttempt(91, WRITTEN, after(86_400_000), 0, 1)).toBeNull();
  });
});

describe(retryAfter, () => {
  it.each([
    [null, 0],
    ['120', 120_000],
    ['Tue, 10 Mar 2026 12:00:30 GMT', 30_000],
    ['Tue, 10 Mar 2026 11:00:00 GMT', 0],
    ['-5', 0],
    ['soon', 0],
    ['99999999999999', 0],
  ])('reads %p as %i ms', (header, ms) => {
    expect(retryAfter(header, WRITTEN)).toBe(ms);
  });
});
