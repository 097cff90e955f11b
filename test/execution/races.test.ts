import pg from 'pg';
import { createDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { type Answer, type Json, Watcher } from '../support/watcher.js';

/** Two replicas of the service on one database. */
let replicas: readonly [Watcher, Watcher];
let one: Watcher;

beforeAll(async () => {
  const database = await createDatabase();
  replicas = [await Watcher.start({}, database), await Watcher.start({}, database)];
  [one] = replicas;
});
afterAll(async () => {
  await replicas[0].app.close();
  await replicas[1].stop();
});

/** Sends `callers` requests at once, alternating between the replicas. */
function atOnce(callers: number, call: (replica: Watcher, caller: number) => Promise<Answer>): Promise<Answer[]> {
  const [even, odd] = replicas;
  return Promise.all(Array.from({ length: callers }, (_, caller) => call(caller % 2 === 0 ? even : odd, caller)));
}

const withStatus = (answers: readonly Answer[], status: number): Answer[] => answers.filter((a) => a.status === status);

describe('30 starts with one external_id', () => {
  it('are one execution: one 201, the rest 200 with its id', async () => {
    const pipeline = await one.pipeline('started by many');
    for (const external_id of ['run 1', 'run 2', 'run 3']) {
      const parent = await one.begin(pipeline);
      const answers = await atOnce(30, (replica) =>
        replica.post('/start_pipeline_execution', { pipeline_id: pipeline, external_id, parent_id: parent }),
      );
      expect([withStatus(answers, 201).length, withStatus(answers, 200).length]).toEqual([1, 29]);
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
      const { body: children } = await one.get(`/pipeline_execution/${parent}/children`);
      expect(children.map((child: Json) => child.external_id)).toEqual([external_id]);
    }
  });

  it('and others among them each get their own answer', async () => {
    const pipeline = await one.pipeline('started by all sorts');
    const answers = await atOnce(60, (replica, caller) =>
      replica.post('/start_pipeline_execution', {
        pipeline_id: caller % 6 === 5 ? 999_999 : pipeline,
        ...(caller % 3 === 0 && { external_id: `shared ${caller % 2}` }),
        ...(caller % 6 === 1 && { parent_id: 999_999 }),
      }),
    );
    for (const [caller, { status, body }] of answers.entries()) {
      if (caller % 6 === 5) expect([status, body.code]).toEqual([404, 'pipeline_not_found']);
      else if (caller % 6 === 1) expect([status, body.code]).toEqual([404, 'parent_not_found']);
      else if (caller % 3 === 0) expect([200, 201]).toContain(status);
      else expect(status).toBe(201);
    }
    const { body: stored } = await one.get(`/pipeline_execution?pipeline_id=${pipeline}&limit=1000`);
    expect(new Set(stored.map((execution: Json) => execution.id))).toEqual(
      new Set(withStatus(answers, 201).map(({ body }) => body.id)),
    );
    expect(stored).toHaveLength(withStatus(answers, 201).length);
  });
});

describe('20 ends of one execution', () => {
  it('with the same content all get the same answer', async () => {
    const pipeline = await one.pipeline('ended alike', { next_watermark: 'w1' });
    const id = await one.begin(pipeline);
    const answers = await atOnce(20, (replica) => replica.end(id, { inserts: 7, execution_metadata: { a: 1 } }));
    expect(withStatus(answers, 200)).toHaveLength(20);
    for (const { body } of answers) expect(body).toEqual(answers[0]?.body);
    expect((await one.get(`/pipeline/${pipeline}`)).body.watermark).toBe('w1');
  });

  it('with contents of their own have one winner, and the rest are refused', async () => {
    const pipeline = await one.pipeline('ended by rivals');
    for (let round = 0; round < 3; round++) {
      const id = await one.begin(pipeline);
      const answers = await atOnce(20, (replica, caller) => replica.end(id, { inserts: caller }));
      const [winner, ...others] = withStatus(answers, 200);
      expect(others).toEqual([]);
      expect(withStatus(answers, 409).map(({ body }) => body.code)).toEqual(
        Array.from({ length: 19 }, () => 'execution_already_ended'),
      );
      expect((await one.get(`/pipeline_execution/${id}`)).body).toMatchObject(winner?.body);
    }
  });

  it('that succeed and fail agree with the pipeline on who won', async () => {
    for (let round = 0; round < 5; round++) {
      const pipeline = await one.pipeline(`torn ${round}`, { next_watermark: 'w1' });
      const id = await one.begin(pipeline);
      await atOnce(20, (replica, caller) => replica.end(id, { completed_successfully: caller % 4 < 2 }));
      const { status } = (await one.get(`/pipeline_execution/${id}`)).body;
      expect((await one.get(`/pipeline/${pipeline}`)).body.watermark).toBe(status === 'succeeded' ? 'w1' : null);
    }
  });
});

describe('many runs at once', () => {
  it('start, end and register on both replicas without an error', async () => {
    const names = Array.from({ length: 5 }, (_, index) => `busy ${index}`);
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, caller) => {
        const replica = replicas[caller % 2 === 0 ? 0 : 1];
        const registered = await replica.post('/pipeline', {
          name: names[caller % 5],
          pipeline_type_name: 'busy',
          next_watermark: caller,
        });
        const started = await replica.post('/start_pipeline_execution', { pipeline_id: registered.body.id });
        const other = replicas[caller % 2 === 0 ? 1 : 0];
        return [registered, started, await other.end(started.body.id, { inserts: 1 })];
      }),
    );
    const statuses = answers.map(([, started, ended]) => [started?.status, ended?.status]);
    expect(statuses).toEqual(answers.map(() => [201, 200]));
    expect((await one.all('/pipeline_execution?status=running&pipeline_name=busy+0')).length).toBe(0);
  });
});

describe('ends of several pipelines in one batch', () => {
  it('wait for a writer of one of them, and take nothing back that it has moved on', async () => {
    const [ahead, beside] = [await one.pipeline('moved ahead'), await one.pipeline('beside it')];
    const begin = (pipeline: number) =>
      one.begin(pipeline, { start_date: '2026-01-31T02:00:00Z', next_watermark: 'earlier' });
    const [first, second, third] = [await begin(beside), await begin(ahead), await begin(beside)];
    const writer = new pg.Client({ connectionString: one.database.url });
    await writer.connect();
    await writer.query('BEGIN');
    await writer.query(
      `UPDATE pipeline SET watermark = 'later', watermark_start_date = '2026-01-31T03:00:00Z',
              last_target_insert = '2026-01-31T03:30:00Z' WHERE id = $1`,
      [ahead],
    );
    // The first end gets a batch of its own; the other two share the next one.
    const ends = Promise.all(
      [first, second, third].map((id) => one.end(id, { end_date: '2026-01-31T02:30:00Z', inserts: 1 })),
    );
    await eventually(async () => {
      const waiting = await one.database.sql(`SELECT 1 FROM pg_locks WHERE NOT granted`);
      expect(waiting.length).toBeGreaterThan(0);
    });
    await writer.query('COMMIT');
    await writer.end();
    expect((await ends).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await one.get(`/pipeline/${ahead}`)).body).toMatchObject({
      watermark: 'later',
      last_target_insert: '2026-01-31T03:30:00.000Z',
    });
    expect((await one.get(`/pipeline/${beside}`)).body).toMatchObject({
      watermark: 'earlier',
      last_target_insert: '2026-01-31T02:30:00.000Z',
    });
  });
});
