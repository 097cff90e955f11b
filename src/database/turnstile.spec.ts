import { Turnstile } from './turnstile.js';

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Work that the test ends when it wants to. */
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

describe(Turnstile.name, () => {
  it('lets so many through at once, the others in their order, also after a failure', async () => {
    const { begun, work, end } = manualWork();
    const turnstile = new Turnstile(2, 60_000, () => new Error('turned away'));
    const passed = ['a', 'b', 'c', 'd', 'e'].map((name) => turnstile.pass(work(name)));
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
    // All places are free again.
    void turnstile.pass(work('f'));
    void turnstile.pass(work('g'));
    expect(begun.slice(5)).toEqual(['f', 'g']);
  });

  it('turns away who has waited for too long, and gives the place to the next', async () => {
    const { begun, work, end } = manualWork();
    const turnstile = new Turnstile(1, 20, () => new Error('turned away'));
    const first = turnstile.pass(work('first'));
    await expect(turnstile.pass(work('late'))).rejects.toThrow('turned away');
    const second = turnstile.pass(work('second'));
    await end('first');
    await end('second');
    expect([await first, await second, begun]).toEqual(['first', 'second', ['first', 'second']]);
  });
});
