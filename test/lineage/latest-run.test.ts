import { eventually } from '../support/eventually.js';
import { type Json, Watcher } from '../support/watcher.js';

const JSON_TYPE = { 'content-type': 'application/json' };

let watcher: Watcher;
beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

const named = (...names: string[]) => names.map((name) => ({ name }));
const put = (path: string, inputs: string[], outputs: string[]) => {
  const body = JSON.stringify({ inputs: named(...inputs), outputs: named(...outputs) });
  return watcher.send('PUT', path, body, JSON_TYPE);
};
/** A pipeline that declares to read one dataset and to write another. */
const reader = async (name: string, from: string, to: string): Promise<number> => {
  const id = await watcher.pipeline(name);
  expect((await put(`/pipeline/${id}/lineage`, [from], [to])).status).toBe(200);
  return id;
};
let day = 0;
/** A run on a day of its own, of which each is later than the one before. */
const run = async (
  id: number,
  { inputs = [], outputs = [], isSuccess = true }: { inputs?: string[]; outputs?: string[]; isSuccess?: boolean } = {},
): Promise<number> => {
  const date = new Date(Date.UTC(2026, 0, ++day)).toISOString().slice(0, 10);
  const execution = await watcher.begin(id, { start_date: `${date}T01:00:00Z` });
  const isReporting = inputs.length + outputs.length > 0;
  await watcher.end(execution, { end_date: `${date}T02:00:00Z`, completed_successfully: isSuccess });
  if (isReporting) await put(`/pipeline_execution/${execution}/lineage`, inputs, outputs);
  return execution;
};
const lineageOf = async (id: number): Promise<[inputs: string[], outputs: string[], edges: number]> => {
  const { body } = await watcher.get(`/pipeline/${id}/lineage`);
  const names = (list: Json[]): string[] => list.map(({ name }) => name);
  return [names(body.inputs), names(body.outputs), body.edges.length];
};
const impactOf = async (execution: number): Promise<[datasets: string[], pipelines: string[]]> => {
  const { body } = await watcher.get(`/pipeline_execution/${execution}/impact`);
  return [body.datasets.map(({ name }: Json) => name), body.pipelines.map(({ name }: Json) => name)];
};

