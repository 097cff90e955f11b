import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type api, Watcher, WatcherError, type WatcherOptions } from '../../clients/typescript/dist/src/node.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { Service } from '../support/service.js';

let database: TestDatabase;
let service: Service;
let spool: string;
let warnings: string[];

beforeAll(async () => {
  database = await createDatabase();
  service = await Service.start({ DATABASE_URL: database.url });
  spool = await mkdtemp(join(tmpdir(), 'watcher-spool-'));
});
afterAll(async () => {
  await service.kill();
  await database.drop();
  await rm(spool, { recursive: true, force: true });
});
beforeEach(() => {
  warnings = [];
});
afterEach(async () => {
  expect(await readdir(spool)).toEqual([]);
});

const connect = (options: WatcherOptions = {}): Watcher =>
  new Watcher({ url: service.url, spool, warn: (message) => warnings.push(message), ...options });

describe('a run', () => {
  it('has the counts, the metadata and the watermarks that its work sets', async () => {
    const watcher = connect();
    const options = { pipeline: 'Load Orders', type: 'extraction', executionMetadata: { worker: 'w1' } };
    const first = await watcher.run(options, (run) => {
      expect(run).toMatchObject({ watermark: null, active: true, isOver: false });
      Object.assign(run, { totalRows: 1200, inserts: 1000n, updates: 150, softDeletes: 50 });
      run.nextWatermark = new Date('2026-01-31T00:00:00Z');
      run.executionMetadata = { files: 12 };
      return run.id;
    });
    expect(await watcher.getExecution(first as number)).toMatchObject({
      status: 'succeeded',
      pipeline_name: 'Load Orders',
      total_rows: 1200,
      inserts: 1000,
      updates: 150,
      soft_deletes: 50,
      next_watermark: '2026-01-31T00:00:00.000Z',
      execution_metadata: { worker: 'w1', files: 12 },
      error_message: null,
    });
    expect(await watcher.run(options, (run) => run.watermark)).toBe('2026-01-31T00:00:00.000Z');
    expect(warnings).toEqual([]);
  });

  it('declares the lineage of its pipeline where the service asks, and reports what it reads and writes', async () => {
    const watcher = connect();
    const warehouse = { namespace: 's3://warehouse', name: 'orders/' };
    const work = async (inputs: readonly string[]): Promise<api.PipelineLineage> => {
      const options = { pipeline: 'with lineage', type: 'extraction', inputs, outputs: [warehouse] };
      const pipelineId = await watcher.run(options, (run) => run.pipelineId);
      await watcher.flush();
      return watcher.request<api.PipelineLineage>(`/pipeline/${pipelineId}/lineage`);
    };
    expect(await work(['crm.orders'])).toMatchObject({
      inputs: [{ name: 'crm.orders' }],
      outputs: [warehouse],
      edges: [{ declared: true }],
    });
    // The success has answered the question.
    expect(await work(['crm.orders_v2'])).toMatchObject({ inputs: [{ name: 'crm.orders' }] });

    const run = await watcher.run({ pipeline: 'with lineage', type: 'extraction' });
    run.reads('crm.orders', { rows: 1000 });
    run.writes(warehouse, { rows: 990, bytes: 52_000, files: 3 });
    run.succeed();
    await watcher.flush();
    expect(await watcher.request(`/pipeline_execution/${run.id}/lineage`)).toMatchObject({
      runs: [
        {
          source: 'reported',
          inputs: [{ name: 'crm.orders', rows: 1000, bytes: null }],
          outputs: [{ ...warehouse, rows: 990, bytes: 52_000, files: 3 }],
        },
      ],
    });
    expect(warnings).toEqual([]);
  });

  it('goes on where its lineage is refused', async () => {
    const watcher = connect();
    const options = { pipeline: 'half a lineage', type: 'extraction', inputs: ['alone'] };
    const id = await watcher.run(options, (run) => {
      run.reads('');
      return run.id;
    });
    await watcher.flush();
    expect(warnings).toEqual([expect.stringContaining('the lineage of'), expect.stringContaining('the lineage of')]);
    expect(await watcher.getExecution(id as number)).toMatchObject({ status: 'succeeded' });
  });

  it('has requests for lineage by id', async () => {
    const watcher = connect();
    const { id } = await watcher.register({ name: 'lineage by id', pipeline_type_name: 't' });
    const declared = await watcher.declareLineage(id, { inputs: [{ name: 'a' }], outputs: [{ name: 'b' }] });
    expect(declared.inputs).toMatchObject([{ name: 'a' }]);
    const execution = await watcher.start({ pipeline_id: id });
    const reported = await watcher.reportLineage(execution.id, { inputs: [], outputs: [{ name: 'b', rows: 7 }] });
    expect(reported.runs[0]?.outputs).toMatchObject([{ name: 'b', rows: 7 }]);
    await watcher.end({ id: execution.id, status: 'succeeded' });
  });

  it('declares the configuration of its pipeline', async () => {
    const watcher = connect();
    const run = await watcher.run({
      pipeline: 'declared',
      type: 'extraction',
      namespace: 'sales',
      freshness: [1, 'day'],
      freshnessWarn: [12, 'hour'],
      timeliness: [30, 'minute'],
      schedule: '30 2 * * *',
      scheduleTimezone: 'Europe/Berlin',
      startGrace: [15, 'minute'],
      pipelineMetadata: { owner: 'sales' },
    });
    run.skip('no new files');
    await watcher.flush();
    expect(await watcher.getPipeline(run.pipelineId as number)).toMatchObject({
      namespace: 'sales',
      freshness_number: 1,
      freshness_datepart: 'day',
      freshness_warn_number: 12,
      timeliness_number: 30,
      schedule: '30 2 * * *',
      schedule_timezone: 'Europe/Berlin',
      start_grace_number: 15,
      pipeline_metadata: { owner: 'sales' },
    });
    expect(await watcher.getExecution(run.id as number)).toMatchObject({
      status: 'skipped',
      error_message: 'no new files',
      external_id: run.runId,
    });
  });

  it('fails with the stack and the causes of the error, which is thrown on unchanged', async () => {
    const watcher = connect();
    const cause = new Error('disk \0 full');
    const error = new TypeError('cannot load', { cause });
    let id: number | undefined;
    const work = watcher.run({ pipeline: 'broken', type: 'test' }, (run) => {
      id = run.id;
      throw error;
    });
    await expect(work).rejects.toBe(error);
    const { status, error_message } = await watcher.getExecution(id as number);
    expect(status).toBe('failed');
    expect(error_message).toMatch(
      /^TypeError: cannot load\n {4}at .*typescript-client.*[^]*\ncaused by: Error: disk \ufffd full\n {4}at /,
    );
  });

  it('is aborted by an AbortError', async () => {
    const watcher = connect();
    const stop = new AbortController();
    let id: number | undefined;
    const work = watcher.run({ pipeline: 'stopped', type: 'test' }, (run) => {
      id = run.id;
      stop.abort();
      stop.signal.throwIfAborted();
    });
    await expect(work).rejects.toThrow('aborted');
    expect(await watcher.getExecution(id as number)).toMatchObject({ status: 'aborted' });
  });

  it('of an inactive pipeline does no work', async () => {
    const watcher = connect();
    const options = { pipeline: 'switched off', type: 'test', active: false };
    const work = (): never => {
      throw new Error('the work was done');
    };
    expect(await watcher.run(options, work)).toBeUndefined();
    {
      await using run = await watcher.run(options);
      expect(run).toMatchObject({ active: false, id: undefined });
    }
    expect(await watcher.listExecutions({ pipeline_name: 'switched off' })).toEqual([]);
    expect(warnings).toEqual(["the pipeline 'switched off' is inactive: its run is skipped"]);
  });

  it('in a block succeeds where that is told, and fails where it is not', async () => {
    const watcher = connect();
    const options = { pipeline: 'blocks', type: 'test' };
    {
      await using run = await watcher.run(options);
      run.totalRows = 1;
      run.succeed();
      run.totalRows = 2;
      run.fail('too late');
    }
    {
      await using run = await watcher.run(options);
      run.totalRows = 3;
    }
    expect(await watcher.listExecutions({ pipeline_name: 'blocks' })).toMatchObject([
      { status: 'failed', total_rows: 3, error_message: expect.stringContaining('without succeed()') },
      { status: 'succeeded', total_rows: 1, error_message: null },
    ]);
  });

  it('keeps its end where a field is refused, or is no JSON', async () => {
    const watcher = connect();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    for (const set of [{ totalRows: -1 }, { executionMetadata: circle }]) {
      await watcher.run({ pipeline: 'refused', type: 'test' }, (run) => void Object.assign(run, { inserts: 5 }, set));
    }
    expect(await watcher.listExecutions({ pipeline_name: 'refused', order: 'asc' })).toMatchObject([
      {
        status: 'succeeded',
        inserts: null,
        execution_metadata: { report_error: expect.stringContaining('total_rows') },
      },
      { status: 'succeeded', inserts: null, execution_metadata: { report_error: expect.stringContaining('circular') } },
    ]);
    expect(warnings).toEqual([expect.stringContaining("the end of the run of 'refused' was refused")]);
  });

  it('goes on without reports where its registration is refused', async () => {
    const watcher = connect();
    const done = await watcher.run({ pipeline: 'x'.repeat(300), type: 'test' }, (run) => [run.id, run.active]);
    expect(done).toEqual([undefined, true]);
    expect(warnings).toEqual([expect.stringMatching(/is not reported: .* 422 name/)]);
  });
});

