import { jest } from '@jest/globals';
import { FreshCache } from './fresh-cache.js';

describe(FreshCache.name, () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] }));
  afterEach(() => void jest.useRealTimers());

  /** A load that counts its calls and returns their number. */
  function counting() {
    let calls = 0;
    return { load: () => Promise.resolve((calls += 1)), count: () => calls };
  }

  it('loads once for concurrent callers, and then returns the value without a promise', async () => {
    const cache = new FreshCache<number>(1000, 10);
    const { load, count } = counting();
    expect(await Promise.all([cache.get('a', load), cache.get('a', load), cache.get('a', load)])).toEqual([1, 1, 1]);
    expect(cache.get('a', load)).toBe(1);
    expect(count()).toBe(1);
  });

  it('loads anew in the background from half of its lifetime on', async () => {
    const cache = new FreshCache<number>(1000, 10);
    const { load } = counting();
    await cache.get('a', load);
    jest.advanceTimersByTime(500);
    expect(cache.get('a', load)).toBe(1);
    await Promise.resolve();
    expect(cache.get('a', load)).toBe(2);
  });

  it('returns no expired value', async () => {
    const cache = new FreshCache<number>(1000, 10);
    const { load } = counting();
    await cache.get('a', load);
    jest.advanceTimersByTime(1000);
    const answer = cache.get('a', load);
    expect(answer).toBeInstanceOf(Promise);
    expect(await answer).toBe(2);
    jest.advanceTimersByTime(1000);
    await expect(cache.get('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  });

  it('does not remember a failure', async () => {
    const cache = new FreshCache<number>(1000, 10);
    await expect(cache.get('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await cache.get('a', () => Promise.resolve(7))).toBe(7);
  });

  it('forgets the oldest key when it is full', async () => {
    const cache = new FreshCache<number>(1000, 2);
    const { load, count } = counting();
    for (const key of ['a', 'b', 'c', 'b', 'c', 'a']) await cache.get(key, load);
    expect(count()).toBe(4);
  });
});
