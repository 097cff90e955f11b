import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { expectExactClosure } from '../support/closure.js';
import { expectNoLeak, PROMISED_MS, untilBlocked, untilRecovered } from './support/checks.js';
import { Client, type Reply } from './support/client.js';
import { report } from './support/ledger.js';
import { describeOwnServer } from './support/own-server.js';
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

/** Another session with a transaction left open. */
async function lockPipeline(id: number): Promise<{ release(): Promise<void> }> {
  const connection = new pg.Client({ connectionString: database.url });
  connection.on('error', () => undefined);
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

/** Refused with Retry-After, or done. */
function isDoneOrPutOff({ status, headers, body }: Reply): boolean {
  return status < 300 || (status === 503 && body.code === 'database_busy' && headers['retry-after'] !== undefined);
}

const isDone = ({ status }: Reply): boolean => status < 300;

/** Repeats the requests that were refused because of a lock, after it is released. */
async function expectAllDone(ids: readonly number[]): Promise<void> {
  const repeats = await Promise.all(ids.map(end));
  expect(repeats.filter((reply) => !isDone(reply))).toEqual([]);
  await expectExactClosure(database);
  await expectNoLeak(database);
}

describe('a pipeline locked by another session', () => {
  it('blocks only its own writes, even if they outnumber the connections of the pool', async () => {
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
        times(10, () => sync('other')),
        Promise.all(free.splice(0, 10).map(end)),
      ]);
      expect(others.flat().filter((reply) => !isDone(reply))).toEqual([]);
      expect(await service.isReady()).toBe(true);
    }
    const putOff = await waiting;
    await outsider.release();
    expect(putOff.filter((reply) => !isDoneOrPutOff(reply))).toEqual([]);
    // All of them, because the lock was held throughout.
    expect(putOff.filter(isDone)).toEqual([]);
    report(`a locked pipeline: ${putOff.length} writes to it refused, 180 others served meanwhile`);
    await expectAllDone(stuck);
    expect((await client.patch('/pipeline', { id: locked, active: true })).status).toBe(200);
  });
});

