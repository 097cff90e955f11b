import { mkdtemp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunOptions, Watcher, type WatcherOptions } from '../../clients/typescript/dist/src/node.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { expectEndsSent, keepEnds } from '../support/kept-ends.js';
import { Service } from '../support/service.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { FaultyServer } from './faulty-server.js';

const KEY = 'wk_for-the-tests-of-the-client';
let database: TestDatabase;
let service: Service;
/** Its connection to the service can be cut. */
let proxy: TcpProxy;
let home: string;
let spool: string;
let warnings: string[];

beforeAll(async () => {
  database = await createDatabase();
  service = await Service.start({ DATABASE_URL: database.url, WATCHER_ADMIN_KEY: KEY });
  home = await mkdtemp(join(tmpdir(), 'watcher-spool-'));
});
afterAll(async () => {
  await service.kill();
  await database.drop();
  await rm(home, { recursive: true, force: true });
});
beforeEach(async () => {
  proxy = await TcpProxy.to(service.url);
  spool = await mkdtemp(join(home, 'spool-'));
  warnings = [];
});
afterEach(() => proxy.close());

const connect = (options: WatcherOptions = {}): Watcher =>
  new Watcher({
    url: proxy.via(service.url),
    key: KEY,
    spool,
    timeoutSeconds: 0.5,
    warn: (message) => warnings.push(message),
    ...options,
  });
const direct = (): Watcher => connect({ url: service.url });
const folder = (): string => join(spool, `http___127.0.0.1_${proxy.port}`);
const waiting = async (): Promise<string[]> =>
  (await readdir(folder())).filter((name) => name.endsWith('.json')).sort();
const options = (pipeline: string): RunOptions => ({ pipeline, type: 'test' });

