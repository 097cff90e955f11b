import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { expectExactClosure } from '../support/closure.js';
import { expectNoLeak, untilBlocked } from './support/checks.js';
import { Client, type Reply } from './support/client.js';
import { report } from './support/ledger.js';
import { describeOwnServer } from './support/own-server.js';
import { type Postgres, startPostgres } from './support/postgres.js';
import { Service } from './support/service.js';

/** Each statement, and each row if the trigger is for rows, fails twice and succeeds at the third attempt. */
const FAILING_TWICE = `
  CREATE SEQUENCE fault;
  CREATE FUNCTION fail_twice() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
-- Once per transaction. A sequence is not rolled back: it also counts the failed attempts.
    IF current_setting('fault.passed', true) = pg_current_xact_id()::text || TG_NAME THEN RETURN NULL; END IF;
    IF nextval(TG_ARGV[0]::regclass) % 3 <> 0 THEN
      RAISE EXCEPTION 'injected' USING ERRCODE = TG_ARGV[1];
    END IF;
    PERFORM set_config('fault.passed', pg_current_xact_id()::text || TG_NAME, true);
    RETURN NULL;
  END $$`;

let database: Postgres;
let service: Service;
let client: Client;
let pipeline: number;
let other: number;

beforeAll(async () => {
  database = await startPostgres();
  service = await Service.start({ DATABASE_URL: database.url });
  client = new Client(service.url, 200);
  await database.sql(FAILING_TWICE);
  pipeline = await register('conflicts');
  other = await register('other');
});
afterAll(async () => {
  client.close();
  await service.close();
  await database.close();
});

async function register(name: string): Promise<number> {
  return (await client.post('/pipeline', { name, pipeline_type_name: 'faults', next_watermark: 'w' })).body.id;
}

async function begin(fields: Record<string, unknown> = {}): Promise<number> {
  return (await client.post('/start_pipeline_execution', { pipeline_id: pipeline, ...fields })).body.id;
}

function end(id: number): Promise<Reply> {
  return client.post('/end_pipeline_execution', { id, completed_successfully: true, inserts: 1 });
}

/** Makes a trigger fail as `fail_twice` does; returns the number of failures while `work` ran. */
async function withFailures(trigger: string, work: () => Promise<void>): Promise<number> {
  await database.sql(`ALTER SEQUENCE fault RESTART`);
  await database.sql(trigger);
  await work();
  await database.sql(`DROP TRIGGER fault ON ${/ ON (\w+)/.exec(trigger)?.[1]}`);
  const [counted] = await database.sql<{ attempts: number }>('SELECT last_value::int AS attempts FROM fault');
  return ((counted?.attempts ?? 0) / 3) * 2;
}

const statuses = (replies: readonly Reply[]): number[] => [...new Set(replies.map(({ status }) => status))];

describeOwnServer('conflicts by triggers', () => {
  describe.each([
    ['serialisation failures', '40001'],
    ['deadlocks', '40P01'],
  ])('injected %s: no client sees one', (_, state) => {
    it('in starts', async () => {
      const failures = await withFailures(
        `CREATE TRIGGER fault BEFORE INSERT ON pipeline_execution EXECUTE FUNCTION fail_twice('fault', '${state}')`,
        async () => {
          const parent = await begin();
          const replies = await Promise.all(
            Array.from({ length: 300 }, (_, index) =>
              client.post('/start_pipeline_execution', {
                pipeline_id: pipeline,
                parent_id: parent,
                ...(index % 3 === 0 && { external_id: `${state} ${index}` }),
              }),
            ),
          );
          expect(statuses(replies)).toEqual([201]);
          expect(new Set(replies.map(({ body }) => body.id)).size).toBe(300);
        },
      );
      expect(failures).toBeGreaterThanOrEqual(4);
      await expectExactClosure(database);
    });

    it('in starts, at the commit', async () => {
      const failures = await withFailures(
        `CREATE CONSTRAINT TRIGGER fault AFTER INSERT ON pipeline_execution DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION fail_twice('fault', '${state}')`,
        async () => {
          const ids = await Promise.all(Array.from({ length: 300 }, () => begin()));
          expect(new Set(ids).size).toBe(300);
        },
      );
      expect(failures).toBeGreaterThanOrEqual(2);
      await expectExactClosure(database);
    });

    it('in ends', async () => {
      const ids = await Promise.all(Array.from({ length: 100 }, () => begin()));
      const failures = await withFailures(
        `CREATE TRIGGER fault BEFORE UPDATE ON pipeline_execution EXECUTE FUNCTION fail_twice('fault', '${state}')`,
        async () => {
          const replies = await Promise.all(ids.map(end));
          expect(statuses(replies)).toEqual([200]);
          expect(replies.every(({ body }) => body.status === 'succeeded')).toBe(true);
        },
      );
      expect(failures).toBeGreaterThanOrEqual(2);
    });

    it('in registrations and changes', async () => {
      for (const [event, send, expected] of [
        ['INSERT', () => client.post('/pipeline', { name: `new ${state}`, pipeline_type_name: 'faults' }), 201],
        ['UPDATE', () => client.patch('/pipeline', { id: other, active: state === '40001' }), 200],
      ] as const) {
        const failures = await withFailures(
          `CREATE TRIGGER fault BEFORE ${event} ON pipeline EXECUTE FUNCTION fail_twice('fault', '${state}')`,
          async () => expect((await send()).status).toBe(expected),
        );
        expect(failures).toBe(2);
      }
    });
  });
});

