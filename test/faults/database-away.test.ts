import { setTimeout as sleep } from 'node:timers/promises';
import { expectKept, expectNoLeak, PROMISED_MS, untilRecovered } from './support/checks.js';
import { Client, type Reply } from './support/client.js';
import { report } from './support/ledger.js';
import { Load } from './support/load.js';
import { type Postgres, startPostgres } from './support/postgres.js';
import { Random } from './support/random.js';
import { Service } from './support/service.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const seed = Random.seed();

let database: Postgres;
let proxy: TcpProxy;
let service: Service;
let client: Client;
let load: Load;

beforeAll(async () => {
  database = await startPostgres();
  proxy = await TcpProxy.to(database.url);
  service = await Service.start({ DATABASE_URL: proxy.via(database.url) });
  client = new Client(service.url, 16);
  load = new Load(service.url, new Random(seed));
});
afterAll(async () => {
  load.close();
  client.close();
  await service.close();
  await proxy.close();
  await database.close();
  report(`database away, seed ${seed}: ${load.ledger.summary()}`);
});

/** One request of each kind that needs the database. */
const REQUESTS: readonly [string, () => Promise<Reply>][] = [
  ['register', () => client.post('/pipeline', { name: 'away', pipeline_type_name: 'away' })],
  ['change', () => client.patch('/pipeline', { id: 1, active: true })],
  ['start', () => client.post('/start_pipeline_execution', { pipeline_id: 1 })],
  ['end', () => client.post('/end_pipeline_execution', { id: 1, completed_successfully: true })],
  ['read', () => client.get('/pipeline_execution/1')],
  ['list', () => client.get('/pipeline')],
  ['tree', () => client.get('/pipeline_execution/1/tree')],
];

/** While the database is away, every endpoint says so in time, and the process is alive. */
async function expectRefusals(): Promise<void> {
  for (const { kind, reply } of await Promise.all(
    REQUESTS.map(async ([kind, send]) => ({ kind, reply: await send() })),
  )) {
    expect({ kind, status: reply.status, code: reply.body.code, retry: reply.headers['retry-after'] }).toEqual({
      kind,
      status: 503,
      code: 'database_unavailable',
      retry: expect.stringMatching(/^\d+$/),
    });
    expect({ kind, inTime: reply.ms < PROMISED_MS, ms: reply.ms }).toMatchObject({ inTime: true });
  }
  const [live, ready] = await Promise.all([service.ask('/health/live'), service.ask('/health/ready')]);
  expect(live?.status).toBe(200);
  expect([ready?.status, ready?.headers['retry-after'] !== undefined]).toEqual([503, true]);
  expect(ready?.ms).toBeLessThan(PROMISED_MS);
}

async function expectRecovery(what: string): Promise<void> {
  const recovery = await untilRecovered(service, client);
  report(`${what}: recovery took ${Math.round(recovery)} ms`);
  expect(recovery).toBeLessThan(PROMISED_MS);
  await load.settle();
  // No request of the load waited longer for a refusal either.
  expect(load.ledger.slowestFailureMs).toBeLessThan(PROMISED_MS);
  await expectKept(database, load.ledger);
  await expectNoLeak(database);
}

describe('the database away', () => {
  it('for 20 s, refusing connections: 503 until it is back, then normal service', async () => {
    await load.run();
    await sleep(500);
    await proxy.cut();
    const back = sleep(20_000);
    for (let look = 0; look < 4; look++) {
      await expectRefusals();
      await sleep(3000);
    }
    await back;
    await proxy.restore();
    await expectRecovery('refused for 20 s');
  });

  it('for 10 s in silence, on connections that stay open: the same', async () => {
    await load.run();
    await sleep(500);
    proxy.hang();
    const back = sleep(10_000);
    for (let look = 0; look < 2; look++) await expectRefusals();
    await back;
    await proxy.restore();
    await expectRecovery('silent for 10 s');
  });

  it('for a moment, ten times: requests in progress may fail, the service does not', async () => {
    await load.run();
    for (let round = 0; round < 10; round++) {
      await sleep(200);
      await proxy.cut();
      await sleep(100);
      await proxy.restore();
    }
    await expectRecovery('ten short cuts');
  });
});

describe('every backend', () => {
  it('can be terminated in turn, under load', async () => {
    await load.run();
    let terminated = 0;
    for (let round = 0; round < 5; round++) {
      const backends = await database.sql<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'watcher'`,
      );
      for (const { pid } of backends) {
        await database.sql('SELECT pg_terminate_backend($1::int)', [pid]);
        terminated += 1;
        await sleep(50);
      }
    }
    report(`${terminated} backends terminated in turn`);
    expect(terminated).toBeGreaterThan(0);
    await expectRecovery('backends terminated');
  });
});
