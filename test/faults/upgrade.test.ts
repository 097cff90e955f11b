import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/platform/database/data-source.js';
import { eventually } from '../support/eventually.js';
import { Client } from './support/client.js';
import { describeOwnServer } from './support/own-server.js';
import { type Postgres, startPostgres } from './support/postgres.js';
import { Service } from './support/service.js';

const EXECUTIONS = 1_000_000;
/** The longest that any request may wait during the migration. */
const PATIENCE_MS = 2000;
/** How long another session keeps a transaction open that reads the table, when the migration begins. */
const READER_MS = 3000;
/** How long the load runs while the service fills the columns. */
const FILLING_MS = 6000;

/** The last migration of the version before the status columns. */
const LAST_OF_OLD = 'Analysis1767657600000';

/**
 * Ended executions, each a tree of its own, as that version wrote them; one in fifty has failed, one in a thousand is
 * running.
 */
const SEED = `
  INSERT INTO pipeline_type (name) VALUES ('old');
  INSERT INTO pipeline (name, pipeline_type_id, config_hash) SELECT 'old ' || n, 1, '' FROM generate_series(1, 8) n;
  INSERT INTO pipeline_execution (id, root_id, pipeline_id, start_date, end_date, completed_successfully, total_rows,
                                  config_version, end_hash)
  SELECT n, n, n % 8 + 1, '2026-01-01Z'::timestamptz + n * interval '1 second',
         CASE WHEN n % 1000 > 0 THEN '2026-01-01T00:05:00Z'::timestamptz + n * interval '1 second' END,
         CASE WHEN n % 1000 > 0 THEN n % 50 <> 1 END, 300, 1, repeat('0', 64)
    FROM generate_series(1, ${EXECUTIONS}) n;
  INSERT INTO pipeline_execution_closure (child_execution_id, parent_execution_id, depth)
  SELECT n, n, 0 FROM generate_series(1, ${EXECUTIONS}) n;
  SELECT setval(pg_get_serial_sequence('pipeline_execution', 'id'), ${EXECUTIONS});
  ANALYZE pipeline_execution, pipeline_execution_closure`;

/** A user's own objects that depend on the views. */
const BUILT_UPON = `
  CREATE ROLE dashboard;
  GRANT SELECT ON v_execution TO dashboard;
  CREATE VIEW my_failures AS SELECT id, pipeline_name, status FROM v_execution WHERE status = 'failed';
  GRANT SELECT ON my_failures TO dashboard`;

/** Simulates the database traffic of a replica of the previous version: starts and ends, one transaction each. */
class OldReplica {
  readonly waits: number[] = [];
  readonly ended: number[] = [];
  private isStopping = false;
  private readonly pool: pg.Pool;
  private readonly work: Promise<void>[];

  constructor(url: string) {
    this.pool = new pg.Pool({ connectionString: url, max: 4 });
    this.work = Array.from({ length: 4 }, () => this.run());
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.work);
    await this.pool.end();
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      const id = await this.timed(() => this.start());
      await sleep(10);
      if (id % 2 > 0) continue;
      await this.timed(() => this.end(id));
      this.ended.push(id);
    }
  }

  private async timed<T>(work: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const result = await work();
    this.waits.push(performance.now() - begun);
    return result;
  }

  private async start(): Promise<number> {
    const { rows } = await this.pool.query<{ id: string }>(
      `WITH drawn AS (SELECT nextval('pipeline_execution_id_seq') AS id), closure AS (
         INSERT INTO pipeline_execution_closure (child_execution_id, parent_execution_id, depth)
         SELECT id, id, 0 FROM drawn)
       INSERT INTO pipeline_execution (id, root_id, pipeline_id, start_date, config_version)
       SELECT id, id, 1, now(), 1 FROM drawn RETURNING id`,
    );
    return Number(rows[0]?.id);
  }

  private async end(id: number): Promise<void> {
    await this.pool.query(
      `UPDATE pipeline_execution SET end_date = now(), completed_successfully = true, total_rows = 1 WHERE id = $1`,
      [id],
    );
  }
}

