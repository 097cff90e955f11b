import { ClaimGraph, type LinkedRun } from './claim-graph.js';

const link = (runId: string, at: string) => ({ runId, at });

/** Claims by run: before and after. */
function judge(claims: Record<string, Partial<LinkedRun>>, changed: string[]) {
  const runOf = async (runId: string) => ({ before: null, after: null, wasRefused: false, ...claims[runId] });
  return new ClaimGraph(runOf).judge(changed);
}

describe(ClaimGraph.name, () => {
  it('refuses the latest claim of a cycle, whichever came last', async () => {
    const claims = { a: link('b', '3'), b: link('c', '9'), c: link('a', '5') };
    for (const last of ['a', 'b', 'c'] as const) {
      const runs = Object.fromEntries(
        Object.entries(claims).map(([run, after]) => [run, { before: run === last ? null : after, after }]),
      );
      expect(Object.fromEntries(await judge(runs, [last]))).toEqual({ a: false, b: true, c: false });
    }
  });

  it('decides by run id between claims of one moment', async () => {
    const runs = { a: { after: link('b', '1') }, b: { after: link('a', '1') } };
    expect(Object.fromEntries(await judge(runs, ['a']))).toEqual({ a: false, b: true });
  });

  it('lets a refused claim count again once the cycle is open', async () => {
    const runs = {
      a: { before: link('b', '1'), after: null },
      b: { before: link('a', '2'), after: link('a', '2'), wasRefused: true },
    };
    expect(Object.fromEntries(await judge(runs, ['a']))).toEqual({ a: false, b: false });
  });
});
