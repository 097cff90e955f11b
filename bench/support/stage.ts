import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type * as Embedded from '../../src/platform/embedded-postgres/embedded-server.ts';

const root = new URL('../../', import.meta.url).pathname;

/** The environment of a benchmark: a PostgreSQL server, the built service as a process, and a connection pool. */
export interface Stage {
  readonly url: string;
  readonly databaseUrl: string;
  readonly pool: pg.Pool;
  readonly service: ChildProcess;
  /** Restarts the service, e.g. to time it; returns the seconds until it is ready. */
  restart(): Promise<number>;
  close(): Promise<void>;
}

export async function openStage(environment: Record<string, string> = {}): Promise<Stage> {
  const { EmbeddedServer } = (await import(
    `${root}dist/src/platform/embedded-postgres/embedded-server.js`
  )) as typeof Embedded;
  const dataDir = mkdtempSync(join(tmpdir(), 'watcher-bench-'));
  const server = await EmbeddedServer.start({ dataDir, settings: { max_connections: '400' } });
  const pool = new pg.Pool({ connectionString: server.url, max: 300 });
  // Idle connections report an error when the server stops; it can be ignored.
  pool.on('error', () => undefined);
  let running = await startService(server.url, environment);
  return {
    get url() {
      return running.url;
    },
    get service() {
      return running.service;
    },
    databaseUrl: server.url,
    pool,
    async restart() {
      await stopService(running.service);
      running = await startService(server.url, environment);
      return running.seconds;
    },
    async close() {
      await stopService(running.service);
      await pool.end();
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

interface Running {
  readonly service: ChildProcess;
  readonly url: string;
  readonly seconds: number;
}

async function startService(databaseUrl: string, environment: Record<string, string>): Promise<Running> {
  const begun = performance.now();
  const service = spawn(process.execPath, ['--max-semi-space-size=16', `${root}dist/src/main.js`], {
    env: { ...process.env, LOG_LEVEL: 'info', DATABASE_URL: databaseUrl, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let seen = '';
    service.once('exit', (code) => reject(new Error(`the service ended with ${code}`)));
    service.stdout?.on('data', (chunk: Buffer) => {
      // Read to the end, so that the pipe never fills; only the beginning is used.
      if (seen.length < 10_000) seen += chunk.toString();
      const found = /"url":"([^"]+)"/.exec(seen);
      if (found?.[1]) resolve(found[1]);
    });
  });
  return { service, url, seconds: (performance.now() - begun) / 1000 };
}

async function stopService(service: ChildProcess): Promise<void> {
  const ended = once(service, 'exit');
  service.kill('SIGTERM');
  await ended;
}

/** Memory and processor time of a process, from Linux's /proc; zeros elsewhere. */
export function usage(pid: number | undefined): { readonly megabytes: number; readonly cpuSeconds: number } {
  try {
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return { megabytes: kilobytes / 1024, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100 };
  } catch {
    return { megabytes: 0, cpuSeconds: 0 };
  }
}

/** The conditions that the figures depend on, for the head of a report. */
export async function describeMachine(stage: Stage): Promise<string[]> {
  const { rows } = await stage.pool.query<{ version: string }>(`SELECT current_setting('server_version') AS version`);
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root }).toString().trim();
  return [
    `cores ${availableParallelism()} (${cpus()[0]?.model ?? 'unknown'}), shared by load, service and PostgreSQL`,
    `Node ${process.version}, PostgreSQL ${rows[0]?.version}, commit ${commit}`,
    `disk ${Math.round(fsyncRate())} fdatasync/s of 8 kB, one after the other`,
  ];
}

function fsyncRate(): number {
  const folder = mkdtempSync(join(tmpdir(), 'watcher-fsync-'));
  const file = openSync(join(folder, 'probe'), 'w');
  const page = Buffer.alloc(8192, 1);
  const begun = performance.now();
  let count = 0;
  for (; performance.now() - begun < 1000; count++) {
    writeSync(file, page, 0, page.length, (count % 1000) * page.length);
    fdatasyncSync(file);
  }
  closeSync(file);
  rmSync(folder, { recursive: true });
  return count / ((performance.now() - begun) / 1000);
}
