import type { Direction } from './anomaly.entity.js';
import { Episodes, type Judged } from './episodes.js';

const judged = (executionId: number, direction: Direction | null, fields: Partial<Judged> = {}): Judged => ({
  executionId,
  pipelineId: 1,
  metric: 'total_rows',
  direction,
  isTold: true,
  ...fields,
});

/** Feeds a batch, and opens the incidents that it asks for: incident 100 + execution. */
function batch(episodes: Episodes, runs: readonly Judged[]) {
  for (const run of runs) episodes.add(run);
  const short = episodes.opened(new Map([...episodes.opening.keys()].map((id) => [id, 100 + id])));
  return { short: Object.fromEntries(short), over: Object.fromEntries(episodes.over) };
}

describe('unusual runs in a row', () => {
  it('open one incident, join it, and end it with the first usual run', () => {
    const first = new Episodes([]);
    expect(batch(first, [judged(1, 'low')])).toEqual({ short: {}, over: {} });
    expect([...first.opening]).toEqual([[1, ['total_rows']]]);
    const second = new Episodes(first.toWrite);
    batch(second, [judged(2, 'low'), judged(3, 'high')]);
    expect([second.joined, second.opening.size]).toEqual([[101, 101], 0]);
    const third = new Episodes(second.toWrite);
    expect(batch(third, [judged(4, null)]).over).toEqual({ 101: 'normal' });
    expect([third.toWrite, third.toDelete.length]).toEqual([[], 1]);
  });

  it('are a new level after five on one side, and open nothing more until a usual one', () => {
    const first = new Episodes([]);
    batch(first, [judged(1, 'high')]);
    const second = new Episodes(first.toWrite);
    const { over } = batch(
      second,
      [2, 3, 4, 5, 6, 7].map((id) => judged(id, 'high')),
    );
    expect(over).toEqual({ 101: 'new_level' });
    expect([second.opening.size, second.joined.length]).toEqual([0, 3]);
    const third = new Episodes(second.toWrite);
    batch(third, [judged(8, null), judged(9, 'low')]);
    expect([...third.opening.keys()]).toEqual([9]);
    expect(third.toDelete).toEqual([]);
  });

  it('that begin and end in one batch leave a resolved incident', () => {
    const episodes = new Episodes([]);
    expect(batch(episodes, [judged(1, 'low'), judged(2, null)])).toEqual({ short: { 101: 'normal' }, over: {} });
    expect(episodes.toWrite).toEqual([]);
  });

  it('of which one explains the other open nothing', () => {
    const episodes = new Episodes([]);
    batch(episodes, [judged(1, 'high', { isTold: false }), judged(2, 'high')]);
    expect(episodes.opening.size).toBe(0);
    expect(episodes.toWrite).toMatchObject([{ runs: 2, incidentId: null }]);
  });

  it('share the incident of the run that opened it for two metrics', () => {
    const first = new Episodes([]);
    batch(first, [judged(1, 'low'), judged(1, 'low', { metric: 'duration_seconds' })]);
    expect(first.toWrite.map(({ incidentId }) => incidentId)).toEqual([101, 101]);
  });
});