describe('the tree', () => {
  const tree = async (watcher: Watcher, id: number): Promise<unknown> => {
    const shape = ({ pipeline_name, child_executions }: Node): unknown => [pipeline_name, child_executions.map(shape)];
    return shape(await watcher.request<Node>(`/pipeline_execution/${id}/tree`));
  };
  interface Node {
    readonly pipeline_name: string;
    readonly child_executions: Node[];
  }

  it('follows the calls, also of runs that go beside one another', async () => {
    const watcher = connect();
    const step = watcher.tracked({ pipeline: 'step', type: 'test' }, async (run, name: string) => {
      expect(watcher.current).toBe(run);
      await watcher.run({ pipeline: `part of ${name}`, type: 'test' }, () => undefined);
    });
    const ids = await Promise.all(
      ['a', 'b'].map((name) =>
        watcher.run({ pipeline: `root ${name}`, type: 'test' }, async (run) => {
          await Promise.all([step(name), step(name)]);
          return run.id;
        }),
      ),
    );
    expect(watcher.current).toBeUndefined();
    for (const [index, name] of ['a', 'b'].entries()) {
      const branch = ['step', [[`part of ${name}`, []]]];
      expect(await tree(watcher, ids[index] as number)).toEqual([`root ${name}`, [branch, branch]]);
    }
  });

  it('has the parents that are named', async () => {
    const watcher = connect();
    const root = await watcher.run({ pipeline: 'named root', type: 'test' });
    const child = await watcher.run({ pipeline: 'by run', type: 'test', parent: root });
    const byId = await watcher.run({ pipeline: 'by id', type: 'test', parent: child.id });
    const parent = { externalId: root.runId, pipeline: 'named root' };
    const byName = await watcher.run({ pipeline: 'by name', type: 'test', parent });
    const other = await root.within(() => watcher.run({ pipeline: 'none', type: 'test', parent: null }));
    for (const run of [other, byName, byId, child, root]) run.succeed();
    await watcher.flush();
    expect(await tree(watcher, root.id as number)).toEqual([
      'named root',
      [
        ['by run', [['by id', []]]],
        ['by name', []],
      ],
    ]);
    expect(await watcher.getExecution(other.id as number)).toMatchObject({ parent_id: null });
  });
});

