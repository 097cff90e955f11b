import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../../src/platform/database/transaction-runner.js';
import {
  type CommittedExecution,
  type EndedExecution,
  ExecutionEvents,
  type StartedExecution,
} from '../../src/features/execution/execution.events.js';
import { PipelineEvents } from '../../src/features/pipeline/pipeline.events.js';
import { createDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { Watcher } from '../support/watcher.js';

type Listen = (executions: ExecutionEvents, pipelines: PipelineEvents) => void;

/** A service whose events a module of the test listens to, registered when modules are. */
async function startListening(listen: Listen): Promise<Watcher> {
  const database = await createDatabase();
  return Watcher.start({}, database, (app) =>
    listen(app.get(ExecutionEvents, { strict: false }), app.get(PipelineEvents, { strict: false })),
  );
}

const jobs = (watcher: Watcher): Promise<unknown[]> =>
  watcher.database.sql(`SELECT name FROM watcher_job.job WHERE name LIKE 'execution-committed%'`);

describe('started and ended', () => {
  const started: StartedExecution[] = [];
  const ended: EndedExecution[] = [];
  const listened: (readonly object[])[] = [];
  let refuses = false;
  let watcher: Watcher;
  let pipelineId: number;

  beforeAll(async () => {
    watcher = await startListening((executions) => {
      executions.started.listen(async (_manager, facts) => {
        listened.push(facts);
        started.push(...facts);
      });
      executions.ended.listen(async (manager: EntityManager, facts) => {
        ended.push(...facts);
        await manager.query('INSERT INTO late_end (execution_id) SELECT unnest($1::bigint[])', [
          facts.map((f) => f.id),
        ]);
        if (refuses) throw new Error('refused by a listener');
      });
    });
    pipelineId = await watcher.pipeline('Heard');
  });
  afterAll(() => watcher.stop());

  it('come once for all of a batch, frozen', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => watcher.begin(pipelineId)));
    expect(new Set(started.map(({ id }) => id))).toEqual(new Set(ids));
    expect(started).toHaveLength(20);
    expect(listened.length).toBeLessThan(20);
    expect(listened.every((facts) => Object.isFrozen(facts) && facts.every((fact) => Object.isFrozen(fact)))).toBe(
      true,
    );
    expect(started[0]).toMatchObject({ pipelineId, parentId: null, externalId: null, startDate: expect.any(Date) });
  });

  it('come not for repeats and refusals', async () => {
    started.length = 0;
    ended.length = 0;
    const id = await watcher.begin(pipelineId, { external_id: 'once' });
    await watcher.begin(pipelineId, { external_id: 'once' });
    await watcher.post('/start_pipeline_execution', { pipeline_id: 999_999 });
    await watcher.end(id);
    await watcher.end(id);
    await watcher.end(id, { completed_successfully: false });
    expect([started.map((fact) => fact.id), ended.map((fact) => fact.id)]).toEqual([[id], [id]]);
  });

  it('are part of the transaction: what a listener writes is there with the end or not at all', async () => {
    const written = (id: number) => watcher.database.sql('SELECT 1 FROM late_end WHERE execution_id = $1', [id]);
    const [kept, refused] = [await watcher.begin(pipelineId), await watcher.begin(pipelineId)];
    await watcher.end(kept);
    expect(await written(kept)).toHaveLength(1);
    refuses = true;
    expect((await watcher.end(refused)).status).toBe(500);
    refuses = false;
    expect(await written(refused)).toEqual([]);
    expect((await watcher.get(`/pipeline_execution/${refused}`)).body.status).toBe('running');
  });

  it('write no job where nobody listens to what has committed', async () => {
    expect(await jobs(watcher)).toEqual([]);
  });
});

describe('committed', () => {
  it('is heard of each start and end after its commit, again when the listener failed', async () => {
    const heard: (CommittedExecution & { readonly isVisible: boolean })[] = [];
    let failures = 1;
    const watcher = await startListening((executions) => {
      executions.committed.listen('test', async (facts) => {
        if (failures-- > 0) throw new Error('not this time');
        for (const fact of facts) {
          const { status } = await watcher.get(`/pipeline_execution/${fact.executionId}`);
          heard.push({ ...fact, isVisible: status === 200 });
        }
      });
    });
    const pipelineId = await watcher.pipeline('Committed');
    const id = await watcher.begin(pipelineId);
    await watcher.post('/start_pipeline_execution', { pipeline_id: 999_999 });
    await watcher.end(id);
    await eventually(() =>
      expect(heard).toEqual(
        expect.arrayContaining([
          { executionId: id, change: 'started', isVisible: true },
          { executionId: id, change: 'ended', isVisible: true },
        ]),
      ),
    );
    expect(heard).toHaveLength(2);
    await watcher.stop();
  });

  it('is heard of what was committed by a process that is gone', async () => {
    const heard: CommittedExecution[] = [];
    const first = await startListening((executions) =>
      executions.committed.listen('test', async (_facts, signal) => {
        await sleep(60_000, undefined, { signal });
      }),
    );
    const id = await first.begin(await first.pipeline('Left behind'));
    await first.app.close();
    const second = await Watcher.start({}, first.database, (app) =>
      app.get(ExecutionEvents, { strict: false }).committed.listen('test', async (facts) => {
        heard.push(...facts);
      }),
    );
    await eventually(() => expect(heard).toEqual([{ executionId: id, change: 'started' }]));
    await second.stop();
  });
});

describe('thresholdChanged', () => {
  it('is heard after the commit and before the answer, of changes of the code and by hand', async () => {
    const heard: unknown[] = [];
    const watcher = await startListening((_executions, pipelines) =>
      pipelines.thresholdChanged.listen(async (fact) => {
        const [row] = await watcher.app
          .get(TransactionRunner, { strict: false })
          .read((manager) => manager.query('SELECT timeliness_number FROM pipeline'));
        heard.push({ ...fact, timeliness_number: row.timeliness_number });
      }),
    );
    const fields = { timeliness_number: 1, timeliness_datepart: 'hour' };
    const pipelineId = await watcher.pipeline('Timed', fields);
    await watcher.pipeline('Timed', fields);
    expect(heard).toEqual([]);
    await watcher.pipeline('Timed', { ...fields, timeliness_number: 2 });
    await watcher.patch('/pipeline', { id: pipelineId, timeliness_number: 3 });
    await watcher.patch('/pipeline', { id: pipelineId, active: false });
    await watcher.patch('/pipeline', { id: pipelineId, timeliness_number: 4, pipeline_type_id: 999_999 });
    expect(heard).toEqual([
      { pipelineId, timeliness_number: 2 },
      { pipelineId, timeliness_number: 3 },
    ]);
    await watcher.stop();
  });
});
