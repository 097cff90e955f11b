import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectKept, expectNothingUnanswered } from './support/checks.js';
import { Client } from './support/client.js';
import { report } from './support/ledger.js';
import { Load } from './support/load.js';
import { describeOwnServer } from './support/own-server.js';
import { type Postgres, startPostgres } from './support/postgres.js';
import { Random } from './support/random.js';
import { Service } from './support/service.js';

/** The time limit of the contract. */
const STOPS_WITHIN_MS = 10_000;

const seed = Random.seed();
const random = new Random(seed);

let database: Postgres;
const services: Service[] = [];

beforeAll(async () => {
  database = await startPostgres();
});
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()));
});
afterAll(() => database.close());

async function start(environment: Record<string, string> = {}): Promise<Service> {
  const service = await Service.start({ DATABASE_URL: database.url, ...environment });
  services.push(service);
  return service;
}

describeOwnServer('ten replicas started at once on an empty database', () => {
  it('all become ready, on a schema that was migrated once', async () => {
    await Promise.all(Array.from({ length: 10 }, () => start()));
    const migrations = await database.sql('SELECT name, count(*)::int AS times FROM watcher_migration GROUP BY name');
    expect(migrations.length).toBeGreaterThan(0);
    expect(migrations.filter(({ times }) => times !== 1)).toEqual([]);
    const ready = await Promise.all(services.map((service) => service.isReady()));
    expect(ready).toEqual(Array.from({ length: 10 }, () => true));
    const answers = await Promise.all(
      services.map((service) =>
        new Client(service.url).post('/pipeline', { name: 'one', pipeline_type_name: 'faults' }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(9);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    await database.sql('TRUNCATE pipeline, pipeline_type CASCADE');
  });
});

describe('SIGTERM', () => {
  it('under load, five times: accepted requests are answered, and the process exits with 0', async () => {
    const service = await start();
    // Sends everything once, so that an effect without an answer is detected.
    const load = new Load(service.url, random, { workers: 32, pauseMs: 2, isRepeating: false });
    for (let round = 0; round < 5; round++) {
      await load.run();
      await sleep(300 + random.below(300));
      const end = await service.end('SIGTERM');
      expect(end.outcome).toBe(0);
      expect(end.ms).toBeLessThan(STOPS_WITHIN_MS);
      await service.restart();
      await load.settle();
      expect({ torn: load.ledger.torn, refused: load.ledger.refused }).toEqual({ torn: 0, refused: 0 });
      await expectNothingUnanswered(database, load.ledger);
      await expectKept(database, load.ledger);
    }
    load.close();
    report(`SIGTERM under load, seed ${seed}: ${load.ledger.summary()}`);
  });

  it('sends a slow reader the whole of a large answer', async () => {
    const service = await start();
    const client = new Client(service.url);
    const pipeline_metadata = { large: 'x'.repeat(200_000) };
    for (let index = 0; index < 50; index++) {
      await client.post('/pipeline', { name: `large ${index}`, pipeline_type_name: 'faults', pipeline_metadata });
    }
    const reading = new Promise<string>((resolve, reject) => {
      const outgoing = request(new URL('/pipeline?pipeline_type_name=faults&limit=1000', service.url));
      outgoing.on('error', reject).on('response', (response) => {
        let received = '';
        response.setEncoding('utf8').pause();
        response.on('data', (chunk: string) => (received += chunk));
        response.on('end', () => resolve(received)).on('error', reject);
        setTimeout(() => response.resume(), 4000);
      });
      outgoing.end();
    });
    await sleep(1000);
    const end = await service.end('SIGTERM');
    services.length = 0;
    expect(JSON.parse(await reading).length).toBeGreaterThanOrEqual(50);
    expect(end.outcome).toBe(0);
    expect(end.ms).toBeLessThan(STOPS_WITHIN_MS);
    client.close();
  });
});
