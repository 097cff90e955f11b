import { BUCKETS, firstBucket, runningAtEnd, spread } from './buckets.js';

const HALF_HOUR = 1_800_000;
const zeros = (): number[] => Array.from({ length: BUCKETS }, () => 0);

describe('the buckets of a window', () => {
  it('begin at whole intervals and end with that of the moment', () => {
    const first = firstBucket(Date.parse('2026-01-31T08:10:00Z'), HALF_HOUR);
    expect(new Date(first).toISOString()).toBe('2026-01-30T08:30:00.000Z');
    expect(new Date(first + (BUCKETS - 1) * HALF_HOUR).toISOString()).toBe('2026-01-31T08:00:00.000Z');
  });

  it('have zeros where nothing was counted, and leave out what is outside', () => {
    const counts = spread(0, 10, [new Date(0), new Date(470), new Date(480), new Date(-10)], [1, 2, 3, 4]);
    expect(counts).toEqual([1, ...zeros().slice(2), 2]);
  });

  it('count back from what runs now', () => {
    const started = zeros();
    const ended = zeros();
    started[47] = 3;
    ended[47] = 1;
    started[46] = 1;
    const running = runningAtEnd({ started, ended }, 5);
    expect(running.slice(-3)).toEqual([2, 3, 5]);
  });
});
