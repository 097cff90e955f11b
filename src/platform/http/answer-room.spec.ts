import { AnswerRoom, type Share } from './answer-room.js';

describe('the room for large answers', () => {
  const share = (): Share => ({ bytes: 0 });

  /** Whether it has been admitted by now. */
  async function isIn(entering: Promise<void>): Promise<boolean> {
    return Promise.race([entering.then(() => true), new Promise<false>((resolve) => setImmediate(resolve, false))]);
  }

  it('admits as many as fit, and the next in the order of their arrival when one is written or sent', async () => {
    const room = new AnswerRoom(100, 40, 1000);
    const shares = Array.from({ length: 4 }, share);
    const [first = share(), second = share(), third = share()] = shares;
    const entering = shares.map((each) => room.take(each));
    const isInside = (): Promise<boolean[]> => Promise.all(entering.map(isIn));
    expect(await isInside()).toEqual([true, true, false, false]);
    room.shrink(first, 30);
    expect(await isInside()).toEqual([true, true, false, false]);
    room.shrink(second, 0);
    expect(await isInside()).toEqual([true, true, true, false]);
    room.shrink(first, 0);
    room.shrink(third, 20);
    expect(await isInside()).toEqual([true, true, true, true]);
  });

  it('takes one share for each request, and never releases more than was taken', async () => {
    const room = new AnswerRoom(40, 40, 1000);
    const only = share();
    await room.take(only);
    await room.take(only);
    room.shrink(only, 0);
    room.shrink(only, 0);
    const others = [share(), share()].map((each) => room.take(each));
    expect(await Promise.all(others.map(isIn))).toEqual([true, false]);
  });

  it('refuses one that waits too long, and then serves the next', async () => {
    const room = new AnswerRoom(40, 40, 20);
    const slow = share();
    await room.take(slow);
    await expect(room.take(share())).rejects.toMatchObject({ kind: 'unavailable', code: 'overloaded' });
    room.shrink(slow, 0);
    expect(await isIn(room.take(share()))).toBe(true);
  });
});
