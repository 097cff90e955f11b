import { setTimeout as sleep } from 'node:timers/promises';
import { expectKept, expectNoLeak } from './support/checks.js';
import { Client, NoAnswer } from './support/client.js';
import { report } from './support/ledger.js';
import { Load } from './support/load.js';
import { type Postgres, startPostgres } from './support/postgres.js';
import { Random } from './support/random.js';
import { Service } from './support/service.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const seed = Random.seed();
const random = new Random(seed);

let database: Postgres;
let service: Service;
let proxy: TcpProxy;
let client: Client;
let load: Load;

/** The proxy is between the client and the service: it drops answers after their effects are committed. */
beforeAll(async () => {
  database = await startPostgres();
  service = await Service.start({ DATABASE_URL: database.url });
  proxy = await TcpProxy.to(service.url);
  client = new Client(proxy.via(service.url));
  load = new Load(proxy.via(service.url), random);
});
afterAll(async () => {
  load.close();
  client.close();
  await proxy.close();
  await service.close();
  await database.close();
  report(`answers lost, seed ${seed}: ${load.ledger.summary()}`);
});

describe('an answer that is lost after the commit', () => {
  it('is returned to a repeat with the same external_id or key, and nothing is stored twice', async () => {
    await load.run();
    proxy.dropAnswers(() => random.chance(0.2));
    const { ledger } = load;
    const isEnough = () => ledger.unanswered > 50 && ledger.foundAgain > 10 && ledger.replayed > 5;
    // A busy machine needs longer for as many.
    for (let seconds = 0; seconds < 3 || (seconds < 30 && !isEnough()); seconds++) await sleep(1000);
    proxy.dropAnswers(() => false);
    await load.settle();
    expect(ledger.unanswered).toBeGreaterThan(50);
    expect(ledger.foundAgain).toBeGreaterThan(10);
    expect(ledger.replayed).toBeGreaterThan(5);
    await expectKept(database, ledger);
    await expectNoLeak(database);
  });

  it('is the same for an end: the repeat gets the lost body', async () => {
    const { body: pipeline } = await client.post('/pipeline', { name: 'lost ends', pipeline_type_name: 'faults' });
    const { body: execution } = await client.post('/start_pipeline_execution', { pipeline_id: pipeline.id });
    const end = { id: execution.id, completed_successfully: true, inserts: 3 };
    proxy.dropAnswers(() => true);
    await expect(client.post('/end_pipeline_execution', end)).rejects.toBeInstanceOf(NoAnswer);
    proxy.dropAnswers(() => false);
    const { body: kept } = await client.get(`/pipeline_execution/${execution.id}`);
    const repeat = await client.post('/end_pipeline_execution', end);
    expect(repeat).toMatchObject({ status: 200, body: { status: 'succeeded', end_date: kept.end_date, inserts: 3 } });
  });

  it('is replayed to the same Idempotency-Key, for every kind of request', async () => {
    const { body: pipeline } = await client.post('/pipeline', { name: 'lost', pipeline_type_name: 'faults' });
    const { body: execution } = await client.post('/start_pipeline_execution', { pipeline_id: pipeline.id });
    const requests = [
      ['/pipeline_type', { name: 'lost type' }, 201],
      ['/pipeline', { name: 'lost pipeline', pipeline_type_name: 'lost type' }, 201],
      ['/start_pipeline_execution', { pipeline_id: pipeline.id }, 201],
      ['/end_pipeline_execution', { id: execution.id, completed_successfully: true }, 200],
      ['/start_pipeline_execution', { pipeline_id: 999_999 }, 404],
    ] as const;
    for (const [index, [path, body, status]] of requests.entries()) {
      const count = 'SELECT count(*)::int AS executions FROM pipeline_execution';
      const headers = { 'idempotency-key': `lost ${index}` };
      proxy.dropAnswers(() => true);
      await expect(client.post(path, body, headers)).rejects.toBeInstanceOf(NoAnswer);
      proxy.dropAnswers(() => false);
      const before = await database.sql(count);
      const repeats = [await client.post(path, body, headers), await client.post(path, body, headers)];
      for (const repeat of repeats) {
        expect([repeat.status, repeat.headers['idempotency-replayed']]).toEqual([status, 'true']);
        expect(repeat.body).toEqual(repeats[0]?.body);
      }
      expect(await database.sql(count)).toEqual(before);
    }
  });
});
