import { Random } from '../faults/support/random.js';
import { expectExactTrees } from '../support/closure.js';
import { stir } from '../support/moves.js';
import { Watcher } from '../support/watcher.js';

describe('executions that start and move at once', () => {
  let replicas: readonly Watcher[];
  beforeAll(async () => {
    const one = await Watcher.start();
    replicas = [one, await Watcher.start({}, one.database)];
  });
  afterAll(async () => {
    await replicas[1]?.app.close();
    await replicas[0]?.stop();
  });

  it('are where a recursive walk finds them, on two replicas', async () => {
    const [one, two] = replicas as [Watcher, Watcher];
    const pipelines = [await one.pipeline('A'), await one.pipeline('B')];
    const seed = Random.seed();
    const random = new Random(seed);
    const ids = [await one.begin(pipelines[0] ?? 0)];
    let sent = 0;
    const answers = await stir({
      send: (method, path, body) => (sent++ % 2 === 0 ? one : two)[method === 'POST' ? 'post' : 'patch'](path, body),
      below: (limit) => random.below(limit),
      pipelines,
      writers: 8,
      forMs: 4000,
      ids,
    });
    const seen = { seed, ...Object.fromEntries(answers) };
    expect({ ...seen, others: [...answers.keys()].filter((status) => ![200, 201, 409].includes(status)) }).toEqual({
      ...seen,
      others: [],
    });
    // Each kind occurred: starts, moves, and refused cycles.
    for (const status of [200, 201, 409]) expect(answers.get(status)).toBeGreaterThan(0);
    await expectExactTrees(one.database);
  });
});
