import { chown, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { EmbeddedServer } from '../../src/platform/embedded-postgres/embedded-server.js';
import { eventually } from '../support/eventually.js';
import { PROMISED_MS, untilRecovered } from './support/checks.js';
import { Client, type Reply } from './support/client.js';
import { report } from './support/ledger.js';
import { describeOwnServer } from './support/own-server.js';
import { openDatabase, type Postgres, startPostgres, temporaryFolder } from './support/postgres.js';
import { Service } from './support/service.js';
import { SmallDisk } from './support/small-disk.js';

/** The database `watcher`, its owner without further rights, and the service that connects as that owner. */
let database: Postgres;
let service: Service;
let client: Client;
let pipeline: number;
/** A connection as superuser to another database. */
let admin: pg.Client;

beforeAll(async () => {
  database = await startPostgres();
  admin = new pg.Client({ connectionString: urlOf({ pathname: 'postgres' }) });
  await admin.connect();
  await admin.query(`CREATE ROLE service LOGIN PASSWORD 'secret'`);
  await admin.query('ALTER DATABASE watcher OWNER TO service');
  service = await Service.start({ DATABASE_URL: urlOf({ username: 'service', password: 'secret' }) });
  client = new Client(service.url, 16);
  pipeline = (await client.post('/pipeline', { name: 'states', pipeline_type_name: 'states' })).body.id;
});
afterAll(async () => {
  client.close();
  await service.close();
  await admin.end();
  await database.close();
});

function urlOf(parts: Partial<URL>): string {
  return Object.assign(new URL(database.url), parts).href;
}

/**
 * Ends all other connections, those of the service and of the test, and waits for their end. A connection that is being
 * opened names no database yet, and may have been let in by the rules of before.
 */
async function endConnections(): Promise<void> {
  await admin.query(`
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
     WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`);
}

/** Runs a statement that requires a database without connections, while the service keeps opening new ones. */
async function whileUnused(statement: string): Promise<void> {
  await admin.query('ALTER DATABASE watcher ALLOW_CONNECTIONS false');
  for (let attempt = 1; ; attempt++) {
    await endConnections();
    try {
      await admin.query(statement);
      break;
    } catch (error) {
      if (attempt === 50) throw error;
      await sleep(100);
    }
  }
}

const begin = (fields: object = {}): Promise<Reply> =>
  client.post('/start_pipeline_execution', { pipeline_id: pipeline, ...fields });

/** Sends requests until the fault appears, then checks that every endpoint reports its code. */
async function expectUnusable(code: string, send: () => Promise<Reply> = begin): Promise<void> {
  const until = performance.now() + PROMISED_MS;
  for (;;) {
    const reply = await send();
    expect(reply.ms).toBeLessThan(PROMISED_MS);
    expect([200, 201, 503]).toContain(reply.status);
    if (reply.status === 503 && reply.body.code === code) break;
    if (performance.now() > until) expect(reply).toMatchObject({ status: 503, body: { code } });
  }
  for (let round = 0; round < 3; round++) {
    const reply = await send();
    expect(reply).toMatchObject({ status: 503, body: { code, detail: expect.any(String) } });
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
    expect(await service.ask('/health/live')).toMatchObject({ status: 200 });
    const ready = await service.ask('/health/ready');
    expect(ready).toMatchObject({ status: 503, body: { code, detail: reply.body.detail } });
    expect(ready?.headers['retry-after']).toBeDefined();
    expect(await service.ask('/health')).toMatchObject({ body: { ready: false, database_writable: false, code } });
    await sleep(200);
  }
  await eventually(() => expect(saidOf(`(${code})`)).toHaveLength(1));
}

/** Lines of the log. */
function saidOf(words: string): string[] {
  return service.complaints.filter((line) => line.includes(words));
}

async function expectRecovery(code: string): Promise<void> {
  const ms = await untilRecovered(service, client);
  expect(ms).toBeLessThan(PROMISED_MS);
  expect(await begin()).toMatchObject({ status: 201 });
  expect(await service.ask('/health')).toMatchObject({ body: { ready: true, database_writable: true, code: null } });
  await eventually(() => expect(saidOf(`${code} is over`)).toHaveLength(1));
  report(`${code}: recovery took ${Math.round(ms)} ms`);
}

describeOwnServer('a database that cannot be used', () => {
  it('is read-only, and so are the connections opened meanwhile', async () => {
    await admin.query('ALTER DATABASE watcher SET default_transaction_read_only = on');
    await endConnections();
    await expectUnusable('database_read_only');
    // Operations that are still possible succeed.
    expect(await client.get('/pipeline')).toMatchObject({ status: 200 });
    await admin.query('ALTER DATABASE watcher RESET default_transaction_read_only');
    await expectRecovery('database_read_only');
  });

  it('is detected as read-only by readiness alone', async () => {
    await admin.query('ALTER DATABASE watcher SET default_transaction_read_only = on');
    await endConnections();
    await sleep(100);
    const ready = [await service.ask('/health/ready'), await service.ask('/health/ready')];
    expect(ready[1]).toMatchObject({ status: 503, body: { code: 'database_read_only' } });
    await admin.query('ALTER DATABASE watcher RESET default_transaction_read_only');
    expect(await untilRecovered(service, client)).toBeLessThan(PROMISED_MS);
  });

  it.each([
    [
      'refuses the password',
      'database_access_refused',
      `ALTER ROLE service PASSWORD 'other'`,
      `ALTER ROLE service PASSWORD 'secret'`,
    ],
    ['refuses the user', 'database_access_refused', 'ALTER ROLE service NOLOGIN', 'ALTER ROLE service LOGIN'],
    [
      'has no connection left',
      'database_connections_exhausted',
      'ALTER DATABASE watcher CONNECTION LIMIT 0',
      'ALTER DATABASE watcher CONNECTION LIMIT -1',
    ],
    [
      'does not accept connections',
      'database_not_accepting',
      'ALTER DATABASE watcher ALLOW_CONNECTIONS false',
      'ALTER DATABASE watcher ALLOW_CONNECTIONS true',
    ],
  ])('%s', async (_what, code, statement, remedy) => {
    const before = service.complaints.length;
    await admin.query(statement);
    await endConnections();
    try {
      await expectUnusableSince(before, code);
    } finally {
      await admin.query(remedy);
    }
    expect(await untilRecovered(service, client)).toBeLessThan(PROMISED_MS);
  });

  it('is gone', async () => {
    await whileUnused('ALTER DATABASE watcher RENAME TO elsewhere');
    try {
      await expectUnusable('database_missing');
    } finally {
      await admin.query('ALTER DATABASE elsewhere RENAME TO watcher');
      await admin.query('ALTER DATABASE watcher ALLOW_CONNECTIONS true');
    }
    await expectRecovery('database_missing');
  });

  it('lacks a right', async () => {
    await database.sql('REVOKE INSERT ON pipeline_execution FROM service');
    try {
      await expectUnusable('database_permission_denied');
      // The state stays known without further requests.
      await sleep(2500);
      expect(await service.ask('/health/ready')).toMatchObject({ status: 503 });
    } finally {
      await database.sql('GRANT INSERT ON pipeline_execution TO service');
    }
    await expectRecovery('database_permission_denied');
  });

  it('has a full disk', async () => {
    const disk = await SmallDisk.make(database, admin, whileUnused);
    try {
      expect(await untilRecovered(service, client)).toBeLessThan(PROMISED_MS);
      await disk.fill();
      const large = (): Promise<Reply> => begin({ execution_metadata: { text: randomText(200_000) } });
      await expectUnusable('database_full', large);
      if (disk.isReal) {
        await sleep(2500);
        expect(await service.ask('/health/ready')).toMatchObject({ status: 503 });
      }
      await disk.empty();
      await expectRecovery('database_full');
      report(
        `a full disk: ${disk.isReal ? 'a file system of its own' : 'by a trigger, since none can be mounted here'}`,
      );
    } finally {
      await disk.remove();
    }
  });

  /** The log without earlier faults of the same code. */
  async function expectUnusableSince(before: number, code: string): Promise<void> {
    const until = performance.now() + PROMISED_MS;
    for (;;) {
      const reply = await begin();
      if (reply.status === 503 && reply.body.code === code) break;
      if (performance.now() > until) expect(reply).toMatchObject({ status: 503, body: { code } });
    }
    expect(await service.ask('/health/ready')).toMatchObject({ status: 503, body: { code } });
    expect(await client.get('/pipeline')).toMatchObject({ status: 503, body: { code } });
    await eventually(() => expect(service.complaints.slice(before).join('\n')).toContain(`(${code})`));
  }
});

/** Data that PostgreSQL can't compress. */
function randomText(length: number): string {
  return Array.from({ length }, () => String.fromCharCode(33 + Math.floor(Math.random() * 90))).join('');
}

describeOwnServer('a standby that is promoted', () => {
  it('serves reads before, and writes afterwards', async () => {
    const folder = await temporaryFolder();
    let server = await EmbeddedServer.start({ dataDir: folder.path });
    const replica = await Service.start({ DATABASE_URL: server.url });
    const caller = new Client(replica.url, 4);
    try {
      const register = (): Promise<Reply> =>
        caller.post('/pipeline', { name: `p ${performance.now()}`, pipeline_type_name: 'states' });
      expect(await register()).toMatchObject({ status: 201 });
      const primary = openDatabase(server.url);
      const [setting] = await primary.sql<{ data_directory: string }>('SHOW data_directory');
      await primary.close();
      await server.stop();
      const signal = join(setting?.data_directory ?? '', 'standby.signal');
      await writeFile(signal, '');
      const { uid, gid } = await stat(dirname(signal));
      await chown(signal, uid, gid);
      server = await EmbeddedServer.start({ dataDir: folder.path });

      expect(await register()).toMatchObject({ status: 503, body: { code: 'database_read_only' } });
      expect(await replica.ask('/health/ready')).toMatchObject({ status: 503, body: { code: 'database_read_only' } });
      expect(await caller.get('/pipeline')).toMatchObject({ status: 200 });
      const standby = openDatabase(server.url);
      await standby.sql('SELECT pg_promote()');
      await standby.close();
      const ms = await untilRecovered(replica, caller);
      report(`a promoted standby: recovery took ${Math.round(ms)} ms`);
      expect(ms).toBeLessThan(PROMISED_MS);
      expect(await register()).toMatchObject({ status: 201 });
    } finally {
      caller.close();
      await replica.close();
      await server.stop();
      await folder.remove();
    }
  });
});
