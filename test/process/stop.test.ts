import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type HeldInserts, holdableInserts } from '../support/held-inserts.js';
import { Service } from '../support/service.js';

let database: TestDatabase;
let registrations: HeldInserts;
const services: Service[] = [];

beforeAll(async () => {
  database = await createDatabase();
  registrations = await holdableInserts(database, 'pipeline');
});
afterEach(async () => {
  await registrations.release();
  await Promise.all(services.splice(0).map((service) => service.kill()));
});
afterAll(() => database.drop());

async function start(environment: Record<string, string> = { DATABASE_URL: database.url }): Promise<Service> {
  const service = await Service.start(environment);
  services.push(service);
  return service;
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(20);
}

async function aRegistrationWaits(): Promise<boolean> {
  const waiting = await database.sql(
    `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
  );
  return waiting.length > 0;
}

function register(service: Service, name: string): Promise<Response> {
  return fetch(`${service.url}/pipeline`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, pipeline_type_name: 'test' }),
  });
}

function connect(service: Service): Promise<Socket> {
  const socket = createConnection({ host: '127.0.0.1', port: Number(new URL(service.url).port) });
  return new Promise((resolve, reject) => socket.once('connect', () => resolve(socket)).once('error', reject));
}

const isRefused = (service: Service): Promise<boolean> =>
  connect(service).then(
    (socket) => (socket.destroy(), false),
    () => true,
  );

const SIGNALS: readonly (readonly [string, readonly NodeJS.Signals[]])[] = [
  ['SIGTERM', ['SIGTERM']],
  ['SIGINT', ['SIGINT']],
  ['SIGHUP', ['SIGHUP']],
  ['SIGTERM twice', ['SIGTERM', 'SIGTERM']],
  ['SIGINT twice', ['SIGINT', 'SIGINT']],
  ['SIGHUP, when the terminal closes, and SIGTERM', ['SIGHUP', 'SIGTERM']],
];

describe.each(SIGNALS)('%s', (signal, sent) => {
  it('lets a request in flight finish, accepts no new connection, and exits with 0', async () => {
    const service = await start();
    await registrations.hold();
    const inFlight = register(service, `in flight at ${signal}`);
    await eventually(aRegistrationWaits);
    // Half a request: its connection is not idle, so its request must be served.
    const late = await connect(service);
    let answer = '';
    late.setEncoding('utf8').on('data', (text: string) => (answer += text));
    const answered = new Promise((resolve) => late.once('close', resolve));
    late.write('GET /health/ready HTTP/1.1\r\nhost: localhost\r\n');
    await fetch(`${service.url}/health/live`);

    for (const each of sent) {
      service.signal(each);
      await sleep(50);
    }
    await eventually(() => isRefused(service));
    late.write('\r\n');
    await answered;
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 503 /);
    expect(head.toLowerCase()).toContain('content-type: application/problem+json');
    expect(head.toLowerCase()).toContain('retry-after: ');
    expect(head.toLowerCase()).toContain('x-request-id: ');
    expect(JSON.parse(body)).toMatchObject({ status: 503, code: 'stopping' });

    await registrations.release();
    const response = await inFlight;
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ active: true });
    expect(await service.ended).toBe(0);
    expect(await database.sql('SELECT 1 FROM pipeline WHERE name = $1', [`in flight at ${signal}`])).toHaveLength(1);
  });
});

describe('a stop', () => {
  it('does not wait indefinitely for clients or for the database', async () => {
    const service = await start();
    await registrations.hold();
    const cutOff = register(service, 'never answered').catch(() => 'cut off');
    await eventually(aRegistrationWaits);
    const idle = await connect(service);
    idle
      .on('error', () => undefined)
      .write('POST /pipeline HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{');
    service.signal('SIGTERM');
    expect(await service.ended).toBe(0);
    expect(await cutOff).toBe('cut off');
  });

  it('closes the connections of the database', async () => {
    const service = await start();
    await register(service, 'connected');
    service.signal('SIGTERM');
    expect(await service.ended).toBe(0);
    await eventually(async () => {
      const left = await database.sql(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'watcher'`,
      );
      return left.length === 0;
    });
  });

  it('shuts the embedded database down cleanly', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'watcher-stop-'));
    const service = await start({ WATCHER_DATA_DIR: folder });
    const postmaster = Number.parseInt(await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8'), 10);
    expect(process.kill(postmaster, 0)).toBe(true);
    service.signal('SIGTERM');
    expect(await service.ended).toBe(0);
    expect(() => process.kill(postmaster, 0)).toThrow('ESRCH');
    await expect(access(join(folder, 'postgres', 'postmaster.pid'))).rejects.toThrow('ENOENT');
    expect(await readFile(join(folder, 'postgres.log'), 'utf8')).toContain('database system is shut down');
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it('shuts the embedded database down cleanly, however often the signal comes within two seconds', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'watcher-stop-'));
    const service = await start({ WATCHER_DATA_DIR: folder });
    const postmaster = Number.parseInt(await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8'), 10);
    for (const signal of ['SIGINT', 'SIGINT', 'SIGHUP', 'SIGTERM'] as const) {
      service.signal(signal);
      await sleep(20);
    }
    expect(await service.ended).toBe(0);
    expect(() => process.kill(postmaster, 0)).toThrow('ESRCH');
    expect(await readFile(join(folder, 'postgres.log'), 'utf8')).toContain('database system is shut down');
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it('that takes longer is aborted by a further signal after two seconds, the embedded database included', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'watcher-stop-'));
    const service = await start({ WATCHER_DATA_DIR: folder });
    const postmaster = Number.parseInt(await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8'), 10);
    const locks = new pg.Client({ connectionString: (await readFile(join(folder, 'database.url'), 'utf8')).trim() });
    locks.on('error', () => undefined);
    await locks.connect();
    await locks.query('BEGIN; LOCK TABLE pipeline IN ACCESS EXCLUSIVE MODE');
    const refused = register(service, 'refused')
      .then(({ status }) => status)
      .catch(() => 'cut off');
    await eventually(async () => {
      const waiting = await locks.query(`SELECT 1 FROM pg_locks WHERE relation = 'pipeline'::regclass AND NOT granted`);
      return waiting.rows.length > 0;
    });
    service.signal('SIGINT');
    await sleep(2200);
    const begun = Date.now();
    service.signal('SIGINT');
    expect(await service.ended).toBe(130);
    // Without the second signal it would take four seconds more.
    expect(Date.now() - begun).toBeLessThan(4500);
    // It may have noticed that the database is gone before it was killed itself.
    expect([503, 'cut off']).toContain(await refused);
    expect(() => process.kill(postmaster, 0)).toThrow('ESRCH');
    await locks.end().catch(() => undefined);

    // No data is lost, and the next start succeeds.
    const next = await start({ WATCHER_DATA_DIR: folder });
    expect((await register(next, 'afterwards')).status).toBe(201);
    next.signal('SIGTERM');
    expect(await next.ended).toBe(0);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it('ends a start that waits for a migrating replica', async () => {
    const empty = await createDatabase({ empty: true });
    const other = new pg.Client({ connectionString: empty.url });
    await other.connect();
    await other.query('SELECT pg_advisory_lock($1)', [0x77_61_74_63_68]); // as a replica that migrates
    const service = Service.run({ DATABASE_URL: empty.url });
    services.push(service);
    await eventually(async () => {
      // It asks for the lock in a transaction, again and again.
      const asking = await empty.sql(
        `SELECT 1 FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND query ~ 'pg_try_advisory_xact_lock|COMMIT'`,
      );
      return asking.length > 0;
    });
    service.signal('SIGTERM');
    expect(await service.ended).toBe(0);
    await other.end();
    await empty.drop();
  });

  it('shuts the embedded database down in the middle of a start, too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'watcher-stop-'));
    const service = Service.run({ WATCHER_DATA_DIR: folder });
    services.push(service);
    const file = join(folder, 'postgres', 'postmaster.pid');
    const read = (): Promise<string> => readFile(file, 'utf8').catch(() => '');
    await eventually(async () => (await read()).includes('\n'));
    const postmaster = Number.parseInt(await read(), 10);
    service.signal('SIGTERM');
    expect(await service.ended).toBe(0);
    expect(() => process.kill(postmaster, 0)).toThrow('ESRCH');
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
});
