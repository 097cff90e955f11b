import { RateLimit } from './rate-limit.js';

describe(RateLimit.name, () => {
  const admitted = (limit: RateLimit, caller: string, times: readonly number[]) =>
    times.filter((time) => limit.admit(caller, time)).length;

  it('accepts a burst of one second, and no more', () => {
    const limit = new RateLimit(7);
    expect(admitted(limit, 'a', Array<number>(50).fill(5000))).toBe(7);
  });

  it('accepts every request of a caller within the rate', () => {
    const limit = new RateLimit(10);
    expect(
      admitted(
        limit,
        'a',
        Array.from({ length: 1000 }, (_, i) => 5000 + i * 100),
      ),
    ).toBe(1000);
  });

  it('accepts the rate from a caller beyond it', () => {
    const limit = new RateLimit(10);
    const times = Array.from({ length: 10_000 }, (_, i) => 5000 + i); // 1,000 a second for 10 s
    expect(admitted(limit, 'a', times)).toBe(10 + 99);
  });

  it('counts each caller alone', () => {
    const limit = new RateLimit(1);
    expect(['a', 'b', 'a', 'b'].map((caller) => limit.admit(caller, 5000))).toEqual([true, true, false, false]);
  });
});