describe('a statement_timeout set in the database', () => {
  it('makes the slow statement a 503, without affecting others', async () => {
    const stuck = await idsOf(times(3, () => begin(locked)));
    const free = await idsOf(times(30, () => begin(other)));
    await limitStatements(`'200ms'`);
    const outsider = await lockPipeline(locked);
    const [first, ...rest] = stuck;
    const held = first === undefined ? undefined : end(first);
    await untilBlocked(database);
    // They collect while the first one runs, and share a transaction.
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
    // The setting applies to new connections; those that are being opened may have come before it.
    await database.sql(`
      SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
       WHERE application_name = 'watcher' OR (backend_type = 'client backend' AND state = 'starting')`);
    expect(await untilRecovered(service, client)).toBeLessThan(PROMISED_MS);
  }
});

describe('eight pipelines locked by another session', () => {
  it('delay the ends of others by a second once, and not at all afterwards', async () => {
    const pipelines = await Promise.all(range(8).map((index) => register(`locked ${index}`)));
    const stuck = (await Promise.all(pipelines.map((id) => idsOf(times(6, () => begin(id)))))).flat();
    const free = await idsOf(times(200, () => begin(other)));
    const before = await Promise.all(free.splice(0, 50).map(end));
    const outsiders = await Promise.all(pipelines.map(lockPipeline));
    const waiting = Promise.all(stuck.map(end));
    await untilBlocked(database);
    const first = await Promise.all(free.splice(0, 50).map(end));
    const putOff = await waiting;
    // Those who were refused come again, all the time.
    const over = new AbortController();
    const again = Promise.all(
      stuck.map(async (id) => {
        const replies: Reply[] = [];
        while (!over.signal.aborted) replies.push(await end(id));
        return replies;
      }),
    );
    await sleep(500);
    const rounds: Reply[][] = [];
    while (rounds.length < 10) rounds.push(await Promise.all(free.splice(0, 10).map(end)));
    const later = rounds.flat();
    over.abort();
    const repeats = (await again).flat();
    await Promise.all(outsiders.map((outsider) => outsider.release()));

    const slowest = (replies: readonly Reply[]): number => Math.round(Math.max(...replies.map(({ ms }) => ms)));
    report(
      `eight locked pipelines: ends of others took at most ${slowest(before)} ms before, ${slowest(first)} ms when the ` +
        `locks were met first, ${slowest(later)} ms then; refusals ${slowest([...putOff, ...repeats])} ms`,
    );
    expect([...first, ...later].filter((reply) => !isDone(reply))).toEqual([]);
    expect([...putOff, ...repeats].filter((reply) => !isDoneOrPutOff(reply) || isDone(reply))).toEqual([]);
    expect(slowest([...putOff, ...repeats])).toBeLessThan(PROMISED_MS);
    expect(slowest(first)).toBeLessThan(PROMISED_MS);
    // A batch waits half a second for a lock; the machine alone may take as long, once.
    expect(rounds.filter((round) => slowest(round) >= 450).length).toBeLessThan(2);
    await expectAllDone(stuck);
  });
});

describe('a table locked by another session', () => {
  it('makes requests that need it fail in time, and does not delay the others', async () => {
    const [execution] = await idsOf(times(1, () => begin(other)));
    const outsider = new pg.Client({ connectionString: database.url });
    await outsider.connect();
    // As VACUUM FULL does.
    await outsider.query('BEGIN');
    await outsider.query('LOCK TABLE pipeline_execution IN ACCESS EXCLUSIVE MODE');
    const needsIt: Reply[] = [];
    const others: Reply[] = [];
    const until = performance.now() + 8000;
    const goOn = async (into: Reply[], send: () => Promise<Reply>): Promise<void> => {
      while (performance.now() < until) {
        into.push(await send());
        await sleep(20);
      }
    };
    await Promise.all([
      times(10, () => goOn(needsIt, () => client.get(`/pipeline_execution/${execution}`))),
      times(5, () => goOn(needsIt, () => client.get('/pipeline_execution?status=running'))),
      times(5, () => goOn(needsIt, () => begin(other))),
      times(5, () => goOn(others, () => client.get('/pipeline'))),
      times(5, () => goOn(others, () => sync('other'))),
      goOn(others, () => client.get('/health/ready')),
    ]);
    await outsider.query('ROLLBACK');
    await outsider.end();
    const slowest = (replies: readonly Reply[]): number => Math.round(Math.max(...replies.map(({ ms }) => ms)));
    report(
      `a locked table: ${needsIt.length} requests refused, the slowest after ${slowest(needsIt)} ms; ` +
        `${others.length} others, the slowest after ${slowest(others)} ms`,
    );
    expect(needsIt.filter((reply) => isDone(reply) || !isDoneOrPutOff(reply))).toEqual([]);
    expect(slowest(needsIt)).toBeLessThan(PROMISED_MS);
    expect(others.filter((reply) => !isDone(reply))).toEqual([]);
    expect(await untilRecovered(service, client)).toBeLessThan(PROMISED_MS);
    const freed = performance.now();
    while (!isDone(await client.get(`/pipeline_execution/${execution}`))) {
      expect(performance.now() - freed).toBeLessThan(PROMISED_MS);
    }
  });
});

/**
 * Stops all server processes of the service, each while it is idle. One in the middle of a commit would hold a lock of
 * PostgreSQL itself, for which all others wait: then it is the whole database that stands still.
 */
async function stopIdleBackends(): Promise<number[]> {
  for (;;) {
    const found = await database.sql<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'watcher'`,
    );
    const pids = found.map(({ pid }) => pid);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    const [busy] = await database.sql<{ busy: boolean }>(
      `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = ANY ($1::int[]) AND state <> 'idle') AS busy`,
      [pids],
    );
    if (!busy?.busy) return pids;
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    await sleep(50);
  }
}

describeOwnServer('server processes that are stopped while others run', () => {
  it('are abandoned in time', async () => {
    await Promise.all([times(20, () => begin(other)), times(20, () => client.get('/pipeline'))]);
    const backends = await stopIdleBackends();
    try {
      const replies = await Promise.all([
        times(5, () => begin(other)),
        times(5, () => client.get('/pipeline')),
        times(2, () => client.patch('/pipeline', { id: other, active: true })),
      ]);
      const slowest = Math.round(Math.max(...replies.flat().map(({ ms }) => ms)));
      report(`${backends.length} stopped server processes: answers within ${slowest} ms`);
      expect(slowest).toBeLessThan(PROMISED_MS);
      expect(replies.flat().filter(({ status }) => status !== 503 && status >= 300)).toEqual([]);
      expect(replies.flat().some(({ status }) => status === 503)).toBe(true);
      expect(await untilRecovered(service, client)).toBeLessThan(PROMISED_MS);
    } finally {
      for (const pid of backends) process.kill(pid, 'SIGCONT');
    }
  });
});
