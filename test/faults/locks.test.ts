import pg from 'pg';
import { expectExactClosure } from '../support/closure.js';
import { expectNoLeak, PROMISED_MS, untilBlocked, untilRecovered } from './support/checks.js';
import { Client, type Reply } from './support/client.js';
import { report } from './support/ledger.js';
import { type Postgres, startPostgres } from './support/postgres.js';
import { Service } from './support/service.js';

let database: Postgres;
let service: Service;
let client: Client;
let locked: number;
let other: number;

beforeAll(async () => {
  database = await startPostgres();
  service = await Service.start({ DATABASE_URL: database.url });
  client = new Client(service.url, 300);
  locked = await register('locked');
  other = await register('other');
});
afterAll(async () => {
  client.close();
  await service.close();
  await database.close();
});

function sync(name: string, next_watermark = 'w'): Promise<Reply> {
  return client.post('/pipeline', { name, pipeline_type_name: 'faults', next_watermark });
}

async function register(name: string): Promise<number> {
  return (await sync(name)).body.id;
}

function begin(pipeline: number): Promise<Reply> {
  return client.post('/start_pipeline_execution', { pipeline_id: pipeline });
}

function end(id: number): Promise<Reply> {
  return client.post('/end_pipeline_execution', { id, completed_successfully: true, inserts: 1 });
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

function times<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(range(count).map(make));
}

async function idsOf(replies: Promise<Reply[]>): Promise<number[]> {
  return (await replies).map(({ body }) => body.id);
}

/** Somebody with a forgotten transaction in a terminal. */
async function lockPipeline(id: number): Promise<{ release(): Promise<void> }> {
  const connection = new pg.Client({ connectionString: database.url });
  await connection.connect();
  await connection.query('BEGIN');
  await connection.query('SELECT 1 FROM pipeline WHERE id = $1::bigint FOR UPDATE', [id]);
  return {
    release: async () => {
      await connection.query('ROLLBACK');
      await connection.end();
    },
  };
}

/** Refused, and told when to come back; or done. */
function isDoneOrPutOff({ status, headers, body }: Reply): boolean {
  return status < 300 || (status === 503 && body.code === 'database_busy' && headers['retry-after'] !== undefined);
}

const isDone = ({ status }: Reply): boolean => status < 300;

/** Who could not be served for a lock, sends again when it is gone. */
async function expectAllDone(ids: readonly number[]): Promise<void> {
  const repeats = await Promise.all(ids.map(end));
  expect(repeats.filter((reply) => !isDone(reply))).toEqual([]);
  await expectExactClosure(database);
  await expectNoLeak(database);
}

describe('a pipeline that an outsider keeps locked', () => {
  it('holds up its own writes only, be they more than the pool has connections', async () => {
    const stuck = await idsOf(times(30, () => begin(locked)));
    const free = await idsOf(times(30, () => begin(other)));
    const outsider = await lockPipeline(locked);
    const waiting = Promise.all([
      ...stuck.map(end),
      ...range(30).map(() => client.patch('/pipeline', { id: locked, active: true })),
      ...range(30).map((index) => sync('locked', `w${index}`)),
    ]);
    await untilBlocked(database);
    for (let round = 0; round < 3; round++) {
      const others = await Promise.all([
        times(10, () => begin(other)),
        times(10, () => begin(locked)),
        times(10, () => client.get(`/pipeline/${locked}`)),
        times(10, () => client.get('/pipeline_execution?status=running')),
        // In step with what is stored: nothing to write, so nothing to wait for.
        times(10, () => sync('other')),
        Promise.all(free.splice(0, 10).map(end)),
      ]);
      expect(others.flat().filter((reply) => !isDone(reply))).toEqual([]);
      expect(await service.isReady()).toBe(true);
    }
    const putOff = await waiting;
    await outsider.release();
    expect(putOff.filter((reply) => !isDoneOrPutOff(reply))).toEqual([]);
    // All of them, for the lock was there all the time.
    expect(putOff.filter(isDone)).toEqual([]);
    report(`a locked pipeline: ${putOff.length} writes to it put off, 180 others served meanwhile`);
    await expectAllDone(stuck);
    expect((await client.patch('/pipeline', { id: locked, active: true })).status).toBe(200);
  });
});

describe('a time-out of statements, set in the database', () => {
  it('costs the statement that ran into it a 503, and its neighbours nothing', async () => {
    const stuck = await idsOf(times(3, () => begin(locked)));
    const free = await idsOf(times(30, () => begin(other)));
    await limitStatements(`'200ms'`);
    const outsider = await lockPipeline(locked);
    const [first, ...rest] = stuck;
    const held = first === undefined ? undefined : end(first);
    await untilBlocked(database);
    // They gather while the first one is on its way, and share a transaction.
    const [neighbours, putOff] = await Promise.all([Promise.all(free.map(end)), Promise.all(rest.map(end)), held]);
    expect(neighbours.filter((reply) => !isDone(reply))).toEqual([]);
    expect(putOff.map(({ status, body }) => [status, body.code])).toEqual(rest.map(() => [503, 'database_busy']));
    expect(await held).toMatchObject({ status: 503, body: { code: 'database_busy' } });
    await outsider.release();
    await expectAllDone(stuck);
    await limitStatements('DEFAULT');
  });

  async function limitStatements(limit: string): Promise<void> {
    await database.sql(`ALTER DATABASE watcher SET statement_timeout = ${limit}`);
    // It counts for new connections.
    await database.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'watcher'`);
    expect(await untilRecovered(service, client)).toBeLessThan(PROMISED_MS);
  }
});
