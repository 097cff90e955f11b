import { TransactionRunner } from '../../src/platform/database/transaction-runner.js';
import { JobService } from '../../src/platform/jobs/job.service.js';
import { addKey, bearer } from '../support/access.js';
import { createDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { type Answer, type Json, Watcher } from '../support/watcher.js';

const key = (value: string) => ({ 'idempotency-key': value });

function lineageEvent(n: number): Json {
  const runId = `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
  const eventTime = new Date().toISOString();
  return { eventType: 'START', eventTime, run: { runId }, job: { namespace: 'prod', name: `Job ${n}` } };
}

describe('Idempotency-Key', () => {
  let watcher: Watcher;
  let pipelineId: number;
  let number = 0;
  const fresh = () => key(`key-${(number += 1)}`);

  beforeAll(async () => {
    watcher = await Watcher.start();
    pipelineId = await watcher.pipeline('Repeated');
  });
  afterAll(() => watcher.stop());

  const expectReplay = (again: Answer, first: Answer) => {
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
    expect(first.headers.get('idempotency-replayed')).toBeNull();
  };

  /** A run with an anomaly, as the service would find it. */
  const unusual = async (): Promise<number> => {
    const id = await watcher.begin(pipelineId);
    await watcher.database.sql(
      `INSERT INTO anomaly (execution_id, root_id, pipeline_id, metric, value, expected, lower, upper, direction, baseline,
                            detail, detected_at)
       VALUES ($1, $1, $2, 'total_rows', 0, 9, 5, 20, 'low', '{"group": "all", "runs": 8, "history": 20}', '', now())`,
      [id, pipelineId],
    );
    await watcher.database.sql(`UPDATE pipeline_execution SET anomaly_flags = '{"total_rows": true}' WHERE id = $1`, [
      id,
    ]);
    return id;
  };
  const anomaly = async (): Promise<number> => {
    const [row] = await watcher.database.sql('SELECT id FROM anomaly WHERE execution_id = $1', [await unusual()]);
    return row?.id as number;
  };

  /** A valid body for each POST of the service; each number makes a different one. */
  const bodies: Record<string, (n: number) => Promise<Json>> = {
    '/pipeline': (n) => Promise.resolve({ name: `Pipeline ${n}`, pipeline_type_name: 'test', next_watermark: n }),
    '/pipeline_type': (n) => Promise.resolve({ name: `Type ${n}` }),
    '/start_pipeline_execution': () => Promise.resolve({ pipeline_id: pipelineId, execution_metadata: { b: 1, a: 2 } }),
    '/end_pipeline_execution': async () => ({ id: await watcher.begin(pipelineId), completed_successfully: true }),
    '/heartbeat': async () => ({ id: await watcher.begin(pipelineId) }),
    '/batch': () => Promise.resolve([{ op: 'start', pipeline_id: pipelineId }]),
    '/freshness': () => Promise.resolve({}),
    '/timeliness': () => Promise.resolve({}),
    '/retention': () => Promise.resolve({ dry_run: true }),
    '/log_cleanup': (n) => Promise.resolve({ retention_days: 90 + n }),
    '/reporting/refresh': () => Promise.resolve({}),
    '/celery/monitor-queue': () => Promise.resolve({}),
    '/address_type': (n) => Promise.resolve({ name: `Type ${n}`, group_name: 'database' }),
    '/address': (n) =>
      Promise.resolve({ name: `Address ${n}`, address_type_name: 'pg', address_type_group_name: 'database' }),
    '/address_lineage': (n) =>
      Promise.resolve({
        pipeline_id: pipelineId,
        source_addresses: [{ name: `Source ${n}`, address_type_name: 'pg', address_type_group_name: 'database' }],
        target_addresses: [{ name: `Target ${n}`, address_type_name: 'pg', address_type_group_name: 'database' }],
      }),
    '/lineage-graph/refresh': () => Promise.resolve({}),
    '/api/v1/lineage': (n) => Promise.resolve(lineageEvent(n)),
    '/api/v1/lineage/batch': (n) => Promise.resolve([lineageEvent(n)]),
    '/alert/test': () => Promise.resolve({ pipeline_id: pipelineId }),
    '/anomaly_detection_rule': () => Promise.resolve({ pipeline_id: pipelineId, metric_field: 'inserts' }),
    '/anomaly/{id}/dismiss': () => Promise.resolve({}),
    '/unflag_anomaly': async () => ({
      pipeline_id: pipelineId,
      pipeline_execution_id: await unusual(),
      metric_field: ['total_rows'],
    }),
  };

  it('repeats the first answer of every POST', async () => {
    const { body } = await watcher.get('/docs-json');
    const paths = Object.keys(body.paths).filter((path) => body.paths[path].post && path !== '/session');
    expect(paths.length).toBeGreaterThan(3);
    for (const path of paths) {
      const header = fresh();
      const request = await bodies[path]?.((number += 1));
      if (request === undefined) throw new Error(`POST ${path} is new: add a body for it here`);
      const address = path.replace('{id}', String(path.includes('{id}') ? await anomaly() : ''));
      const first = await watcher.post(address, request, header);
      expect([path, first.status < 300]).toEqual([path, true]);
      for (let repeat = 0; repeat < 2; repeat++) expectReplay(await watcher.post(address, request, header), first);
    }
  });

  it('takes effect once, even for 30 starts at once', async () => {
    const header = fresh();
    const before = await executions();
    const body = { pipeline_id: pipelineId, start_date: '2026-01-01T00:00:00Z' };
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => watcher.post('/start_pipeline_execution', body, header)),
    );
    const created = answers.filter(({ status }) => status === 201);
    expect(created.length).toBeGreaterThan(0);
    expect(new Set(created.map((answer) => answer.body.id)).size).toBe(1);
    for (const { status, body: problem } of answers) {
      if (status !== 201) expect([status, problem.code]).toEqual([409, 'idempotency_key_in_use']);
    }
    expect(await executions()).toBe(before + 1);
  });

  it('takes effect once across replicas', async () => {
    const other = await Watcher.start({}, watcher.database);
    const before = await executions();
    for (let round = 0; round < 10; round++) {
      const header = fresh();
      const body = { pipeline_id: pipelineId };
      const answers = await Promise.all(
        [watcher, other, watcher, other].map((replica) => replica.post('/start_pipeline_execution', body, header)),
      );
      expect(answers.some(({ status }) => status === 201)).toBe(true);
      for (const { status } of answers) expect([201, 409]).toContain(status);
      expect(new Set(answers.flatMap(({ status, body: { id } }) => (status === 201 ? [id] : []))).size).toBe(1);
    }
    expect(await executions()).toBe(before + 10);
    await other.app.close();
  });

  it('is bound to one body and one path', async () => {
    const header = fresh();
    await watcher.post('/pipeline_type', { name: 'One body' }, header);
    for (const answer of [
      await watcher.post('/pipeline_type', { name: 'Another body' }, header),
      await watcher.post('/pipeline', { name: 'One body' }, { ...header }),
      await watcher.post('/start_pipeline_execution', { pipeline_id: pipelineId }, header),
    ]) {
      expect(answer.status).toBe(422);
    }
    expect((await watcher.post('/start_pipeline_execution', { pipeline_id: pipelineId }, header)).body).toMatchObject({
      code: 'idempotency_key_reused',
      errors: [{ field: 'Idempotency-Key' }],
    });
    expect((await watcher.all('/pipeline_type')).map(({ name }) => name)).not.toContain('Another body');
  });

  it('belongs to its caller', async () => {
    const database = await createDatabase();
    const [one, other] = [await addKey(database, 'write', 'one'), await addKey(database, 'write', 'other')];
    const own = await Watcher.start({}, database);
    const send = ({ text }: { text: string }) =>
      own.post('/pipeline_type', { name: 'Mine' }, { ...bearer(text), ...key('same') });
    expect((await send(one)).status).toBe(201);
    const answer = await send(other);
    expect([answer.status, answer.headers.get('idempotency-replayed')]).toEqual([200, null]);
    expect((await send(one)).headers.get('idempotency-replayed')).toBe('true');
    await own.stop();
  });

  it.each([
    ['a start', '/start_pipeline_execution', { pipeline_id: 999_999 }, 404],
    ['an end', '/end_pipeline_execution', { id: 999_999, completed_successfully: true }, 404],
  ])('repeats a refusal unchanged: %s', async (_, path, body, status) => {
    const header = fresh();
    const first = await watcher.post(path, body, header);
    expect(first.status).toBe(status);
    expectReplay(await watcher.post(path, body, header), first);
  });

  it('repeats the first answer even if the state has changed since', async () => {
    const id = await watcher.begin(pipelineId);
    const [good, bad] = [fresh(), fresh()];
    const request = { id, completed_successfully: true, inserts: 3 };
    const first = await watcher.post('/end_pipeline_execution', request, good);
    const conflict = await watcher.post('/end_pipeline_execution', { ...request, inserts: 4 }, bad);
    expect([first.status, conflict.status]).toEqual([200, 409]);
    expectReplay(await watcher.post('/end_pipeline_execution', request, good), first);
    expectReplay(await watcher.post('/end_pipeline_execution', { ...request, inserts: 4 }, bad), conflict);
  });

  it('shares a transaction with items without a key, and items whose key is settled', async () => {
    const settled = fresh();
    const first = await watcher.post('/start_pipeline_execution', { pipeline_id: pipelineId }, settled);
    const before = await executions();
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        watcher.post(
          '/start_pipeline_execution',
          { pipeline_id: index % 4 === 3 ? 999_999 : pipelineId },
          index % 4 === 0 ? {} : index === 1 ? settled : fresh(),
        ),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map((_, index) => (index % 4 === 3 ? 404 : 201)));
    expectReplay(answers[1] as Answer, first);
    const ids = answers.flatMap(({ status, body }) => (status === 201 ? [body.id] : []));
    expect(new Set(ids).size).toBe(45);
    expect(await executions()).toBe(before + 44);
  });

  it('is not used up by an error that is not an answer', async () => {
    const header = fresh();
    const body = { pipeline_id: pipelineId };
    await watcher.database.sql('ALTER TABLE pipeline_execution RENAME TO gone');
    expect((await watcher.post('/start_pipeline_execution', body, header)).status).toBe(500);
    await watcher.database.sql('ALTER TABLE gone RENAME TO pipeline_execution');
    const second = await watcher.post('/start_pipeline_execution', body, header);
    expect([second.status, second.headers.get('idempotency-replayed')]).toEqual([201, null]);
  });

  it('combines with Prefer: return=minimal', async () => {
    const request = { id: await watcher.begin(pipelineId), completed_successfully: true };
    const header = { ...fresh(), prefer: 'return=minimal' };
    expect((await watcher.post('/end_pipeline_execution', request, header)).status).toBe(204);
    const again = await watcher.post('/end_pipeline_execution', request, header);
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([204, 'true']);
  });

  it('has 1 to 255 characters', async () => {
    const send = async (value: string) =>
      (await watcher.post('/pipeline_type', { name: 'Long key' }, key(value))).status;
    expect(await send('x'.repeat(255))).toBe(201);
    expect(await send('x'.repeat(256))).toBe(422);
    expect(await send(' ')).toBe(422);
    expect(await send('"8e03978e-40d5-43dd-bc93-6894a57f9324"')).toBe(200);
    expect(await send('clé')).toBe(200);
  });

  it('is kept for 24 h, and then deleted', async () => {
    const header = fresh();
    const send = () => watcher.post('/start_pipeline_execution', { pipeline_id: pipelineId }, header);
    const age = (interval: string) =>
      watcher.database.sql('UPDATE idempotency_key SET created_at = now() - $1::interval', [interval]);
    const first = await send();
    await age('23 hours 59 minutes');
    expectReplay(await send(), first);
    await age('24 hours 1 minute');
    const second = await send();
    expect([second.status, second.headers.get('idempotency-replayed')]).toEqual([201, null]);
    expect(second.body.id).not.toBe(first.body.id);
    expectReplay(await send(), second);

    const kept = async () => (await watcher.database.sql('SELECT 1 FROM idempotency_key')).length;
    await watcher.database.sql(
      `INSERT INTO idempotency_key (caller, key, fingerprint, status, body, created_at)
       SELECT 'x', n, repeat('0', 64), 200, '{}', now() - interval '25 hours' FROM generate_series(1, 12000) n`,
    );
    const jobs = watcher.app.get(JobService, { strict: false });
    const transactions = watcher.app.get(TransactionRunner, { strict: false });
    await transactions.run((manager) => jobs.add(manager, 'idempotency-sweep', [{ data: {} }]));
    await eventually(async () => expect(await kept()).toBe(1));
    expectReplay(await send(), second);
  });

  const executions = async (): Promise<number> =>
    (await watcher.database.sql('SELECT 1 FROM pipeline_execution')).length;
});
