import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { Service } from '../support/service.js';

const ROLE = 'watcher_without_rights';

let database: TestDatabase;
const services: Service[] = [];

beforeAll(async () => {
  database = await createDatabase();
});
afterEach(() => Promise.all(services.splice(0).map((service) => service.kill())));
afterAll(() => database.drop());

/** The last line of a start that must fail. */
async function refusal(environment: Record<string, string>): Promise<string> {
  const service = Service.run(environment);
  services.push(service);
  expect(await service.ended).toBe(1);
  expect(service.stderr).toMatch(/^watcher: [^\n]+\n$/);
  return service.stderr.trim();
}

async function start(environment: Record<string, string>): Promise<Service> {
  const service = await Service.start(environment);
  services.push(service);
  return service;
}

describe('an invalid value stops the start with one line', () => {
  it.each([
    ['PORT', 'eighty', `PORT got 'eighty', but takes a whole number from 0 to 65535`],
    ['WATCHER_NAME_CASE', 'upper', `WATCHER_NAME_CASE got 'upper', but takes 'keep' or 'lower'`],
    ['DATABASE_URL', 'mysql://root:topsecret@localhost/x', 'DATABASE_URL got a value that is kept out of this message'],
    [
      'DATABASE_URL',
      'postgresql://u:topsecret%@localhost/x',
      'DATABASE_URL got a value that is kept out of this message',
    ],
    ['DATABASE_URL', 'postgresql://u:topsecret@h/x?sslmode=verify-full&sslrootcert=/no', 'DATABASE_URL: sslrootcert '],
    [
      'SLACK_WEBHOOK_URL',
      'https://u:topsecret@h:6667/x',
      'SLACK_WEBHOOK_URL has port 6667, which no HTTP client posts to',
    ],
    [
      'WATCHER_ALERT_ROUTES',
      '[{"to": [{"slack": "topsecret"}]}]',
      'WATCHER_ALERT_ROUTES: route 1: target 1: slack.url takes',
    ],
    [
      'WATCHER_ALERT_ROUTES',
      '["${NOT_THERE}"]',
      'WATCHER_ALERT_ROUTES names ${NOT_THERE}, but that variable is not set',
    ],
  ])('%s=%s', async (name, value, line) => {
    const said = await refusal({ DATABASE_URL: database.url, [name]: value });
    expect(said.startsWith(`watcher: ${line}`)).toBe(true);
    expect(said).not.toContain('topsecret');
  });
});

