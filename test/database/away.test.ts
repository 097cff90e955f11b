import type pg from 'pg';
import { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { type Answer, Watcher } from '../support/watcher.js';

/** The time that the contract allows the service to detect that the database is gone, or back. */
const WITHIN_MS = 5000;

describe('while the database is away', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let watcher: Watcher;
  let pipelineId: number;
  let next = 0;

  beforeEach(async () => {
    database = await createDatabase();
    proxy = await TcpProxy.to(database.url);
    watcher = await Watcher.start({ databaseUrl: proxy.via(database.url) }, database);
    pipelineId = await watcher.pipeline('Away');
  });
  afterEach(async () => {
    await proxy.close();
    await watcher.stop();
  });

  const start = (): Promise<Answer> => {
    next += 1;
    return watcher.post('/start_pipeline_execution', { pipeline_id: pipelineId, external_id: `run-${next}` });
  };
  const requests = (): Promise<Answer>[] => [
    start(),
    start(),
    watcher.end(1),
    watcher.post('/pipeline', { name: 'Away', pipeline_type_name: 'test' }).then(() => watcher.get('/pipeline')),
    watcher.get('/pipeline_execution'),
    watcher.patch('/pipeline', { id: pipelineId, active: true }),
  ];
  /** The answers, which must arrive in the time that the contract allows; a late one fails the test. */
  const inTime = <T>(work: Promise<T>): Promise<T> => {
    let timer: NodeJS.Timeout;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not within ${WITHIN_MS} ms`)), WITHIN_MS);
    });
    return Promise.race([work, late]).finally(() => clearTimeout(timer));
  };
  const recovered = async (): Promise<void> => {
    for (;;) {
      const [answer, ready] = await Promise.all([start(), watcher.get('/health/ready')]);
      if (answer.status === 201 && ready.status === 200) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  it.each(['cut', 'hang'] as const)('(%s) answers 503 in time, stays alive, and recovers by itself', async (how) => {
    // Both connections in use and idle ones.
    await Promise.all(Array.from({ length: 5 }, requests).flat());
    const acknowledged = await Promise.all([start(), start()]);
    const underWay = Array.from({ length: 3 }, requests).flat();
    await proxy[how]();

    for (const answer of await inTime(Promise.all(underWay))) expect(answer.status).not.toBe(500);
    for (let round = 0; round < 3; round++) {
      for (const answer of await inTime(Promise.all(requests()))) {
        expect(answer).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      }
      expect((await inTime(watcher.get('/health/live'))).status).toBe(200);
      expect((await inTime(watcher.get('/health/ready'))).status).toBe(503);
    }

    await proxy.restore('lost');
    await inTime(recovered());
    const again = await Promise.all(Array.from({ length: 10 }, start));
    expect(again.map(({ status }) => status)).toEqual(Array(10).fill(201));
    const kept = await database.sql<{ id: string }>('SELECT id FROM pipeline_execution');
    const ids = new Set(kept.map(({ id }) => Number(id)));
    for (const { body } of [...acknowledged, ...again]) expect(ids).toContain(body.id);
  });

  it('does not interrupt a statement that is merely slow', async () => {
    await database.sql(`
      CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(4); RETURN NULL; END';
      CREATE TRIGGER dawdle AFTER INSERT ON pipeline_execution EXECUTE FUNCTION dawdle()`);
    expect((await start()).status).toBe(201);
    await database.sql('DROP FUNCTION dawdle CASCADE');
  });

  it('survives the end of every connection, idle or in use', async () => {
    const underWay = Array.from({ length: 5 }, requests).flat();
    for (let round = 0; round < 3; round++) {
      await database.sql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'watcher' AND datname = current_database()`,
      );
    }
    for (const answer of await inTime(Promise.all(underWay))) expect(answer.status).not.toBe(500);
    await inTime(recovered());
  });

  it('survives an error of a connection without a listener', async () => {
    const pool = (watcher.app.get(DataSource).driver as PostgresDriver).master as pg.Pool;
    const client = await pool.connect();
    client.emit('error', new Error('terminating connection due to administrator command'));
    client.release(true);
    await inTime(recovered());
  });
});
