import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { eventsOf } from '../openlineage/corpora.js';
import { eventsOfForest, FORESTS } from '../openlineage/forests.js';
import { fold } from '../openlineage/oracle.js';
import { expectedState, storedState } from '../openlineage/stored.js';
import { expectExactTrees } from '../support/closure.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import type { Json } from '../support/watcher.js';
import { expectNoLeak } from './support/checks.js';
import { Client, NoAnswer } from './support/client.js';
import { report } from './support/ledger.js';
import { type Postgres, startPostgres } from './support/postgres.js';
import { Random } from './support/random.js';
import { Service } from './support/service.js';

const seed = Random.seed();
const random = new Random(seed);
const SENDERS = 12;
const FOREST_COUNT = 40;
const KILLS = 2;

let database: Postgres;
let service: Service;
let proxy: TcpProxy;
let client: Client;

/** The proxy is between the clients and the service: it drops answers after their effects are committed. */
beforeAll(async () => {
  database = await startPostgres();
  service = await Service.start({ DATABASE_URL: database.url, WATCHER_CHECK_CRON: 'off' });
  proxy = await TcpProxy.to(service.url);
  client = new Client(proxy.via(service.url), SENDERS);
});
afterAll(async () => {
  client.close();
  await proxy.close();
  await service.close();
  await database.close();
});

const counts = { answered: 0, unanswered: 0, refused: 0 };

/** Sends an event, or a batch, until it is answered, as the clients do. */
async function deliver(body: Json): Promise<void> {
  for (;;) {
    try {
      const { status, body: answer, headers } = await client.post('/api/v1/lineage', body);
      if (status === 200 && (answer.status ?? 'success') === 'success') {
        counts.answered += 1;
        return;
      }
      if (status !== 503 || headers['retry-after'] === undefined)
        throw new Error(`${status} ${JSON.stringify(answer)}`);
      counts.refused += 1;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      counts.unanswered += 1;
    }
    await sleep(50 + random.below(100));
  }
}

it('events whose answers are lost, and that are repeated, come to what they come to without faults', async () => {
  const base = Date.now() - 3_600_000;
  const forests = fc.sample(FORESTS, { numRuns: FOREST_COUNT, seed });
  const sets = [eventsOf('spark_batch'), ...forests.map((forest, index) => eventsOfForest(forest, index + 1, base))];
  const queue = sets
    .flat()
    .map((event) => [random.next(), event] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, event]) => event);
  const sent = queue.length;
  const each = Math.floor(sent / (KILLS + 1));
  const work = async (): Promise<void> => {
    while (queue.length > 0) {
      // Slowly enough for the kills to come in between.
      const batch = queue.splice(0, random.chance(0.2) ? 5 : 1);
      await deliver(batch.length === 1 ? batch[0] : batch);
    }
  };
  proxy.dropAnswers(() => random.chance(0.1));
  const workers = Promise.all(Array.from({ length: SENDERS }, work));
  let kills = 0;
  for (let left = sent - each; queue.length > 0 && kills < KILLS; await sleep(2)) {
    if (queue.length > left) continue;
    left -= each;
    kills += 1;
    expect(await service.end('SIGKILL')).toMatchObject({ outcome: 'SIGKILL' });
    await service.restart();
  }
  await workers;
  proxy.dropAnswers(() => false);
  report(`openlineage, seed ${seed}: ${sent} events, ${kills} kills, ${JSON.stringify(counts)}`);
  expect(kills).toBe(KILLS);
  expect(counts.unanswered).toBeGreaterThan(10);
  for (const events of sets) {
    const folded = fold(events);
    expect(await storedState(database, folded)).toEqual(expectedState(folded));
  }
  await expectExactTrees(database);
  await expectNoLeak(database);
});
