import { setTimeout as sleep } from 'node:timers/promises';
import { PROMISED_MS } from './support/checks.js';
import { Client, NoAnswer, type Reply } from './support/client.js';
import { report } from './support/ledger.js';
import { type Postgres, startPostgres } from './support/postgres.js';
import { Random } from './support/random.js';
import { Service } from './support/service.js';

const ROUNDS = 6;
const OF_EACH_KIND = 8;

const seed = Random.seed();
const random = new Random(seed);

let database: Postgres;
let service: Service;
let client: Client;

beforeAll(async () => {
  database = await startPostgres();
  service = await Service.start({ DATABASE_URL: database.url, WATCHER_CHECK_CRON: 'off' });
  client = new Client(service.url, 64);
});
afterAll(async () => {
  client.close();
  await service.close();
  await database.close();
});

/** Sends until there is an answer other than 503. */
async function deliver(path: string, body: object): Promise<Reply> {
  const giveUpAt = performance.now() + 4 * PROMISED_MS;
  for (;;) {
    try {
      const reply = await client.post(path, body);
      if (reply.status !== 503) return reply;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
    }
    if (performance.now() > giveUpAt) throw new Error(`${path}: no answer in time`);
    await sleep(30);
  }
}

describe('kill -9 of the service while executions fall silent', () => {
  it('loses each silent execution once, none that is alive, and believes each late end', async () => {
    const lostAfter = { lost_after_number: 1, lost_after_datepart: 'minute' };
    const pipeline = { name: 'beating', pipeline_type_name: 'faults', ...lostAfter };
    const { id: pipelineId } = (await deliver('/pipeline', pipeline)).body;
    const begin = async (): Promise<number> =>
      (await deliver('/start_pipeline_execution', { pipeline_id: pipelineId })).body.id;
    const kinds = { silent: [] as number[], late: [] as number[], alive: [] as number[] };
    let kills = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const silent = await Promise.all(Array.from({ length: OF_EACH_KIND }, begin));
      const late = await Promise.all(Array.from({ length: OF_EACH_KIND }, begin));
      kinds.alive.push(...(await Promise.all(Array.from({ length: OF_EACH_KIND }, begin))));
      await deliver('/heartbeat', { ids: [...silent, ...late, ...kinds.alive] });
      // Ten minutes pass in which the service listens, and hears of nobody but the living.
      await database.sql(
        `UPDATE execution_heartbeat SET at = at - interval '10 minutes' WHERE execution_id = ANY ($1)`,
        [[...silent, ...late]],
      );
      await database.sql(
        `INSERT INTO heartbeat_watch (checked_at, listening_since) VALUES (now(), now() - interval '1 hour')
             ON CONFLICT (id) DO UPDATE SET checked_at = now(), listening_since = now() - interval '1 hour'`,
      );
      const over = new AbortController();
      const checks = [1, 2].map(async () => {
        do expect((await deliver('/timeliness', {})).status).toBe(200);
        while (!over.signal.aborted);
      });
      const ends = late.map(async (id) => {
        await sleep(random.below(150));
        expect((await deliver('/end_pipeline_execution', { id, status: 'succeeded' })).status).toBe(200);
      });
      await sleep(random.below(60));
      await service.end('SIGKILL');
      kills += 1;
      await service.restart();
      await Promise.all(ends);
      over.abort();
      await Promise.all(checks);
      kinds.silent.push(...silent);
      kinds.late.push(...late);
    }
    expect((await deliver('/timeliness', {})).status).toBe(200);
    report(`lost executions, seed ${seed}: ${kills} kills, ${kinds.silent.length} fell silent`);

    const statuses = async (ids: readonly number[]): Promise<unknown> =>
      (
        await database.sql(
          `SELECT DISTINCT status, end_date IS NULL AS open FROM pipeline_execution WHERE id = ANY ($1)`,
          [ids],
        )
      ).map((row) => ({ ...row }));
    expect(await statuses(kinds.silent)).toEqual([{ status: 'lost', open: false }]);
    expect(await statuses(kinds.late)).toEqual([{ status: 'succeeded', open: false }]);
    expect(await statuses(kinds.alive)).toEqual([{ status: 'running', open: true }]);
    const incidents = await database.sql<{ execution_id: number; n: number; open: number }>(
      `SELECT execution_id::int, count(*)::int AS n, count(*) FILTER (WHERE resolved_at IS NULL)::int AS open
         FROM incident WHERE kind = 'lost' GROUP BY execution_id ORDER BY execution_id`,
    );
    const of = (ids: readonly number[]): typeof incidents =>
      incidents.filter(({ execution_id }) => ids.includes(execution_id));
    expect(of(kinds.silent).map(({ execution_id, n }) => [execution_id, n])).toEqual(
      kinds.silent.toSorted((a, b) => a - b).map((id) => [id, 1]),
    );
    expect(of(kinds.late).filter(({ n, open }) => n > 1 || open > 0)).toEqual([]);
    expect(of(kinds.alive)).toEqual([]);
  });
});