/** Another session that works on the same rows, in another order, and that PostgreSQL never chooses as the victim. */
class Outsider {
  private constructor(private readonly connection: pg.Client) {}

  static async begin(): Promise<Outsider> {
    const connection = new pg.Client({ connectionString: database.url });
    await connection.connect();
    await connection.query(`SET deadlock_timeout = '30s'`);
    await connection.query('BEGIN');
    return new Outsider(connection);
  }

  lock(table: 'pipeline' | 'pipeline_execution', id: number): Promise<unknown> {
    return this.connection.query(`SELECT 1 FROM ${table} WHERE id = $1::bigint FOR UPDATE`, [id]);
  }

  /** Waits for whoever is claiming it too, and does without where that one has committed. */
  claim(externalId: string): Promise<unknown> {
    return this.connection.query(
      `INSERT INTO pipeline_execution_external_id (pipeline_id, external_id, execution_id) VALUES ($1, $2, 0)
       ON CONFLICT DO NOTHING`,
      [pipeline, externalId],
    );
  }

  async leave(): Promise<void> {
    await this.connection.query('ROLLBACK');
    await this.connection.end();
  }
}

describe('a real deadlock with an outsider', () => {
  it.each([1, 2, 3])('makes an end retry without affecting its client: %i', async () => {
    const id = await begin();
    const outsider = await Outsider.begin();
    await outsider.lock('pipeline', pipeline);
    const answer = end(id);
    await untilBlocked(database);
    // The end holds the execution and waits for the pipeline, which it gets only when PostgreSQL has ended the other's
    // wait.
    await outsider.lock('pipeline_execution', id);
    await outsider.leave();
    expect(await answer).toMatchObject({ status: 200, body: { id, status: 'succeeded' } });
  });

  it.each([1, 2, 3])('makes a batch of starts retry without affecting their clients: %i', async (round) => {
    const [first, second, blocker] = [`a ${round}`, `b ${round}`, `blocker ${round}`];
    const [outsider, gatekeeper] = [await Outsider.begin(), await Outsider.begin()];
    await outsider.claim(second);
    await gatekeeper.claim(blocker);
    const waiting = client.post('/start_pipeline_execution', { pipeline_id: pipeline, external_id: blocker });
    await untilBlocked(database);
    // While that one runs, these wait for a batch; they claim their ids in order, the outsider in the opposite order.
    const batch = [first, second].map((external_id) =>
      client.post('/start_pipeline_execution', { pipeline_id: pipeline, external_id }),
    );
    await sleep(100);
    await gatekeeper.leave();
    expect((await waiting).status).toBe(201);
    await untilBlocked(database);
    await outsider.claim(first);
    await outsider.leave();
    expect(statuses(await Promise.all(batch))).toEqual([201]);
  });

  it('leaves all data correct', async () => {
    await expectExactClosure(database);
    await expectNoLeak(database);
    expect(service.complaints).toEqual([]);
    report('8 injected conflicts, 6 real deadlocks: no client saw one');
  });
});
