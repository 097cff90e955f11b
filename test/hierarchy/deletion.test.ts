import { expectExactTrees } from '../support/closure.js';
import { type Answer, type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

const remove = (id: number, query = '', on = watcher): Promise<Answer> =>
  on.send('DELETE', `/pipeline/${id}${query}`, undefined, {});

/** The tables with a column of executions or pipelines, and how many of their rows lead to nothing. */
async function strayRows(): Promise<Record<string, number>> {
  const ofExecutions = [
    'pipeline_execution_closure.child_execution_id',
    'pipeline_execution_closure.parent_execution_id',
    'pipeline_execution_external_id.execution_id',
    'pipeline_execution_attempt.execution_id',
    'pipeline_execution_expected.execution_id',
    'execution_heartbeat.execution_id',
    'late_end.execution_id',
    'incident_failure.execution_id',
    'incident.execution_id',
    'pipeline_execution.parent_id',
    'pipeline_execution.root_id',
  ];
  const ofPipelines = [
    'pipeline_execution.pipeline_id',
    'pipeline_execution_external_id.pipeline_id',
    'pipeline_config_history.pipeline_id',
    'pipeline_change.pipeline_id',
    'pipeline_search.pipeline_id',
    'incident.pipeline_id',
  ];
  const counts: Record<string, number> = {};
  for (const [columns, owner] of [
    [ofExecutions, 'pipeline_execution'],
    [ofPipelines, 'pipeline'],
  ] as const) {
    for (const name of columns) {
      const [table, column] = name.split('.');
      const [row] = await watcher.database.sql<{ n: number }>(
        `SELECT count(*)::int AS n FROM ${table} t
          WHERE t.${column} IS NOT NULL AND NOT EXISTS (SELECT FROM ${owner} o WHERE o.id = t.${column})`,
      );
      counts[name] = row?.n ?? -1;
    }
  }
  return counts;
}

async function expectNoStray(): Promise<void> {
  const counts = await strayRows();
  expect(counts).toEqual(Object.fromEntries(Object.keys(counts).map((name) => [name, 0])));
  await expectExactTrees(watcher.database);
}

describe('DELETE /pipeline/{id}', () => {
  it('deletes a pipeline without executions, with all that is kept about it', async () => {
    const id = await watcher.pipeline('mistake', { pipeline_metadata: { a: 1 } });
    await watcher.pipeline('mistake', { pipeline_metadata: { a: 2 } });
    await watcher.patch('/pipeline', { id, active: false });
    const { status, text } = await remove(id);
    expect([status, text]).toEqual([204, '']);
    for (const path of ['', '/history', '/changes', '/watermarks']) {
      expect((await watcher.get(`/pipeline/${id}${path}`)).status).toBe(404);
    }
    expect((await watcher.get('/pipeline?q=mistake')).body).toEqual([]);
    expect((await remove(id)).status).toBe(404);
    expect((await watcher.post('/start_pipeline_execution', { pipeline_id: id })).status).toBe(404);
    expect(await watcher.pipeline('mistake')).not.toBe(id);
    await expectNoStray();
  });

  it('refuses one with executions, and deletes nothing', async () => {
    const id = await watcher.pipeline('used');
    const execution = await watcher.begin(id);
    for (const query of ['', '?cascade=false']) {
      const { status, body } = await remove(id, query);
      expect([status, body.code]).toEqual([409, 'pipeline_has_executions']);
    }
    expect((await watcher.get(`/pipeline_execution/${execution}`)).status).toBe(200);
    expect((await remove(id, '?cascade=yes')).status).toBe(422);
  });

  it('deletes its trees by cascade, whatever is below the roots, and no other', async () => {
    const id = await watcher.pipeline('workflow', { timeliness_number: 1, timeliness_datepart: 'minute' });
    const task = await watcher.pipeline('task');
    const other = await watcher.pipeline('other workflow');
    const kept = await watcher.begin(other);
    const keptTask = await watcher.begin(task, { parent_id: kept, external_id: 'task' });
    const root = await watcher.begin(id, { external_id: 'r', start_date: '2026-01-01T00:00:00Z' });
    const step = await watcher.begin(task, { parent_id: root, external_id: 's' });
    await watcher.begin(task, { retry_of: (await watcher.end(step, { completed_successfully: false })).body.id });
    await watcher.begin(id, { parent_id: root });
    await watcher.begin(task, { parent_external_id: 'expected', parent_pipeline_id: id });
    await watcher.post('/heartbeat', { id: root });
    await watcher.post('/timeliness', {});
    await watcher.end(root, { completed_successfully: false, end_date: '2026-01-01T01:00:00Z' });
    const incidents = async (): Promise<number> => (await watcher.get(`/incident?pipeline_id=${id}`)).body.length;
    expect(await incidents()).toBeGreaterThan(1);

    expect((await remove(id, '?cascade=true')).status).toBe(204);
    expect(await incidents()).toBe(0);
    expect((await watcher.get(`/pipeline_execution/${root}`)).status).toBe(404);
    expect((await watcher.end(root)).status).toBe(404);
    const left = (await watcher.get(`/pipeline_execution?pipeline_id=${task}`)).body;
    expect(left.map((execution: Json) => execution.id)).toEqual([keptTask]);
    await expectNoStray();
    // The external id is free again.
    expect((await watcher.begin(task, { external_id: 's' })) > 0).toBe(true);
  });

  it('refuses one with executions in trees of other pipelines, and deletes nothing', async () => {
    const id = await watcher.pipeline('shared task');
    const workflow = await watcher.pipeline('its workflow');
    const own = await watcher.begin(id);
    await watcher.begin(id, { parent_id: await watcher.begin(workflow) });
    for (const query of ['', '?cascade=true']) {
      const { status, body } = await remove(id, query);
      expect([status, body.code]).toEqual([409, 'pipeline_in_other_trees']);
    }
    expect((await watcher.get(`/pipeline_execution/${own}`)).status).toBe(200);
    expect((await remove(workflow, '?cascade=true')).status).toBe(204);
    expect((await remove(id, '?cascade=true')).status).toBe(204);
    await expectNoStray();
  });

  it('deletes many trees in several transactions', async () => {
    const id = await watcher.pipeline('much');
    const starts = Array.from({ length: 700 }, (_, index) => ({ op: 'start', ref: `${index}`, pipeline_id: id }));
    expect((await watcher.post('/batch', starts)).status).toBe(200);
    expect(
      (
        await watcher.post(
          '/batch',
          starts.map(({ ref: _, ...start }) => start),
        )
      ).status,
    ).toBe(200);
    expect((await remove(id, '?cascade=true')).status).toBe(204);
    expect((await watcher.get(`/pipeline_execution?pipeline_id=${id}`)).body).toEqual([]);
    await expectNoStray();
  });

  it('and starts below executions of other pipelines do not refuse each other', async () => {
    const id = await watcher.pipeline('started beside deletions');
    const root = await watcher.begin(id);
    const others = await Promise.all(Array.from({ length: 24 }, (_, n) => watcher.pipeline(`deleted beside ${n}`)));
    const answers: Answer[] = [];
    for (let round = 0; round < 3; round++) {
      const deletions = others.splice(0, 8).map((other) => remove(other, '?cascade=true'));
      const starts = Array.from({ length: 5 }, () =>
        watcher.post('/start_pipeline_execution', { pipeline_id: id, parent_id: root }),
      );
      answers.push(...(await Promise.all([...deletions, ...starts])));
    }
    expect(answers.map(({ status }) => status).filter((status) => status !== 204 && status !== 201)).toEqual([]);
  });

  it('leaves nothing behind of starts, moves and ends at the same time, on two replicas', async () => {
    const second = await Watcher.start({}, watcher.database);
    const refusals = new Set<number>();
    try {
      for (let round = 0; round < 12; round++) {
        const id = await watcher.pipeline(`raced ${round}`);
        const parent = await watcher.begin(await watcher.pipeline('parents'));
        const deleted = new AbortController();
        const writers = [watcher, second, watcher, second].map(async (replica) => {
          for (let turn = 0; !deleted.signal.aborted || turn < 5; turn++) {
            const { status, body } = await replica.post('/start_pipeline_execution', { pipeline_id: id });
            if (status !== 201) refusals.add(status);
            if (status !== 201 || turn % 3 === 0) continue;
            if (turn % 3 === 1) {
              const below = { pipeline_id: id, parent_external_id: `e${turn}`, parent_pipeline_id: id };
              const answers = [await replica.post('/start_pipeline_execution', below), await replica.end(body.id)];
              for (const answer of answers) expect([200, 201, 404, 503]).toContain(answer.status);
            } else if (round % 2 === 1) {
              const moved = await replica.patch(`/pipeline_execution/${body.id}`, { parent_id: parent });
              expect([200, 404, 503]).toContain(moved.status);
            }
          }
        });
        const { status } = await remove(id, '?cascade=true', round % 3 === 0 ? second : watcher);
        deleted.abort();
        await Promise.all(writers);
        expect(status === 204 || status === 503 || (round % 2 === 1 && status === 409)).toBe(true);
      }
    } finally {
      await second.app.close();
    }
    // A start that waits for a deletion for long is refused.
    expect([...refusals].filter((status) => status !== 404 && status !== 503)).toEqual([]);
    expect(refusals).toContain(404);
    await expectNoStray();
  });
});