describe('while the service is away', () => {
  it('runs go on, and their reports are sent once and in order when it is back', async () => {
    const watcher = connect({ timeoutSeconds: 5 });
    await proxy.cut();
    const begun = Date.now();
    await watcher.run({ ...options('night'), nextWatermark: 8n }, async (night) => {
      night.totalRows = 7;
      expect(night).toMatchObject({ id: undefined, watermark: undefined, active: true });
      await watcher.run(options('step'), () => undefined);
      await expect(watcher.run(options('bad step'), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    });
    const over = Date.now();
    // An address that refuses is not waited for.
    expect(over - begun).toBeLessThan(5000);
    expect(warnings).toEqual([expect.stringMatching(/can't be reached at http:.* ECONNREFUSED.*; reports wait/)]);
    expect((await waiting()).map((name) => name.replace(/.*-/, ''))).toEqual(
      ['start', 'start', 'end', 'start', 'end', 'end'].map((kind) => `${kind}.json`),
    );

    await proxy.restore();
    expect(await connect().flush()).toBe(true);
    expect(await waiting()).toEqual([]);
    const [night] = await direct().listExecutions({ pipeline_name: 'night' });
    expect(night).toMatchObject({ status: 'succeeded', total_rows: 7, parent_id: null, next_watermark: '8' });
    expect(Date.parse(night!.start_date)).toBeGreaterThanOrEqual(begun);
    expect(Date.parse(night!.end_date!)).toBeLessThanOrEqual(over);
    const below = await direct().listExecutions({ parent_id: night!.id, order: 'asc' });
    expect(below).toMatchObject([
      { pipeline_name: 'step', status: 'succeeded' },
      { pipeline_name: 'bad step', status: 'failed', error_message: expect.stringContaining('Error: no\n') },
    ]);
  });

  it('reports have the form of all clients, and are for their owner only', async () => {
    await proxy.cut();
    const run = await connect().run({ ...options('formal'), namespace: 'sales', freshness: [1, 'day'], parent: 41 });
    const [name = ''] = await waiting();
    expect(name).toMatch(new RegExp(`^\\d{13}-\\d{6}-${run.runId}-start\\.json$`));
    expect(JSON.parse(await readFile(join(folder(), name), 'utf8'))).toEqual({
      version: 1,
      path: '/batch',
      idempotency_key: `${run.runId}-start`,
      body: [
        { op: 'register', ref: 'pipeline', name: 'formal', namespace: 'sales', pipeline_type_name: 'test' },
        {
          op: 'start',
          ref: 'run',
          pipeline_ref: 'pipeline',
          external_id: run.runId,
          start_date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
          parent_id: 41,
        },
      ],
    });
    expect((await stat(folder())).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder(), name))).mode & 0o777).toBe(0o600);
  });

  it('a start that was kept gets its id in the background, and its end goes the usual way', async () => {
    const watcher = connect({ heartbeatSeconds: 0.05 });
    await proxy.cut();
    const run = await watcher.run(options('caught up'));
    await proxy.restore();
    await eventually(() => expect(run.id).toBeGreaterThan(0));
    run.succeed();
    expect(await watcher.flush()).toBe(true);
    expect(await direct().getExecution(run.id as number)).toMatchObject({ status: 'succeeded' });
  });

  it('what begins when it is back is below what began before', async () => {
    const watcher = connect();
    await proxy.cut();
    const night = await watcher.run(options('early'));
    await proxy.restore();
    const step = await night.within(() => watcher.run(options('late')));
    expect(step).toMatchObject({ parent: { parent_id: night.id }, watermark: null });
    expect(await direct().getExecution(night.id as number)).toMatchObject({ child_executions: [{ id: step.id }] });
    step.succeed();
    night.succeed();
    expect(await watcher.flush()).toBe(true);
  });

  it('no more reports are kept than the limit says', async () => {
    const watcher = connect({ spoolLimit: 3 });
    await proxy.cut();
    for (let count = 0; count < 3; count++) await watcher.run(options('too much'), () => undefined);
    expect(await waiting()).toHaveLength(3);
    expect(warnings.at(-1)).toMatch('a report is lost: 3 reports wait already');
  });

  it('reports wait in memory where the folder is none', async () => {
    await writeFile(join(spool, 'file'), '');
    const watcher = connect({ spool: join(spool, 'file') });
    await proxy.cut();
    await watcher.run(options('in memory'), () => undefined);
    expect(warnings).toContainEqual(expect.stringMatching(/can't be kept on the disk.*ENOTDIR/));
    await proxy.restore();
    expect(await watcher.flush()).toBe(true);
    expect(await direct().listExecutions({ pipeline_name: 'in memory' })).toMatchObject([{ status: 'succeeded' }]);
  });

  it('a job waits the time-out for a service that is silent, and hardly for the next runs', async () => {
    const watcher = connect({ timeoutSeconds: 2 });
    proxy.hang();
    const begun = Date.now();
    const run = await watcher.run(options('silent'));
    expect(Date.now() - begun).toBeGreaterThan(1500);
    // Once, not twice.
    expect(Date.now() - begun).toBeLessThan(4000);
    const next = Date.now();
    await watcher.run(options('silent'), () => undefined);
    run.succeed();
    await watcher.flush();
    expect(Date.now() - next).toBeLessThan(5000);
    expect(await waiting()).toHaveLength(4);
  });
});

describe('a report whose answer is lost', () => {
  it('counts once where it is sent again', async () => {
    const watcher = connect({ timeoutSeconds: 5 });
    let drops = 2;
    proxy.dropAnswers(() => drops-- > 0);
    const id = await watcher.run({ ...options('lost answer'), nextWatermark: '5' }, (run) => run.id);
    expect(await direct().listExecutions({ pipeline_name: 'lost answer' })).toMatchObject([
      { id, status: 'succeeded' },
    ]);
  });

  it('counts once where it was kept', async () => {
    const watcher = connect({ heartbeatSeconds: 0 });
    let answers = 0;
    proxy.dropAnswers(() => answers++ > 0);
    const run = await watcher.run(options('lost start'));
    // The registration was answered; the start counts, and its answers were lost.
    const [started] = await direct().listExecutions({ pipeline_name: 'lost start' });
    expect(started).toMatchObject({ external_id: run.runId });
    expect(run).toMatchObject({ id: undefined, watermark: null });
    expect(await waiting()).toHaveLength(1);
    proxy.dropAnswers(() => false);
    expect(await watcher.flush()).toBe(true);
    expect(run.id).toBe(started!.id);
    run.succeed();
    await watcher.flush();
    expect(await direct().listExecutions({ pipeline_name: 'lost start' })).toMatchObject([{ status: 'succeeded' }]);
    expect(await readdir(folder()).catch(() => [])).toEqual([]);
  });
});

describe('reports of another client', () => {
  it('are sent without what is refused, and with all digits', async () => {
    await keepEnds(folder(), 'kept ends');
    expect(await connect({ timeoutSeconds: 5 }).flush()).toBe(true);
    await expectEndsSent(folder(), 'kept ends', service.url, { authorization: `Bearer ${KEY}` });
  });

  const put = async (name: string, body: unknown[], key = name): Promise<void> => {
    await mkdir(folder(), { recursive: true });
    const report = { version: 1, path: '/batch', idempotency_key: key, body };
    await writeFile(join(folder(), name), JSON.stringify(report));
  };
  const register = { op: 'register', ref: 'pipeline', name: 'foreign', pipeline_type_name: 'test' };
  const start = { op: 'start', ref: 'run', pipeline_ref: 'pipeline', start_date: '2026-01-31T02:00:00.000Z' };
  const end = { op: 'end', execution_ref: 'run', end_date: '2026-01-31T02:10:00.000Z', status: 'succeeded' };

  it('are sent before the next run starts; those refused are put aside, with an end that can be taken', async () => {
    await put('0000000000001-000000-a-end.json', [register, { ...start, external_id: 'a' }, { ...end, inserts: -1 }]);
    await put('0000000000002-000000-b-end.json', [register, { ...start, external_id: 'b' }, { ...end, inserts: 5 }]);
    await writeFile(join(folder(), '0000000000003-000000-c-end.json'), 'half a rep');
    const run = await connect().run(options('next'));
    run.succeed();
    expect(await waiting()).toEqual([]);
    expect((await readdir(join(folder(), 'refused'))).sort()).toEqual([
      '0000000000001-000000-a-end.answer.json',
      '0000000000001-000000-a-end.json',
      '0000000000003-000000-c-end.answer.json',
      '0000000000003-000000-c-end.json',
    ]);
    expect(warnings).toEqual([expect.stringMatching(/refused a report that waited .*-a-end.json\): inserts/)]);
    expect(await direct().listExecutions({ pipeline_name: 'foreign', order: 'asc' })).toMatchObject([
      { external_id: 'a', status: 'succeeded', execution_metadata: { report_error: expect.any(String) } },
      { external_id: 'b', status: 'succeeded', inserts: 5, duration_seconds: 600 },
    ]);
  });
});

it('reports wait for a right key', async () => {
  await connect({ key: 'wrong' }).run(options('wrong key'), () => undefined);
  expect(warnings).toEqual([expect.stringMatching(/: 401 .*; reports wait/)]);
  expect(await waiting()).toHaveLength(2);
  expect(await connect().flush()).toBe(true);
  expect(await direct().listExecutions({ pipeline_name: 'wrong key' })).toMatchObject([{ status: 'succeeded' }]);
});

describe('a service that asks to wait', () => {
  it('is asked again after that time, with the same key', async () => {
    const server = await FaultyServer.start(({ path }, response, count) => {
      if (count === 1 || count === 4) return void response.writeHead(503, { 'retry-after': '1' }).end('{}');
      const answer = path.endsWith('/pipeline')
        ? { id: 1, active: true, load_lineage: true, watermark: 'w' }
        : { id: 9 };
      return void response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
    try {
      const watcher = connect({ url: `${server.url}/prefix/`, timeoutSeconds: 5 });
      expect(await watcher.run(options('patient'), ({ id, watermark }) => [id, watermark])).toEqual([9, 'w']);
      const [first, second, start, end, again] = server.heard;
      expect(server.heard.map(({ path }) => path.replace('/prefix', ''))).toEqual([
        '/pipeline',
        '/pipeline',
        '/start_pipeline_execution',
        '/end_pipeline_execution',
        '/end_pipeline_execution',
      ]);
      expect(second!.at - first!.at).toBeGreaterThanOrEqual(990);
      // A registration is safe by itself; a key would cost the service a write.
      for (const { headers } of [first!, second!]) expect(headers).not.toHaveProperty('idempotency-key');
      const { external_id } = start!.body as { external_id: string };
      expect(start!.headers).toMatchObject({
        'idempotency-key': `${external_id}-start`,
        authorization: `Bearer ${KEY}`,
      });
      for (const { headers } of [end!, again!]) expect(headers['idempotency-key']).toBe(`${external_id}-end`);
      expect(again!.at - end!.at).toBeGreaterThanOrEqual(990);
      expect(again!.body).toEqual(end!.body);
    } finally {
      await server.stop();
    }
  });

  it('for longer than a job can wait gets its reports later', async () => {
    const server = await FaultyServer.start((_, response) => {
      response.writeHead(429, { 'retry-after': '3600' }).end('{}');
    });
    try {
      const begun = Date.now();
      await connect({ url: server.url, timeoutSeconds: 5 }).run(options('impatient'), () => undefined);
      expect(Date.now() - begun).toBeLessThan(4500);
      expect(warnings).toEqual([expect.stringContaining('429')]);
    } finally {
      await server.stop();
    }
  });
});
