import { setTimeout as sleep } from 'node:timers/promises';
import { together } from './together.js';

describe('together', () => {
  const after = async <T>(ms: number, outcome: T): Promise<T> => {
    await sleep(ms);
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };

  it('gives the results in order', async () => {
    expect(await together([after(5, 'slow'), after(0, 1), 'at once'])).toEqual(['slow', 1, 'at once']);
    expect(await together([])).toEqual([]);
  });

  it('throws the first error in order, whichever came first', async () => {
    const cause = after(5, new Error('cause'));
    await expect(together([after(0, 1), cause, after(0, new Error('what follows'))])).rejects.toThrow('cause');
  });

  it('throws when nothing is under way any more', async () => {
    let isDone = false;
    const last = after(10, true).then((done) => (isDone = done));
    await expect(together([after(0, new Error('cause')), last])).rejects.toThrow('cause');
    expect(isDone).toBe(true);
  });
});
