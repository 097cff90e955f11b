import fc from 'fast-check';
import { Random } from '../faults/support/random.js';
import { expectExactTrees } from '../support/closure.js';
import { type Answer, type Json, Watcher } from '../support/watcher.js';
import { CORPORA, eventsOf } from './corpora.js';
import { eventsOfForest, FORESTS } from './forests.js';
import { fold } from './oracle.js';
import { expectedState, expectFailures, storedState } from './stored.js';

const RUNS = Number(process.env['OPENLINEAGE_RUNS'] ?? 40);
/** `OPENLINEAGE_SEED=... OPENLINEAGE_RUNS=... npm test -- test/openlineage/permutations` sends the same forests again. */
const SEED = Number(process.env['OPENLINEAGE_SEED'] ?? Date.now() % 2 ** 31);
const REPLICAS = 3;
/** Recent: what is old may be left out by retention, and alerts nobody. */
const BASE = Math.floor(Date.now() / 1000) * 1000 - 3_600_000;

/** How a set of events is delivered; all of it follows from the seed. */
interface Delivery {
  readonly seed: number;
  readonly replicas: number;
  /** Senders at once. */
  readonly senders: number;
  /** The share of events that are sent again. */
  readonly repeated: number;
  readonly isShuffled: boolean;
}

const DELIVERIES: fc.Arbitrary<Delivery> = fc.record({
  seed: fc.integer({ min: 1, max: 2 ** 31 }),
  replicas: fc.integer({ min: 1, max: REPLICAS }),
  senders: fc.integer({ min: 1, max: 4 }),
  repeated: fc.constantFrom(0, 0.2, 1),
  isShuffled: fc.boolean(),
});

let replicas: Watcher[];
let sent = 0;

beforeAll(async () => {
  const first = await Watcher.start();
  const others = Array.from({ length: REPLICAS - 1 }, () => Watcher.start({}, first.database));
  replicas = [first, ...(await Promise.all(others))];
});
afterAll(async () => {
  for (const replica of replicas.slice(1)) await replica.app.close();
  await replicas[0]?.stop();
});

function shuffle<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => [random.next(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item);
}

/** Sends until the answer is not to try again, as clients do. */
async function repeated(post: () => Promise<Answer> | undefined): Promise<Answer | undefined> {
  for (;;) {
    const answer = await post();
    if (answer?.status !== 503 || answer.body.code !== 'database_busy') return answer;
  }
}

/** Sends each event once or more often, in batches of any size and singly, by several senders, to several replicas. */
async function deliver(events: readonly Json[], { seed, ...delivery }: Delivery): Promise<void> {
  const random = new Random(seed);
  const repeats = events.filter(() => random.chance(delivery.repeated));
  const all = [...events, ...repeats];
  const queue = delivery.isShuffled ? shuffle(all, random) : all;
  const send = async (): Promise<void> => {
    while (queue.length > 0) {
      const replica = replicas[random.below(delivery.replicas)];
      const dice = random.below(3);
      const batch = queue.splice(0, dice === 0 ? 1 : 1 + random.below(20));
      const path = dice === 1 ? '/api/v1/lineage/batch' : '/api/v1/lineage';
      const answer = await repeated(() => replica?.post(path, dice === 0 ? batch[0] : batch));
      sent += batch.length;
      if (answer?.status !== 200) throw new Error(`${path}: ${answer?.status} ${answer?.text}`);
      if (dice > 0 && answer.body.status !== 'success') throw new Error(answer.text);
    }
  };
  await Promise.all(Array.from({ length: delivery.senders }, send));
}

/** An event in one line, to see what a counterexample is about. */
function inShort({ eventType, eventTime, run, job, inputs, outputs }: Json): string {
  const { parent, ...facets } = run.facets;
  const above = parent && `below ${parent.run.runId.slice(-2)} root ${parent.root?.run.runId.slice(-2)}`;
  const datasets = [...inputs, '>', ...outputs].map((of: Json) => (typeof of === 'string' ? of : JSON.stringify(of)));
  return [run.runId.slice(-2), eventType, eventTime, job.name, above, JSON.stringify(facets), ...datasets].join(' ');
}

async function expectState(events: readonly Json[]): Promise<void> {
  const database = replicas[0]?.database;
  if (!database) throw new Error('no service runs');
  const folded = fold(events);
  expect(await storedState(database, folded)).toEqual(expectedState(folded));
  await expectFailures(database, folded);
  await expectExactTrees(database);
}

describe('the state after a set of events', () => {
  let number = 0;

  // They share a pipeline, so what was sent before counts too.
  const recorded: Json[] = [];

  it.each(CORPORA)('is that of %s, as it was recorded and in another order', async (corpus) => {
    const events = eventsOf(corpus);
    recorded.push(...events);
    await deliver(events, { seed: 1, replicas: 1, senders: 1, repeated: 0, isShuffled: false });
    await expectState(recorded);
    await deliver(events, { seed: SEED, replicas: REPLICAS, senders: 4, repeated: 1, isShuffled: true });
    await expectState(recorded);
  });

  it(`does not depend on order, repetition, batches and replicas (seed ${SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(FORESTS, DELIVERIES, async (forest, delivery) => {
        const events = eventsOfForest(forest, (number += 1), BASE);
        await deliver(events, delivery);
        await expectState(events).catch((error: unknown) => {
          throw new Error(`after\n${events.map(inShort).join('\n')}`, { cause: error });
        });
      }),
      { numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: 40_000, markInterruptAsFailure: false },
    );
    process.stderr.write(`openlineage: seed ${SEED}, ${number} forests, ${sent} events sent\n`);
  });
});
