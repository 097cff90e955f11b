import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** A real PgBouncer in transaction mode in front of a server, for `npm run test:pgbouncer`. */
export class PgBouncer {
  private constructor(
    /** The server's URL, but through the pooler. */
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start(serverUrl: string): Promise<PgBouncer> {
    const { hostname, port: serverPort, username, password } = new URL(serverUrl);
    const folder = await mkdtemp(join(tmpdir(), 'watcher-pgbouncer-'));
    const port = await freePort();
    await writeFile(join(folder, 'users.txt'), `"${username}" "${decodeURIComponent(password)}"\n`);
    await writeFile(
      join(folder, 'pgbouncer.ini'),
      `[databases]
* = host=${hostname} port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(folder, 'users.txt')}
admin_users = ${username}
pool_mode = transaction
# Few, so that a session's transactions use different connections.
default_pool_size = 3
max_client_conn = 1000
# A test drops its database when it is done.
server_idle_timeout = 5
`,
    );
    // PgBouncer does not run as root.
    await chmod(folder, 0o755);
    const asWhom = userInfo().uid === 0 ? ['-u', 'nobody'] : [];
    const child = spawn('pgbouncer', ['-q', ...asWhom, join(folder, 'pgbouncer.ini')], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await once(child, 'spawn');
    const url = new URL(serverUrl);
    url.hostname = '127.0.0.1';
    url.port = String(port);
    await untilItAnswers(url.href);
    return new PgBouncer(url.href, child, folder);
  }

  /** Fails if the tests have bypassed it. */
  async stop(): Promise<void> {
    const transactions = await this.transactions();
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
    await rm(this.folder, { recursive: true, force: true });
    console.log(`${transactions} transactions went through PgBouncer`);
    if (transactions < 100) throw new Error('the tests have bypassed PgBouncer');
  }

  private async transactions(): Promise<number> {
    const url = new URL(this.url);
    url.pathname = 'pgbouncer';
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    const { rows } = await client.query<{ name: string; value: string }>('SHOW TOTALS');
    await client.end();
    return Number(rows.find(({ name }) => name === 'total_xact_count')?.value ?? 0);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function untilItAnswers(url: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.query('SELECT 1');
      return;
    } catch (error) {
      if (attempt === 600) throw error;
      await sleep(100);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