describe('a pipeline without edges', () => {
  it('writes what its latest success wrote, also as the impact of its failures and of their incident', async () => {
    const ingest = await watcher.pipeline('ingest');
    await reader('reads table', 'table', 'report');
    await run(ingest, { outputs: ['table'] });
    await run(ingest);
    expect(await lineageOf(ingest)).toEqual([[], ['table'], 0]);
    const failed = await run(ingest, { isSuccess: false });
    expect(await impactOf(failed)).toEqual([['table', 'report'], ['reads table']]);
    const { body } = await watcher.get(`/pipeline_execution/${failed}/lineage`);
    expect(body.runs).toMatchObject([{ source: 'declared', inputs: [], outputs: [{ name: 'table', rows: null }] }]);
    // Not one of the past, since those are stored without an event.
    await watcher.end(await watcher.begin(ingest), { completed_successfully: false });
    await eventually(async () =>
      expect((await watcher.get(`/incident?pipeline_id=${ingest}`)).body[0].impact).toEqual({
        datasets: 2,
        pipelines: 1,
      }),
    );
  });

  it('reads what its latest success read, and shows who produced it', async () => {
    const [ingest, exporting] = [await watcher.pipeline('ingest for export'), await watcher.pipeline('export')];
    const producer = await run(ingest, { outputs: ['exported'] });
    await run(exporting, { inputs: ['exported'] });
    expect(await lineageOf(exporting)).toEqual([['exported'], [], 0]);
    const { body } = await watcher.get(`/pipeline_execution/${await run(exporting)}/lineage`);
    expect(body.runs[0]).toMatchObject({ source: 'declared', inputs: [{ produced_by: { id: producer } }] });
  });

  it('writes a table that it only reads itself', async () => {
    const merge = await watcher.pipeline('merge');
    await run(merge, { inputs: ['merged'], outputs: ['merged'] });
    expect(await lineageOf(merge)).toEqual([['merged'], ['merged'], 0]);
  });

  it('has what the latest success with datasets reported, and nothing of failures or older ones', async () => {
    const id = await watcher.pipeline('changes');
    await run(id, { outputs: ['changed 1'] });
    await run(id, { outputs: ['changed 2'] });
    await run(id, { outputs: ['changed 3'], isSuccess: false });
    const running = await watcher.begin(id);
    await put(`/pipeline_execution/${running}/lineage`, [], ['changed 4']);
    expect(await lineageOf(id)).toEqual([[], ['changed 2'], 0]);
    await watcher.end(running);
    expect(await lineageOf(id)).toEqual([[], ['changed 4'], 0]);
  });

  it('has that of both of two runs that started at the same moment', async () => {
    const id = await watcher.pipeline('same start');
    await run(id, { outputs: ['same 1'] });
    day -= 1;
    await run(id, { outputs: ['same 2'] });
    expect(await lineageOf(id)).toEqual([[], ['same 1', 'same 2'], 0]);
  });

  it('looks among the newest 20 successes', async () => {
    const id = await watcher.pipeline('rarely reports');
    await run(id, { outputs: ['rare'] });
    for (let n = 0; n < 19; n++) await run(id);
    await run(id, { isSuccess: false });
    expect(await lineageOf(id)).toEqual([[], ['rare'], 0]);
    await run(id);
    expect(await lineageOf(id)).toEqual([[], [], 0]);
  });

  it('is the same where OpenLineage reports', async () => {
    await reader('reads topic', 'topic', 'aggregate');
    const runId = (n: number): string => `0195d2c4-0000-7000-8000-00000000000${n}`;
    const send = async (n: number, eventType: string, outputs: string[]): Promise<Json> => {
      const answer = await watcher.post('/api/v1/lineage', {
        eventType,
        eventTime: `2026-02-0${n}T00:00:00Z`,
        run: { runId: runId(n) },
        job: { namespace: 'flink', name: 'produce' },
        inputs: [],
        outputs: outputs.map((name) => ({ namespace: 'kafka://k', name })),
      });
      expect(answer.status).toBe(200);
      return answer.body;
    };
    const { body } = await watcher.get(`/pipeline_execution/${(await send(1, 'COMPLETE', ['t'])).execution_id}`);
    expect(await lineageOf(body.pipeline_id)).toEqual([[], ['t'], 0]);
    const failed = await send(2, 'FAIL', []);
    expect(await impactOf(failed.execution_id)).toEqual([['t'], []]);
  });
});

describe('a pipeline with edges', () => {
  it('also has what its latest success only wrote, each dataset once', async () => {
    const id = await reader('with edges', 'with in', 'with out');
    await run(id, { outputs: ['with out', 'with more'] });
    expect(await lineageOf(id)).toEqual([['with in'], ['with out', 'with more'], 1]);
  });

  it('is to write what it declares where a failed run reported only what it read', async () => {
    const id = await reader('half', 'half in', 'half out');
    expect(await impactOf(await run(id, { inputs: ['half in'], isSuccess: false }))).toEqual([['half out'], []]);
  });

  it('forgets an edge after three runs that ended on later days, not on the same one', async () => {
    const id = await watcher.pipeline('forgets');
    await run(id, { inputs: ['forgotten'], outputs: ['kept'] });
    const again = (): Promise<unknown> => run(id, { inputs: ['remembered'], outputs: ['kept'] });
    for (let n = 0; n < 4; n++) {
      day -= 1;
      await again();
    }
    expect((await lineageOf(id))[0]).toEqual(['forgotten', 'remembered']);
    await again();
    day -= 1;
    await again();
    expect((await lineageOf(id))[0]).toEqual(['forgotten', 'remembered']);
    day -= 1;
    await again();
    expect((await lineageOf(id))[0]).toEqual(['remembered']);
  });
});
