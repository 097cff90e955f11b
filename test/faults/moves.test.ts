import { setTimeout as sleep } from 'node:timers/promises';
import { expectExactTrees } from '../support/closure.js';
import { stir } from '../support/moves.js';
import { Client } from './support/client.js';
import { report } from './support/ledger.js';
import { type Postgres, startPostgres } from './support/postgres.js';
import { Random } from './support/random.js';
import { Service } from './support/service.js';

const seed = Random.seed();
const random = new Random(seed);
const WRITERS = 8;
/** In all, over the lives of the service. */
const STIRRED_MS = 20_000;
const LIVES = 4;

let database: Postgres;
beforeAll(async () => {
  database = await startPostgres();
});
afterAll(() => database.close());

/** Eight writers over the lives of a service, each but the last ended by `kill -9` among them. */
async function stirThroughKills(service: Service): Promise<Map<number, number>> {
  const client = new Client(service.url, WRITERS);
  const register = async (name: string): Promise<number> =>
    (await client.post('/pipeline', { name, pipeline_type_name: 'moves' })).body.id;
  const pipelines = [await register('A'), await register('B')];
  const ids = [(await client.post('/start_pipeline_execution', { pipeline_id: pipelines[0] })).body.id];
  const answers = new Map<number, number>();
  for (let life = 1; life <= LIVES; life++) {
    const stirred = stir({
      // No answer while the service is away: the writer tries something else in a moment.
      send: (method, path, body) => client.send(method, path, JSON.stringify(body)).catch(() => sleep(20, undefined)),
      below: (limit) => random.below(limit),
      pipelines,
      writers: WRITERS,
      forMs: STIRRED_MS / LIVES,
      ids,
    });
    if (life < LIVES) {
      await sleep(STIRRED_MS / LIVES / 2 + random.below(1000));
      await service.end('SIGKILL');
    }
    for (const [status, count] of await stirred) answers.set(status, (answers.get(status) ?? 0) + count);
    if (life < LIVES) await service.restart();
    await expectExactTrees(database);
  }
  client.close();
  return answers;
}

function expectOnly(answers: ReadonlyMap<number, number>): void {
  // 0: no answer; 503: a lock that was not had in time, or the service was stopping.
  const others = [...answers.keys()].filter((status) => ![0, 200, 201, 409, 503].includes(status));
  expect({ seed, others }).toEqual({ seed, others: [] });
  for (const status of [200, 201, 409]) expect(answers.get(status)).toBeGreaterThan(3);
}

it('executions that start and move at once are where a recursive walk finds them, with kill -9 in between', async () => {
  const service = await Service.start({ DATABASE_URL: database.url });
  try {
    const answers = await stirThroughKills(service);
    report(`moves, seed ${seed}: ${JSON.stringify(Object.fromEntries(answers))}`);
    expectOnly(answers);
  } finally {
    await service.close();
  }
});