it('a run sends heartbeats with its progress until it is over', async () => {
  const watcher = connect({ heartbeatSeconds: 0.05 });
  const run = await watcher.run({ pipeline: 'beating', type: 'test' });
  run.progress(0.4, 'loaded 40 of 100 files');
  const path = `/pipeline_execution/${run.id}/heartbeat`;
  await eventually(async () =>
    expect(await watcher.request(path)).toMatchObject({ progress: 0.4, message: 'loaded 40 of 100 files' }),
  );
  run.succeed();
  await watcher.flush();
  expect(warnings).toEqual([]);
});

it('single requests throw what the service answers', async () => {
  const watcher = connect();
  const { id: pipeline_id } = await watcher.register({ name: 'by hand', pipeline_type_name: 'test' });
  const repeat = { idempotencyKey: crypto.randomUUID() };
  const { id } = await watcher.start({ pipeline_id }, repeat);
  expect(await watcher.start({ pipeline_id }, repeat)).toEqual({ id });
  await watcher.heartbeat({ id });
  expect(await watcher.end({ id, status: 'succeeded' })).toMatchObject({ id, status: 'succeeded' });
  const { results } = await watcher.batch([
    { op: 'start', pipeline_id },
    { op: 'heartbeat', id },
  ]);
  expect(results.map(({ status }) => status)).toEqual([201, 409]);
  expect((await watcher.listPipelines({ q: 'by hand' })).map(({ id }) => id)).toEqual([pipeline_id]);
  const refused = watcher.end({ id, status: 'failed' });
  await expect(refused).rejects.toBeInstanceOf(WatcherError);
  await expect(refused).rejects.toMatchObject({ status: 409, problem: { code: 'execution_already_ended' } });
});
