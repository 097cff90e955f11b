import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { transform } from '@swc/core';
import pg from 'pg';
import { EmbeddedServer, EmbeddedServerError } from '../../src/platform/embedded-postgres/embedded-server.js';
import { eventually } from '../support/eventually.js';

const repository = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const settings = { fsync: 'off' };
const servers: EmbeddedServer[] = [];
const services: ChildProcess[] = [];
const folders: string[] = [];
let program: string;

beforeAll(async () => {
  program = await buildService(await temporaryFolder());
});

afterEach(async () => {
  for (const service of services.splice(0)) await killed(service);
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  await Promise.all(folders.map(stopOrphan));
});

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe('a start', () => {
  it('creates the database, and the next start finds its data', async () => {
    const dataDir = await temporaryFolder();
    const lines: string[] = [];
    const first = await start(dataDir, lines);
    expect(first.url).toMatch(/^postgresql:\/\/watcher:[0-9a-f]{48}@127\.0\.0\.1:\d+\/watcher$/);
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();

    const second = await start(dataDir, lines);
    expect(second.url).toBe(first.url);
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect(lines).toEqual(['creating the database (first start)']);
  });

  it('configures the server as documented', async () => {
    const { url } = await start(await temporaryFolder());
    expect(
      await query(
        url,
        `SELECT lower('ÄÖÉЖŞ') AS folded, current_setting('server_encoding') AS encoding,
                current_setting('TimeZone') AS zone, current_setting('data_checksums') AS checksums,
                current_setting('password_encryption') AS passwords, current_setting('max_connections') AS connections`,
      ),
    ).toEqual([
      {
        folded: 'äöéжş',
        encoding: 'UTF8',
        zone: 'UTC',
        checksums: 'on',
        passwords: 'scram-sha-256',
        connections: '200',
      },
    ]);
    await expect(query(url.replace(/:[0-9a-f]{48}@/, ':guess@'), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('writes the URL readable by its owner only', async () => {
    const dataDir = await temporaryFolder();
    const { url } = await start(dataDir);
    expect(await readFile(join(dataDir, 'database.url'), 'utf8')).toBe(`${url}\n`);
    expect((await stat(join(dataDir, 'database.url'))).mode & 0o777).toBe(0o600);
  });

  it('listens on 127.0.0.1 only', async () => {
    const { url } = await start(await temporaryFolder());
    const others = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    for (const { address, scopeid } of others) {
      if (address === '127.0.0.1' || (scopeid ?? 0) !== 0) continue;
      expect([address, await accepts(address, portOf(url))]).toEqual([address, false]);
    }
    expect(await accepts('127.0.0.1', portOf(url))).toBe(true);
    expect(await query(url, `SELECT current_setting('unix_socket_directories') AS sockets`)).toEqual([{ sockets: '' }]);
  });

  it('uses another port when the last one is in use, and writes it to database.url', async () => {
    const [dataDir, other] = [await temporaryFolder(), await temporaryFolder()];
    const first = await start(dataDir);
    await first.stop();
    await writeFile(join(other, 'database.url'), first.url);
    const squatter = await start(other);
    expect(portOf(squatter.url)).toBe(portOf(first.url));

    const second = await start(dataDir);
    expect(portOf(second.url)).not.toBe(portOf(first.url));
    expect(await readFile(join(dataDir, 'database.url'), 'utf8')).toBe(`${second.url}\n`);
  });

  it('sets a new password when database.url is lost', async () => {
    const dataDir = await temporaryFolder();
    const first = await start(dataDir);
    await query(first.url, 'CREATE TABLE kept ()');
    await first.stop();
    await rm(join(dataDir, 'database.url'));

    const second = await start(dataDir);
    expect(second.url).not.toBe(first.url);
    expect(await query(second.url, 'SELECT * FROM kept')).toEqual([]);
  });

  it('removes the incomplete cluster of a killed first start', async () => {
    const dataDir = await temporaryFolder();
    await mkdir(join(dataDir, 'postgres.new-0123', 'data'), { recursive: true });
    await start(dataDir);
    expect((await readdir(dataDir)).sort()).toEqual(['database.url', 'postgres', 'postgres.log', 'service.lock']);
  });

  it('survives a kill at any moment of the first start', async () => {
    const dataDir = await temporaryFolder();
    for (const milliseconds of [150, 300, 450, 600]) {
      const service = serve(dataDir);
      await sleep(milliseconds);
      await killed(service);
    }
    const { url } = await start(dataDir);
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('works, or explains the remedy, in a folder closed to the server’s user', async () => {
    const closed = await temporaryFolder();
    await chmod(closed, 0o700);
    const dataDir = join(closed, 'inner', '.watcher');
    try {
      const { url } = await start(dataDir);
      expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      if (process.getuid?.() === 0) expect((await stat(join(dataDir, 'postgres'))).uid).not.toBe(0);
    } catch (error) {
      // Root without setpriv, or without the capabilities to pass on.
      expect(process.getuid?.()).toBe(0);
      expect(error).toBeInstanceOf(EmbeddedServerError);
      expect((error as Error).message).toMatch(/may not enter .*WATCHER_DATA_DIR.*DATABASE_URL/);
    }
  });
});

describe('a start that must fail', () => {
  it('refuses the data of another PostgreSQL version and changes nothing', async () => {
    const dataDir = await temporaryFolder();
    await (await start(dataDir)).stop();
    await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '17\n');
    const before = await fingerprint(dataDir);

    const message = await refusal(dataDir);
    expect(message).toContain(`The database in ${join(dataDir, 'postgres')} is of PostgreSQL 17`);
    expect(message).toContain('the embedded server is PostgreSQL 18');
    expect(await fingerprint(dataDir)).toEqual(before);
  });

  it('reports a folder that is not a cluster', async () => {
    const dataDir = await temporaryFolder();
    await mkdir(join(dataDir, 'postgres'));
    expect(await refusal(dataDir)).toContain('is not a PostgreSQL data folder');
  });

  it('shows why the server failed, and leaves no process', async () => {
    const dataDir = await temporaryFolder();
    await expect(EmbeddedServer.start({ dataDir, settings: { shared_buffers: 'plenty' } })).rejects.toThrow(
      /ended with code 1: FATAL: invalid value for parameter "shared_buffers": "plenty".*\(more in .*postgres\.log\)/,
    );
    await start(dataDir);
  });

  it('reports that the binaries are not installed', async () => {
    const elsewhere = await buildService(await temporaryFolder(), ['pg']);
    const said = await firstLine(serve(await temporaryFolder(), [], elsewhere));
    expect(said).toMatch(/^EmbeddedServerError: .*not installed: set DATABASE_URL .*optional dependencies/);
  });
});

describe('two services on one folder', () => {
  it('the second is refused, the first is not affected', async () => {
    const dataDir = await temporaryFolder();
    const lines: string[] = [];
    const first = await start(dataDir, lines);
    const session = new pg.Client(first.url);
    await session.connect();

    expect(await refusal(dataDir)).toMatch(/^Another Watcher is running on the data folder .*WATCHER_DATA_DIR/);
    expect(await firstLine(serve(dataDir))).toMatch(/^EmbeddedServerError: Another Watcher is running/);

    expect((await session.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await session.end();
    expect(lines).toEqual(['creating the database (first start)']);
  });

  it.each(['an empty', 'an existing'])('of several starts at once on %s folder, exactly one succeeds', async (kind) => {
    const dataDir = await temporaryFolder();
    if (kind === 'an existing') await (await start(dataDir)).stop();
    const said = await Promise.all([1, 2, 3].map(() => firstLine(serve(dataDir))));
    const [winner = '', ...losers] = said.sort().reverse();
    expect(losers).toEqual([expect.stringContaining('Another Watcher'), expect.stringContaining('Another Watcher')]);
    expect(await query(winner, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('a violent end', () => {
  it('of the server: it restarts by itself with all committed data', async () => {
    const dataDir = await temporaryFolder();
    const lines: string[] = [];
    const { url } = await start(dataDir, lines);
    await query(url, 'CREATE TABLE kept (n int)');
    for (const n of [1, 2]) {
      await query(url, `INSERT INTO kept VALUES (${n})`);
      const before = await postmaster(dataDir);
      process.kill(before, 'SIGKILL');
      const begun = Date.now();
      const rows = await eventually(() => query(url, 'SELECT count(*)::int AS n FROM kept'));
      expect(rows).toEqual([{ n }]);
      expect(Date.now() - begun).toBeLessThan(5000);
      expect(await postmaster(dataDir)).not.toBe(before);
    }
    expect(lines).toContain('the database ended unexpectedly (signal SIGKILL); starting it again');
  });

  it('of the server, with a backend too busy to notice', async () => {
    const dataDir = await temporaryFolder();
    const { url } = await start(dataDir);
    const busy = query(url, 'SELECT count(*) FROM generate_series(1, 1e12::bigint)').catch(() => 'cut off');
    await eventually(async () => {
      expect(
        await query(url, `SELECT 1 FROM pg_stat_activity WHERE query LIKE '%1e12%' AND pid <> pg_backend_pid()`),
      ).toHaveLength(1);
    });
    process.kill(await postmaster(dataDir), 'SIGKILL');
    expect(await busy).toBe('cut off');
    expect(await eventually(() => query(url, 'SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  });

  it('of the service: the next start stops the orphan and continues', async () => {
    const dataDir = await temporaryFolder();
    const service = serve(dataDir);
    const url = await firstLine(service);
    await query(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const orphan = await postmaster(dataDir);
    await killed(service);
    expect(isAlive(orphan)).toBe(true);

    const lines: string[] = [];
    const next = await start(dataDir, lines);
    expect(next.url).toBe(url);
    expect(lines).toEqual([expect.stringContaining('stopping the database that an earlier run left behind')]);
    expect(await postmaster(dataDir)).not.toBe(orphan);
    expect(await query(next.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('of both: another program that reuses the pid is not signalled', async () => {
    const dataDir = await temporaryFolder();
    const service = serve(dataDir);
    await query(await firstLine(service), 'CREATE TABLE kept ()');
    await killed(service);
    process.kill(await postmaster(dataDir), 'SIGKILL');
    const stranger = serve(await temporaryFolder());
    await firstLine(stranger);
    const pidFile = join(dataDir, 'postgres', 'postmaster.pid');
    await writeFile(pidFile, (await readFile(pidFile, 'utf8')).replace(/^\d+/, String(stranger.pid)));

    const { url } = await start(dataDir);
    expect(await query(url, 'SELECT * FROM kept')).toEqual([]);
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
  });

  it('of the service by an exception: the server ends too', async () => {
    const dataDir = await temporaryFolder();
    const service = serve(dataDir, ['throw']);
    const url = await firstLine(service);
    await once(service, 'exit');
    await eventually(async () => expect(await accepts('127.0.0.1', portOf(url))).toBe(false));
    await eventually(async () => expect(await readdir(join(dataDir, 'postgres'))).not.toContain('postmaster.pid'));
  });
});

describe('stop', () => {
  it('leaves no process, may be called again, and releases the folder', async () => {
    const dataDir = await temporaryFolder();
    const first = await start(dataDir);
    const pid = await postmaster(dataDir);
    const session = new pg.Client(first.url);
    session.on('error', () => undefined);
    await session.connect();

    await Promise.all([first.stop(), first.stop()]);
    await first.stop();
    expect(isAlive(pid)).toBe(false);
    expect(await accepts('127.0.0.1', portOf(first.url))).toBe(false);
    expect(await readFile(join(dataDir, 'postgres.log'), 'utf8')).toContain('database system is shut down');
    await start(dataDir);
  });

  it('ends a restart in progress', async () => {
    const dataDir = await temporaryFolder();
    const first = await start(dataDir);
    process.kill(await postmaster(dataDir), 'SIGKILL');
    await sleep(20);
    await first.stop();
    await sleep(200);
    expect(await accepts('127.0.0.1', portOf(first.url))).toBe(false);
    await start(dataDir);
  });
});

async function start(dataDir: string, lines: string[] = []): Promise<EmbeddedServer> {
  const server = await EmbeddedServer.start({ dataDir, settings, log: (line) => void lines.push(line) });
  servers.push(server);
  return server;
}

/** The error message of a start that must fail: one line, from the error class with messages for the operator. */
async function refusal(dataDir: string): Promise<string> {
  const error: unknown = await start(dataDir).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(EmbeddedServerError);
  const { message } = error as EmbeddedServerError;
  expect(message).not.toContain('\n');
  return message;
}

/**
 * A program that starts the server in a process of its own, to be killed. Its packages are all of ours, or only those
 * named.
 */
async function buildService(folder: string, packages?: readonly string[]): Promise<string> {
  const source = join(repository, 'src', 'platform', 'embedded-postgres');
  for (const file of (await readdir(source)).filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))) {
    const { code } = await transform(await readFile(join(source, file), 'utf8'), {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
      module: { type: 'es6' },
      swcrc: false,
    });
    await writeFile(join(folder, file.replace(/ts$/, 'js')), code);
  }
  const modules = join(repository, 'node_modules');
  if (packages === undefined) await symlink(modules, join(folder, 'node_modules'));
  else await mkdir(join(folder, 'node_modules'));
  for (const name of packages ?? []) await symlink(join(modules, name), join(folder, 'node_modules', name));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(
    join(folder, 'service.js'),
    `import { EmbeddedServer } from './embedded-server.js';
     const [dataDir, how] = process.argv.slice(2);
     try {
       const server = await EmbeddedServer.start({ dataDir, settings: ${JSON.stringify(settings)} });
       console.log(server.url);
       if (how === 'throw') setTimeout(() => { throw new Error('meant to be'); }, 50);
     } catch (error) {
       console.log(error.name + ': ' + error.message);
     }`,
  );
  return join(folder, 'service.js');
}

function serve(dataDir: string, args: string[] = [], file = program): ChildProcess {
  const service = spawn(process.execPath, [file, dataDir, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  services.push(service);
  return service;
}

async function firstLine(service: ChildProcess): Promise<string> {
  if (service.stdout === null) throw new Error('no output to read');
  for await (const line of createInterface(service.stdout)) return line;
  throw new Error('the service ended without output');
}

/** Kills the service with SIGKILL; its server, if any, is then an orphan. */
async function killed(service: ChildProcess): Promise<void> {
  if (service.exitCode !== null || service.signalCode !== null) return;
  service.kill('SIGKILL');
  await once(service, 'exit');
}

/** A killed service leaves its server behind; a test must stop it. */
async function stopOrphan(dataDir: string): Promise<void> {
  const pid = await postmaster(dataDir).catch(() => undefined);
  if (pid === undefined || !isAlive(pid)) return;
  process.kill(pid, 'SIGQUIT');
  await eventually(async () => expect(isAlive(pid)).toBe(false));
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'watcher-embedded-'));
  // As root the server runs as another user, who needs access to this folder; the test of closed folders closes it.
  await chmod(folder, 0o755);
  folders.push(folder);
  return folder;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function postmaster(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: 2000 });
    const settle = (outcome: boolean): void => {
      socket.destroy();
      resolve(outcome);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('timeout', () => settle(false));
  });
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

/** Names, sizes and times of all files. */
async function fingerprint(folder: string): Promise<unknown[]> {
  const names = (await readdir(folder, { recursive: true })).sort();
  return Promise.all(
    names.map(async (name) => {
      const { size, mtimeMs, uid, mode } = await stat(join(folder, name));
      return { name, size, mtimeMs, uid, mode };
    }),
  );
}
