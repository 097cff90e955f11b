import { Semaphore } from './semaphore.js';

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Work that ends when the test ends it. */
function manualWork() {
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const work = (name: string) => () =>
    new Promise<string>((resolve, reject) => {
      begun.push(name);
      ends.set(name, (error) => (error ? reject(error) : resolve(name)));
    });
  const end = async (name: string, error?: Error) => {
    ends.get(name)?.(error);
    await settle();
  };
  return { begun, work, end };
}

describe(Semaphore.name, () => {
  it('runs tasks up to the limit at once and the others in order, also after a failure', async () => {
    const { begun, work, end } = manualWork();
    const semaphore = new Semaphore(2, 60_000, () => new Error('refused'));
    const passed = ['a', 'b', 'c', 'd', 'e'].map((name) => semaphore.run(work(name)));
    expect(begun).toEqual(['a', 'b']);
    passed[1]?.catch(() => undefined);
    await end('b', new Error('b failed'));
    expect(begun).toEqual(['a', 'b', 'c']);
    await end('a');
    await end('c');
    expect(begun).toEqual(['a', 'b', 'c', 'd', 'e']);
    await end('d');
    await end('e');
    expect(await Promise.allSettled(passed)).toMatchObject(
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'].map((status) => ({ status })),
    );
    // All permits are free again.
    void semaphore.run(work('f'));
    void semaphore.run(work('g'));
    expect(begun.slice(5)).toEqual(['f', 'g']);
  });

  it('refuses a task after the time limit, and passes the permit to the next', async () => {
    const { begun, work, end } = manualWork();
    const semaphore = new Semaphore(1, 20, () => new Error('refused'));
    const first = semaphore.run(work('first'));
    await expect(semaphore.run(work('late'))).rejects.toThrow('refused');
    const second = semaphore.run(work('second'));
    await end('first');
    await end('second');
    expect([await first, await second, begun]).toEqual(['first', 'second', ['first', 'second']]);
  });
});
