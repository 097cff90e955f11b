import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedServer } from '../../src/platform/embedded-postgres/embedded-server.js';
import { eventually } from '../support/eventually.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { expectKept } from './support/checks.js';
import { report } from './support/ledger.js';
import { Load } from './support/load.js';
import { describeOwnServer } from './support/own-server.js';
import { openDatabase, type Postgres, temporaryFolder } from './support/postgres.js';
import { Random } from './support/random.js';
import { Service } from './support/service.js';

const seed = Random.seed();

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let servers: Record<'first' | 'second', EmbeddedServer>;
let databases: Record<'first' | 'second', Postgres>;
/** Between the service and the first server. */
let network: TcpProxy;
let service: Service;
let load: Load;

/** A primary, and a standby that streams from it; a commit waits until both have it. */
async function startPair(): Promise<typeof servers> {
  const [first, second] = [join(folder.path, 'first'), join(folder.path, 'second')];
  const primary = await EmbeddedServer.start({ dataDir: first });
  await primary.stop();
  execFileSync('cp', ['-a', first, second]);
  await writeFile(join(second, 'postgres', 'standby.signal'), '');
  const again = await EmbeddedServer.start({ dataDir: first });
  const { username, password, port } = new URL(again.url);
  const source = `host=127.0.0.1 port=${port} user=${username} password=${password} application_name=second`;
  const standby = await EmbeddedServer.start({ dataDir: second, settings: { primary_conninfo: source } });
  return { first: again, second: standby };
}

/** The URL of both, as libpq has it; the standby comes first. */
function urlOfBoth(): string {
  const url = new URL(servers.first.url);
  const hosts = [servers.second.url, network.via(servers.first.url)].map((each) => new URL(each).host);
  return `postgresql://${url.username}:${url.password}@${hosts.join(',')}${url.pathname}?target_session_attrs=read-write`;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  servers = await startPair();
  databases = { first: openDatabase(servers.first.url), second: openDatabase(servers.second.url) };
  network = await TcpProxy.to(servers.first.url);
  service = await Service.start({ DATABASE_URL: urlOfBoth() });
  load = new Load(service.url, new Random(seed));
  await databases.first.sql(`ALTER SYSTEM SET synchronous_standby_names = 'second'`);
  await databases.first.sql('SELECT pg_reload_conf()');
});
afterAll(async () => {
  load.close();
  await service.close();
  await network.close();
  for (const name of ['first', 'second'] as const) {
    await databases[name].close();
    await servers[name].stop();
  }
  await folder.remove();
  report(`failover, seed ${seed}: ${load.ledger.summary()}`);
});

describeOwnServer('a DATABASE_URL with two servers', () => {
  it('leads to the one that takes writes, and waits while none does', async () => {
    await load.run();
    await sleep(500);
    await databases.first.sql('ALTER SYSTEM SET default_transaction_read_only = on');
    await databases.first.sql('SELECT pg_reload_conf()');
    await eventually(async () => expect(await service.isReady()).toBe(false));
    await databases.first.sql('ALTER SYSTEM RESET default_transaction_read_only');
    await databases.first.sql('SELECT pg_reload_conf()');
    await eventually(async () => expect(await service.isReady()).toBe(true));
    await load.settle();
    await expectKept(databases.first, load.ledger);
  });

  it('leads to the standby once that is promoted; nothing acknowledged is lost', async () => {
    await load.run();
    await sleep(500);
    // A primary that no longer answers is stopped by those who promote another.
    network.hang();
    await eventually(async () => expect(await service.isReady()).toBe(false));
    await servers.first.stop();
    await databases.second.sql('SELECT pg_promote()');
    await eventually(async () => expect(await service.isReady()).toBe(true));
    await load.settle();
    await expectKept(databases.second, load.ledger);
  });
});
