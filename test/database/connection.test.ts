import { chmodSync, chownSync, copyFileSync, statSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectionOptions, DatabaseClient } from '../../src/platform/database/connection.js';
import { EmbeddedServer } from '../../src/platform/embedded-postgres/embedded-server.js';
import { explainDatabase } from '../../src/platform/database/unusable-database.js';
import { type Certificate, makeAuthority, makeCertificate } from '../support/certificates.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { Service } from '../support/service.js';
import { hasTool } from '../support/tools.js';

let folder: string;
let plain: TestDatabase;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watcher-connection-'));
  // As root the server runs as another user, who needs access to this folder.
  await chmod(folder, 0o755);
  plain = await createDatabase();
});
afterAll(async () => {
  await plain.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Whether a connection to this URL is encrypted; or the error message if it fails. */
async function encrypted(url: string): Promise<unknown> {
  let client: DatabaseClient | undefined;
  try {
    client = new DatabaseClient(connectionOptions(url));
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    return rows[0].ssl;
  } catch (error) {
    return explainDatabase(error) ?? (error as Error).message;
  } finally {
    await client?.end().catch(() => undefined);
  }
}

function withParameters(url: string, parameters: Record<string, string>): string {
  const changed = new URL(url);
  for (const [name, value] of Object.entries(parameters)) {
    if (name === 'hostname') changed.hostname = value;
    else changed.searchParams.set(name, value);
  }
  return changed.href;
}

describe('a server without TLS', () => {
  it.each([undefined, 'disable', 'allow', 'prefer'])('is used in plain text: sslmode=%s', async (sslmode) => {
    expect(await encrypted(withParameters(plain.url, { ...(sslmode && { sslmode }) }))).toBe(false);
  });

  it.each(['require', 'verify-full', 'no-verify'])('is refused: sslmode=%s', async (sslmode) => {
    expect(await encrypted(withParameters(plain.url, { sslmode }))).toBe(
      "DATABASE_URL: the database can't be used: the server does not speak TLS: set sslmode=prefer or sslmode=disable, " +
        'or ssl=on in the server',
    );
  });
});

describe('a Unix socket', () => {
  let socket: Server;

  beforeAll(async () => {
    const { hostname, port } = new URL(plain.url);
    // The server of the tests listens on TCP only; the protocol on its Unix sockets is the same.
    socket = createServer((client) => {
      const server = createConnection({ host: hostname, port: Number(port) });
      client.pipe(server).pipe(client);
      for (const each of [client, server]) each.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => socket.listen(join(folder, '.s.PGSQL.5433'), resolve));
  });
  afterAll(() => void socket.close());

  it.each([
    ['in the parameter host', (url: URL, path: string) => `${url.pathname}?host=${path}&port=5433`, ''],
    ['in place of the host', (url: URL) => url.pathname, 'encoded'],
    ['whatever sslmode says', (url: URL, path: string) => `${url.pathname}?host=${path}&port=5433&sslmode=require`, ''],
  ])('%s', async (_, rest, host) => {
    const url = new URL(plain.url);
    const authority = host && `${encodeURIComponent(folder)}:5433`;
    const text = `postgresql://${url.username}:${url.password}@${authority}${rest(url, folder)}`;
    expect(await encrypted(text)).toBe(false);
    const service = await Service.start({ DATABASE_URL: text });
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    await service.kill();
    expect(service.stdout + service.stderr).not.toContain(url.password);
  });
});

const describeTls = hasTool('openssl') ? describe : describe.skip;

describeTls('a server with TLS', () => {
  let server: EmbeddedServer;
  let authority: Certificate;
  let stranger: Certificate;
  let client: Certificate;
  let url: string;
  const cluster = (): string => join(folder, 'tls', 'postgres');

  async function reload(...settings: string[]): Promise<void> {
    const admin = new DatabaseClient(connectionOptions(server.url));
    await admin.connect();
    for (const setting of settings) await admin.query(`ALTER SYSTEM SET ${setting}`);
    await admin.query('SELECT pg_reload_conf()');
    await admin.end();
  }

  /** PostgreSQL accepts a key only if its own user owns it and others can't read it. */
  function give(file: string, name: string): void {
    const target = join(cluster(), name);
    copyFileSync(file, target);
    chmodSync(target, 0o600);
    const { uid, gid } = statSync(cluster());
    chownSync(target, uid, gid);
  }

  beforeAll(async () => {
    server = await EmbeddedServer.start({ dataDir: join(folder, 'tls'), settings: { fsync: 'off' } });
    url = server.url;
    authority = makeAuthority(folder, 'authority');
    stranger = makeAuthority(folder, 'stranger');
    client = makeCertificate(folder, authority, 'watcher');
    const { cert, key } = makeCertificate(folder, authority, 'localhost');
    give(cert, 'server.crt');
    give(key, 'server.key');
    give(authority.cert, 'root.crt');
    await reload("ssl_ca_file = 'root.crt'", 'ssl = on');
    await eventually(async () => expect(await encrypted(url)).toBe(true));
  });
  afterAll(() => server?.stop());

  const byName = { hostname: 'localhost' };
  it.each<[string, () => Record<string, string>, unknown]>([
    ['nothing: encrypts', () => ({}), true],
    ['disable: does not', () => ({ sslmode: 'disable' }), false],
    ['allow: encrypts', () => ({ sslmode: 'allow' }), true],
    ['prefer: encrypts', () => ({ sslmode: 'prefer' }), true],
    ['require: encrypts, and trusts any certificate', () => ({ sslmode: 'require' }), true],
    ['ssl=true: as require', () => ({ ssl: 'true' }), true],
    ['no-verify: as require', () => ({ sslmode: 'no-verify', sslrootcert: stranger.cert }), true],
    ['require with a CA: verifies by it', () => ({ sslmode: 'require', sslrootcert: authority.cert }), true],
    ['require with another CA', () => ({ sslmode: 'require', sslrootcert: stranger.cert }), /TLS fails: .*sslrootcert/],
    ['verify-ca: any host', () => ({ sslmode: 'verify-ca', sslrootcert: authority.cert }), true],
    ['verify-ca with another CA', () => ({ sslmode: 'verify-ca', sslrootcert: stranger.cert }), /TLS fails: /],
    ['verify-full: its host', () => ({ sslmode: 'verify-full', sslrootcert: authority.cert, ...byName }), true],
    ['verify-full: another host', () => ({ sslmode: 'verify-full', sslrootcert: authority.cert }), /TLS fails: .*127/],
    [
      'verify-full: its host at an address',
      () => ({ sslmode: 'verify-full', sslrootcert: authority.cert, hostname: 'localhost', hostaddr: '127.0.0.1' }),
      true,
    ],
    ['verify-full by the public CAs', () => ({ sslmode: 'verify-full', ...byName }), /TLS fails: .*sslrootcert/],
  ])('%s', async (_, parameters, outcome) => {
    const said = await encrypted(withParameters(url, parameters()));
    if (outcome instanceof RegExp) expect(said).toMatch(outcome);
    else expect(said).toBe(outcome);
  });

  it.each([
    ['a missing file', () => '/nowhere/ca.pem', /^DATABASE_URL: sslrootcert names a file that cannot be read \(ENOENT/],
    [
      'a file of something else',
      () => authority.key.replace('.key', '.ext'),
      /^DATABASE_URL: sslrootcert names a file/,
    ],
  ])('%s as the CA', async (_, file, line) => {
    writeFileSync(authority.key.replace('.key', '.ext'), 'no certificate\n');
    expect(await encrypted(withParameters(url, { sslmode: 'verify-full', sslrootcert: file() }))).toMatch(line);
  });

  it('a key that is not that of the certificate', async () => {
    const parameters = { sslmode: 'require', sslcert: client.cert, sslkey: authority.key };
    expect(await encrypted(withParameters(url, parameters))).toMatch(
      /^DATABASE_URL: the certificates cannot be used \(/,
    );
  });

  it('serves the whole service if the server accepts only TLS', async () => {
    await rules('hostssl all all 127.0.0.1/32 scram-sha-256');
    await eventually(async () =>
      expect(await encrypted(withParameters(url, { sslmode: 'disable' }))).toMatch(
        /no encryption \(28000\): .*add sslmode=require$/,
      ),
    );
    const service = await Service.start({ DATABASE_URL: url });
    expect((await service.post('/pipeline', { name: 'by TLS', pipeline_type_name: 'test' })).status).toBe(201);
    service.signal('SIGTERM');
    expect(await service.ended).toBe(0);
  });

  it('authenticates a client by its certificate', async () => {
    await rules('hostssl all all 127.0.0.1/32 cert');
    const certified = withParameters(url, { sslmode: 'require', sslcert: client.cert, sslkey: client.key });
    const withoutPassword = certified.replace(/:[0-9a-f]{48}@/, '@');
    await eventually(async () => expect(await encrypted(withoutPassword)).toBe(true));
    expect(await encrypted(url)).toMatch(/^DATABASE_URL: the database can't be used: .*certificate/);
  });

  /** Replaces pg_hba.conf. The previous rules admit the session that reloads it. */
  async function rules(line: string): Promise<void> {
    writeFileSync(join(cluster(), 'pg_hba.conf'), `${line}\n`);
    await reload();
  }
});