describe('a database that cannot be used stops the start with one line', () => {
  const changed = (change: (url: URL) => void): string => {
    const url = new URL(database.url);
    change(url);
    return url.href;
  };

  it.each<[string, (url: URL) => void]>([
    ['nobody listens', (url) => (url.port = '1')],
    ['the host has no address', (url) => (url.hostname = 'database.invalid')],
    ['the password is wrong', (url) => (url.password = 'topsecret')],
    ['the user is unknown', (url) => (url.username = 'nobody')],
    ['the database does not exist', (url) => (url.pathname = '/nothing')],
  ])('%s', async (_, change) => {
    const url = changed(change);
    const said = await refusal({ DATABASE_URL: url });
    expect(said).toMatch(/^watcher: DATABASE_URL: the database can't be used: ./);
    expect(said).not.toContain(new URL(url).password);
  });

  it('another program listens there', async () => {
    const server = createServer((socket) => socket.end('I am not a database\n')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const said = await refusal({ DATABASE_URL: `postgres://u:topsecret@127.0.0.1:${port}/d` });
    expect(said).toMatch(/^watcher: DATABASE_URL: the database can't be used: ./);
    server.close();
  });
});

describe('a role without the required privileges', () => {
  it.each([
    ['CREATE on the schema', 'REVOKE CREATE ON SCHEMA public FROM PUBLIC', /schema public \(42501\): grant .*CREATE/],
    ['CREATE on the database', 'GRANT CREATE ON SCHEMA public TO PUBLIC', /database .* \(42501\): grant .*CREATE/],
    ['CONNECT', 'REVOKE CONNECT ON DATABASE "DATABASE" FROM PUBLIC', /permission denied for database .*grant/],
  ])('stops the start with one line: %s', async (_, statement, line) => {
    const empty = await createDatabase({ empty: true });
    const url = new URL(empty.url);
    await empty.sql(statement.replace('DATABASE"', `${url.pathname.slice(1)}"`));
    await empty.sql(`CREATE ROLE ${ROLE} LOGIN PASSWORD 'topsecret'`);
    [url.username, url.password] = [ROLE, 'topsecret'];
    const service = Service.run({ DATABASE_URL: url.href });
    services.push(service);
    expect(await service.ended).toBe(1);
    expect(service.stderr).toMatch(line);
    expect(service.stderr).toMatch(/^watcher: DATABASE_URL: [^\n]+\n$/);
    // There is no stack in the log either.
    expect(service.stdout).not.toContain('"level":"error"');
    await empty.sql(`DROP OWNED BY ${ROLE}`);
    await empty.sql(`DROP ROLE ${ROLE}`);
    await empty.drop();
  });
});

describe('an unavailable address stops the start with one line', () => {
  it('a port in use; its user continues', async () => {
    const first = await start({ DATABASE_URL: database.url });
    const { port } = new URL(first.url);
    expect(await refusal({ DATABASE_URL: database.url, PORT: port })).toMatch(`PORT ${port} is in use already`);
    expect((await fetch(`${first.url}/health/ready`)).status).toBe(200);
  });
});

describe('a schema that is migrated externally', () => {
  it('only keeps the service from being ready', async () => {
    const empty = await createDatabase({ empty: true });
    const service = await start({ DATABASE_URL: empty.url, WATCHER_MIGRATE: 'off' });
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    const ready = await fetch(`${service.url}/health/ready`);
    expect([ready.status, ((await ready.json()) as { code: string }).code]).toEqual([503, 'migrations_pending']);

    const other = await start({ DATABASE_URL: empty.url });
    expect((await fetch(`${other.url}/health/ready`)).status).toBe(200);
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    await Promise.all([service.kill(), other.kill()]);
    await empty.drop();
  });
});

describe('an unusable data folder', () => {
  it.each([
    ['in a place that allows no new folder', '/proc/watcher'],
    ['below such a place', '/proc/watcher/deep/data'],
    ['that is a file', '/etc/passwd'],
    ['below a file', '/etc/passwd/data'],
  ])('stops the start with one line: %s', async (_, dataDir) => {
    const said = await refusal({ WATCHER_DATA_DIR: dataDir });
    expect(said).toContain(`The data folder ${dataDir} cannot be used (`);
    expect(said).toContain('set WATCHER_DATA_DIR to another folder, or DATABASE_URL to');
  });
});

describe('without DATABASE_URL', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'watcher-process-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

  it('the service ignores the variables of libpq', async () => {
    const strange: Record<string, string> = {
      PGHOST: 'nowhere.invalid',
      PGPORT: '1',
      PGUSER: 'nobody',
      PGPASSWORD: 'wrong',
      PGDATABASE: 'nothing',
      PGOPTIONS: '-c no_such_setting=1',
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: '/nowhere',
      PGSSLNEGOTIATION: 'direct',
      PGREPLICATION: 'database',
      PGCLIENTENCODING: 'LATIN1',
      PGAPPNAME: 'other',
    };
    for (const [name, value] of [
      ['WATCHER_DATA_DIR', join(folder, 'strange')],
      ['DATABASE_URL', database.url],
    ] as const) {
      const service = await start({ ...strange, [name]: value });
      expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
      service.signal('SIGTERM');
      expect(await service.ended).toBe(0);
    }
  });

  it('the service starts its own, prints all addresses, and writes a URL for SQL users', async () => {
    const environment = { WATCHER_DATA_DIR: join(folder, 'data') };
    const service = await start(environment);
    const { port } = new URL(service.url);
    const file = join(folder, 'data', 'database.url');
    expect((await fetch(`http://localhost:${port}/docs`)).status).toBe(200);

    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const client = new pg.Client({ connectionString: (await readFile(file, 'utf8')).trim() });
    await client.connect();
    expect((await client.query('SELECT count(*)::int AS pipelines FROM pipeline')).rows).toEqual([{ pipelines: 0 }]);
    await client.end();

    // A second service on the same folder stops itself, and does not affect the first.
    expect(await refusal(environment)).toContain(join(folder, 'data'));
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);

    service.signal('SIGTERM');
    expect(await service.ended).toBe(0);
    expect(service.stderr).toContain('Watcher: the service that data pipelines report to');
    expect(service.stderr).toMatch(new RegExp(`API +http://localhost:${port}\n`));
    expect(service.stderr).toMatch(new RegExp(`Docs +http://localhost:${port}/docs\n`));
    expect(service.stderr).toMatch(new RegExp(`Database +embedded PostgreSQL; its URL is in ${file}\n`));
    expect(service.stderr).toMatch(/Stop +Ctrl\+C, or SIGTERM\n/);
  });
});
