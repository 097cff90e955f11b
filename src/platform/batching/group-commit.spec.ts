import { GroupCommit } from './group-commit.js';

/** A commit that the test ends when it wants to. */
function manualCommits() {
  const batches: { readonly items: readonly number[]; finish(): void; fail(error: Error): void }[] = [];
  const commit = (items: readonly number[]) =>
    new Promise<readonly number[]>((resolve, reject) => {
      batches.push({ items, finish: () => resolve(items.map((item) => item * 10)), fail: reject });
    });
  return { batches, commit };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const never = () => false;

describe(GroupCommit.name, () => {
  it('sends a batch of one at once when idle, and gathers while it is on its way', async () => {
    const { batches, commit } = manualCommits();
    const group = new GroupCommit({ batchSize: 10, lanes: 1 }, commit, never);
    const all = [1, 2, 3].map((item) => group.submit(item));
    expect(batches.map(({ items }) => items)).toEqual([[1]]);
    batches[0]?.finish();
    await settle();
    expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3]]);
    batches[1]?.finish();
    expect(await Promise.all(all)).toEqual([10, 20, 30]);
  });

  it('never exceeds the batch size nor the lanes', async () => {
    const { batches, commit } = manualCommits();
    const group = new GroupCommit({ batchSize: 2, lanes: 2 }, commit, never);
    const all = [1, 2, 3, 4, 5, 6, 7].map((item) => group.submit(item));
    expect(batches).toHaveLength(2);
    for (let done = 0; done < batches.length; done++) {
      batches[done]?.finish();
      await settle();
    }
    expect(batches.map(({ items }) => items)).toEqual([[1], [2], [3, 4], [5, 6], [7]]);
    expect(await Promise.all(all)).toEqual([10, 20, 30, 40, 50, 60, 70]);
  });

  it('lets only the item at fault fail when a batch fails', async () => {
    const commit = async (items: readonly number[]) => {
      await settle();
      if (items.includes(3)) throw new Error('three');
      return items;
    };
    const group = new GroupCommit({ batchSize: 10, lanes: 1 }, commit, never);
    const results = await Promise.allSettled([1, 2, 3, 4].map((item) => group.submit(item)));
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });

  it('fails the whole batch at once for an error that all have in common, and goes on afterwards', async () => {
    let attempts = 0;
    const commit = async (items: readonly number[]) => {
      attempts++;
      await settle();
      if (attempts <= 2) throw new Error('away');
      return items;
    };
    const group = new GroupCommit({ batchSize: 10, lanes: 1 }, commit, () => true);
    const results = await Promise.allSettled([1, 2, 3].map((item) => group.submit(item)));
    expect(results.every((result) => result.status === 'rejected')).toBe(true);
    expect(attempts).toBe(2);
    expect(await group.submit(4)).toBe(4);
  });

  it('halves the lock timeout with each item that fails', async () => {
    const timeouts: number[] = [];
    const commit = async (items: readonly number[], lockTimeoutMs: number) => {
      timeouts.push(lockTimeoutMs);
      await settle();
      if (items.length > 1 || items[0] !== 9) throw new Error('locked');
      return items;
    };
    const group = new GroupCommit({ batchSize: 20, lanes: 1 }, commit, never);
    const results = await Promise.allSettled([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((item) => group.submit(item)));
    expect(results.map(({ status }) => status).indexOf('fulfilled')).toBe(8);
    // The first alone, the batch of the others, then one by one.
    expect(timeouts).toEqual([1500, 1500, 1500, 750, 375, 187.5, 93.75, 46.875, 23.4375, 11.71875, 11.71875, 10]);
  });
});