describeOwnServer('an upgrade under load', () => {
  let postgres: Postgres;
  let service: Service | undefined;

  beforeAll(async () => {
    postgres = await startPostgres();
    const options = dataSourceOptions(postgres.url, 2);
    const names = options.migrations.map(({ name }) => name);
    const migrations = options.migrations.slice(0, names.indexOf(LAST_OF_OLD) + 1);
    const old = await new DataSource({ ...options, migrations }).initialize();
    expect((await old.runMigrations()).at(-1)?.name).toBe(LAST_OF_OLD);
    await old.destroy();
    await seed(postgres);
  });
  afterAll(async () => {
    await service?.close();
    await postgres.close();
  });

  it('delays no request, keeps objects that depend on the views, and shows correct data from the start', async () => {
    const failures = await postgres.sql('SELECT count(*)::int AS n FROM my_failures');
    const old = new OldReplica(postgres.url);
    const reader = await openReader(postgres.url);
    const begun = performance.now();
    service = await Service.start({ DATABASE_URL: postgres.url, WATCHER_CHECK_CRON: 'off' });
    const startMs = performance.now() - begun;
    await reader.end;
    expect(startMs).toBeGreaterThan(READER_MS - 500);

    const client = new Client(service.url, 8);
    const waits = await loadFor(client, FILLING_MS);
    await old.stop();
    // Within this time on most machines; a slow one may need longer.
    await eventually(async () => expect(await filled(postgres)).toBeGreaterThan(EXECUTIONS / 100));
    const [progress] = await postgres.sql(
      'SELECT count(*) FILTER (WHERE status IS NOT NULL)::int AS filled, count(*)::int AS all FROM pipeline_execution',
    );
    process.stdout.write(
      `ready after ${Math.round(startMs)} ms; ${old.waits.length} transactions of the old replica, the longest ` +
        `${Math.round(Math.max(...old.waits))} ms; ${waits.length} requests, the longest ${Math.round(Math.max(...waits))} ms; ` +
        `${progress?.['filled']} of ${progress?.['all']} filled\n`,
    );
    expect(Math.max(...old.waits)).toBeLessThan(PATIENCE_MS);
    expect(Math.max(...waits)).toBeLessThan(PATIENCE_MS);

    // The user's view and its grants still exist, and it shows the same data.
    expect(await postgres.sql('SELECT count(*)::int AS n FROM my_failures')).toEqual(failures);
    expect(
      await postgres.sql(`
        SELECT has_table_privilege('dashboard', 'v_execution', 'SELECT') AS view,
               has_table_privilege('dashboard', 'my_failures', 'SELECT') AS own`),
    ).toEqual([{ view: true, own: true }]);

    // Each row is correct where it is filled, and is read correctly where it is not.
    expect(
      await postgres.sql(`
        SELECT id, status, duration_seconds, throughput, date_recorded FROM pipeline_execution
         WHERE id <= ${EXECUTIONS} AND status IS NOT NULL
           AND (status, duration_seconds, throughput, date_recorded) IS DISTINCT FROM
               (CASE WHEN id % 1000 = 0 THEN 'running' WHEN id % 50 = 1 THEN 'failed' ELSE 'succeeded' END,
                CASE WHEN id % 1000 > 0 THEN 300.0::float8 END, CASE WHEN id % 1000 > 0 THEN 1.0::float8 END,
                (start_date AT TIME ZONE 'UTC')::date)
         LIMIT 3`),
    ).toEqual([]);
    const statusOf = async (id: number): Promise<unknown> =>
      (await client.get(`/pipeline_execution/${id}`)).body.status;
    expect(await Promise.all([1, 2, 1000].map(statusOf))).toEqual(['failed', 'succeeded', 'running']);
    const byOld = old.ended.slice(-20);
    expect(byOld).toHaveLength(20);
    expect(new Set(await Promise.all(byOld.map(statusOf)))).toEqual(new Set(['succeeded']));
    client.close();
  });
});

async function filled(database: Postgres): Promise<number> {
  const [row] = await database.sql<{ n: number }>(
    'SELECT count(*)::int AS n FROM pipeline_execution WHERE status IS NOT NULL',
  );
  return row?.n ?? 0;
}

/** Without the indexes, which are rebuilt afterwards: updating them row by row takes four times as long. */
async function seed(database: Postgres): Promise<void> {
  const indexes = await database.sql<{ name: string; definition: string }>(
    `SELECT indexname AS name, indexdef AS definition FROM pg_indexes
      WHERE schemaname = 'public' AND tablename = ANY ('{pipeline_execution,pipeline_execution_closure}')
        AND indexname LIKE 'ix%'`,
  );
  await database.sql(`DROP INDEX ${indexes.map(({ name }) => name).join(', ')}`);
  await database.sql(`SET synchronous_commit = off; ${SEED}`);
  for (const { definition } of indexes) await database.sql(definition);
  await database.sql(BUILT_UPON);
}

/**
 * Reads the table in a transaction that stays open for a while; resolves when it has begun, with a promise of its end.
 */
async function openReader(url: string): Promise<{ readonly end: Promise<void> }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT id FROM pipeline_execution LIMIT 1');
  const end = sleep(READER_MS).then(() => client.end());
  return { end };
}

/** Starts and ends from eight clients for some time; returns the duration of each request. Fails if one is refused. */
async function loadFor(client: Client, ms: number): Promise<number[]> {
  const waits: number[] = [];
  const until = performance.now() + ms;
  const work = async (): Promise<void> => {
    while (performance.now() < until) {
      const started = await client.post('/start_pipeline_execution', { pipeline_id: 2 });
      expect(started.status).toBe(201);
      const ended = await client.post('/end_pipeline_execution', { id: started.body.id, completed_successfully: true });
      expect(ended.status).toBe(200);
      waits.push(started.ms, ended.ms);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return waits;
}
