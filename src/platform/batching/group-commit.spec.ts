import { type CommitTry, GroupCommit, LEFT_OUT } from './group-commit.js';

/** A commit that ends when the test ends it. */
function manualCommits() {
  const batches: { readonly items: readonly number[]; finish(): void; fail(error: Error): void }[] = [];
  const commit = (items: readonly number[]) =>
    new Promise<readonly number[]>((resolve, reject) => {
      batches.push({ items, finish: () => resolve(items.map((item) => item * 10)), fail: reject });
    });
  return { batches, commit };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const refusal = (): Error => new Error('refused');
const isLock = (error: unknown): boolean => (error as Error).message === 'locked';
const never = { isCommon: () => false, isLock, refusal };

describe(GroupCommit.name, () => {
  it('sends a batch of one at once when idle, and collects items while it runs', async () => {
    const { batches, commit } = manualCommits();
    const group = new GroupCommit({ batchSize: 10, lanes: 1 }, commit, never);
    const first = group.submit(1);
    await settle();
    expect(batches.map(({ items }) => items)).toEqual([[1]]);
    const others = [2, 3].map((item) => group.submit(item));
    await settle();
    batches[0]?.finish();
    await settle();
    expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3]]);
    batches[1]?.finish();
    expect(await Promise.all([first, ...others])).toEqual([10, 20, 30]);
  });

  it('sends items that are submitted in one turn together', async () => {
    const { batches, commit } = manualCommits();
    const group = new GroupCommit({ batchSize: 10, lanes: 1 }, commit, never);
    const all = [1, 2, 3].map((item) => group.submit(item));
    await settle();
    expect(batches.map(({ items }) => items)).toEqual([[1, 2, 3]]);
    batches[0]?.finish();
    expect(await Promise.all(all)).toEqual([10, 20, 30]);
  });

  it('never exceeds the batch size nor the lanes', async () => {
    const { batches, commit } = manualCommits();
    const group = new GroupCommit({ batchSize: 2, lanes: 2 }, commit, never);
    const all = [1, 2, 3, 4, 5, 6, 7].map((item) => group.submit(item));
    await settle();
    expect(batches).toHaveLength(2);
    for (let done = 0; done < batches.length; done++) {
      batches[done]?.finish();
      await settle();
    }
    expect(batches.map(({ items }) => items)).toEqual([[1, 2], [3, 4], [5, 6], [7]]);
    expect(await Promise.all(all)).toEqual([10, 20, 30, 40, 50, 60, 70]);
  });

  it('fails only the faulty item when a batch fails', async () => {
    const commit = async (items: readonly number[]) => {
      await settle();
      if (items.includes(3)) throw new Error('three');
      return items;
    };
    const group = new GroupCommit({ batchSize: 10, lanes: 1 }, commit, never);
    const results = await Promise.allSettled([1, 2, 3, 4].map((item) => group.submit(item)));
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });

  it('fails the whole batch at once for an error common to all items, and continues afterwards', async () => {
    let attempts = 0;
    const commit = async (items: readonly number[]) => {
      attempts++;
      await settle();
      if (attempts === 1) throw new Error('away');
      return items;
    };
    const group = new GroupCommit({ batchSize: 10, lanes: 1 }, commit, { ...never, isCommon: () => true });
    const results = await Promise.allSettled([1, 2, 3].map((item) => group.submit(item)));
    expect(results.every((result) => result.status === 'rejected')).toBe(true);
    expect(attempts).toBe(1);
    expect(await group.submit(4)).toBe(4);
  });

  it('halves the lock timeout with each item that fails', async () => {
    const timeouts: number[] = [];
    const commit = async (items: readonly number[], { lockTimeoutMs }: CommitTry) => {
      timeouts.push(lockTimeoutMs);
      await settle();
      if (items.length > 1 || items[0] !== 7) throw new Error('locked');
      return items;
    };
    const group = new GroupCommit({ batchSize: 20, lanes: 1 }, commit, never);
    const results = await Promise.allSettled([1, 2, 3, 4, 5, 6, 7, 8, 9].map((item) => group.submit(item)));
    expect(results.map(({ status }) => status).indexOf('fulfilled')).toBe(6);
    // The batch, then one by one.
    expect(timeouts).toEqual([500, 250, 125, 62.5, 31.25, 15.625, 10, 10, 10, 10]);
  });

  describe('with rows locked by another session', () => {
    /** The last digit of an item names the row that locks it. */
    function lockedRows(...locked: string[]) {
      const held = new Set(locked);
      const batches: number[][] = [];
      const commit = async (items: readonly number[], { leavesOut }: CommitTry) => {
        await settle();
        const out = items.map((item, index) => leavesOut(index, [String(item % 10)]));
        const kept = items.filter((_, index) => !out[index]);
        batches.push(kept);
        if (kept.some((item) => held.has(String(item % 10)))) {
          await new Promise((resolve) => setTimeout(resolve, 10));
          throw new Error('locked');
        }
        return items.map((item, index) => (out[index] ? LEFT_OUT : item));
      };
      return { held, batches, group: new GroupCommit<number, number>({ batchSize: 10, lanes: 1 }, commit, never) };
    }

    it('leaves their items out of later batches, and refuses them after the time limit', async () => {
      const { batches, group } = lockedRows('1');
      const begun = performance.now();
      const first = Promise.allSettled([11, 12, 13].map((item) => group.submit(item)));
      await new Promise((resolve) => setTimeout(resolve, 100));
      batches.splice(0);
      const locked = group.submit(21);
      expect(await Promise.all([22, 23, 24].map((item) => group.submit(item)))).toEqual([22, 23, 24]);
      await expect(locked).rejects.toThrow('locked');
      expect((await first).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
      expect(performance.now() - begun).toBeLessThan(4000);
      expect(batches.filter((items) => items.length > 1 && items.some((item) => item % 10 === 1))).toEqual([]);
    });

    it('tries one item at a time, and processes them all once the row is free', async () => {
      const { held, batches, group } = lockedRows('1');
      const all = [11, 21, 31, 41].map((item) => group.submit(item));
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(batches.slice(-3).map(({ length }) => length)).toEqual([1, 1, 1]);
      held.clear();
      expect(await Promise.all(all)).toEqual([11, 21, 31, 41]);
    });

    it('handles rows separately when one of them is free', async () => {
      const { held, group } = lockedRows('1', '2');
      const all = [11, 12, 13].map((item) => group.submit(item));
      await new Promise((resolve) => setTimeout(resolve, 200));
      held.delete('2');
      expect(await all[1]).toBe(12);
      await expect(all[0]).rejects.toThrow('locked');
      expect(await all[2]).toBe(13);
    });
  });
});
