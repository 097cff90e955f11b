import { parseEvent } from '../event/parse-event.js';
import type { RunEvent } from '../event/lineage-event.js';
import { deriveRun, edgesOf, parentClaimOf } from './derived-run.js';
import { foldEvents } from './fold-events.js';
import { mergeRuns, type RunState } from './run-state.js';

const RUN = '01a214e1-18ba-702b-859e-0c0e57487c7d';
const PARENT = '01a214e1-18ba-702b-859e-0c0e57487c7e';
const ROOT = '01a214e1-18ba-702b-859e-0c0e57487c7f';
const NOW = new Date('2026-11-25T23:00:00Z');

function event(eventType: string, second: number, more: object = {}): RunEvent {
  const eventTime = `2026-11-25T22:00:${String(second).padStart(2, '0')}Z`;
  const body = { eventType, eventTime, run: { runId: RUN }, job: { namespace: 'prod', name: 'load' }, ...more };
  return parseEvent(body, NOW) as RunEvent;
}

/** The datasets of these tests are named by their ids. */
function fold(events: readonly RunEvent[], runId = RUN): RunState {
  const deltas = foldEvents(events, { datasetId: ({ name }) => Number(name), isNative: () => false });
  return deltas.get(runId)?.state as RunState;
}

const status = (...events: RunEvent[]): string => deriveRun(fold(events)).status;

describe(deriveRun.name, () => {
  it('counts a failure more than an abort, and that more than a success, at or after the last start', () => {
    expect(status(event('START', 1), event('FAIL', 2), event('COMPLETE', 3))).toBe('failed');
    expect(status(event('START', 1), event('ABORT', 1), event('COMPLETE', 3))).toBe('aborted');
    expect(status(event('FAIL', 1), event('START', 2))).toBe('running');
    expect(status(event('FAIL', 1), event('START', 2), event('COMPLETE', 3))).toBe('succeeded');
    expect(status(event('OTHER', 1))).toBe('expected');
    expect(status(event('RUNNING', 1))).toBe('running');
    expect(status(event('COMPLETE', 1))).toBe('succeeded');
  });

  it('sums the latest counts of the outputs, not those of each event', () => {
    const written = (second: number, rows: number) =>
      event('RUNNING', second, {
        outputs: [
          { namespace: 'd', name: '1', outputFacets: { outputStatistics: { rowCount: rows } } },
          { namespace: 'd', name: '2', outputFacets: { outputStatistics: { rowCount: 10 } } },
        ],
      });
    expect(deriveRun(fold([written(2, 5), written(1, 4)]))).toMatchObject({ rows: 15, loads: false });
    expect(deriveRun(fold([event('COMPLETE', 3, { outputs: [{ namespace: 'd', name: '1' }] })]))).toMatchObject({
      rows: null,
      loads: true,
    });
  });

  it('is the same for any order and repetition', () => {
    const events = [
      event('START', 1, { inputs: [{ namespace: 'd', name: '1' }] }),
      event('OTHER', 2, { outputs: [{ namespace: 'd', name: '2' }] }),
      event('FAIL', 3, { run: { runId: RUN, facets: { errorMessage: { message: 'no', programmingLanguage: 'x' } } } }),
      event('COMPLETE', 4),
    ];
    const state = fold(events);
    for (let turn = 0; turn < events.length; turn++) {
      const turned = [...events.slice(turn), ...events.slice(0, turn)];
      expect(fold([...turned, ...turned])).toEqual(state);
      const [head, tail] = [fold(turned.slice(0, 2)), fold(turned.slice(2))];
      expect(mergeRuns(head, tail)).toEqual(state);
      expect(mergeRuns(state, tail)).toEqual(state);
    }
    expect(deriveRun(state)).toMatchObject({ status: 'failed', hasError: true });
  });
});

describe(parentClaimOf.name, () => {
  const facets = { parent: { run: { runId: PARENT }, job: { namespace: 'p', name: 'n' }, root: { run: { runId: ROOT }, job: { namespace: 'p', name: 'r' } } } }; // prettier-ignore
  const child = event('START', 1, { run: { runId: RUN, facets } });

  it('is the run that its own events name', () => {
    expect(parentClaimOf(fold([child]), RUN)).toMatchObject({ runId: PARENT });
  });

  it('is the root that its children name, until it speaks for itself', () => {
    const placeholder = fold([child], PARENT);
    expect(parentClaimOf(placeholder, PARENT)).toMatchObject({ runId: ROOT });
    const own = event('START', 2, { run: { runId: PARENT } });
    expect(parentClaimOf(fold([child, own], PARENT), PARENT)).toBeNull();
  });
});

describe(edgesOf.name, () => {
  const [a, b] = ['1', '2'].map((name) => ({ namespace: 'd', name }));

  it('leads from all inputs to all outputs', () => {
    const edges = edgesOf(fold([event('COMPLETE', 1, { inputs: [a, b], outputs: [b] })]));
    expect(edges).toEqual([{ target: 2, sources: [1, 2] }]);
  });

  it('follows the lineage facet, where an empty list says that there is none', () => {
    const lineage = (inputs: object[]) => ({ ...b, facets: { lineage: { inputs } } });
    expect(edgesOf(fold([event('COMPLETE', 1, { inputs: [a], outputs: [lineage([])] })]))).toEqual([
      { target: 2, sources: [] },
    ]);
    const source = { namespace: 'd', name: '3', type: 'DATASET' };
    expect(edgesOf(fold([event('COMPLETE', 1, { inputs: [a], outputs: [lineage([source])] })]))).toEqual([
      { target: 2, sources: [3] },
    ]);
  });
});
