import { expectExactTrees } from '../support/closure.js';
import { type Json, Watcher } from '../support/watcher.js';

/** What events come to however they are sent, where two of them disagree or are about parents that no event claims. */
let watcher: Watcher;
beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

const BEGUN = Date.now() - 3_600_000;
let runs = 0;
const newRun = (): string => `10000000-0000-4000-8000-${String((runs += 1)).padStart(12, '0')}`;
const nativeRun = (id: number): string => `00000000-0000-8000-8000-${id.toString(16).padStart(12, '0')}`;

function event(eventType: string, runId: string, second: number, more: Json = {}): Json {
  const { facets = {}, job = 'agreed', jobFacets, ...rest } = more;
  return {
    eventType,
    eventTime: new Date(BEGUN + second * 1000).toISOString(),
    run: { runId, facets },
    job: { namespace: 'agreement', name: job, ...(jobFacets && { facets: jobFacets }) },
    ...rest,
  };
}

const below = (runId: string, job = 'agreed'): Json => ({
  facets: { parent: { run: { runId }, job: { namespace: 'agreement', name: job } } },
});
const dataset = (name: string, more: Json = {}): Json => ({ namespace: 'agreement', name, ...more });
const counted = (name: string, rowCount?: number): Json =>
  dataset(name, rowCount === undefined ? {} : { outputFacets: { outputStatistics: { rowCount } } });

async function send(...events: readonly Json[]): Promise<void> {
  const { status, body } = await watcher.post('/api/v1/lineage/batch', events);
  expect({ status, body }).toMatchObject({ status: 200, body: { status: 'success' } });
}
const executionOf = async (runId: string): Promise<Json> =>
  (await watcher.get(`/pipeline_execution?external_id=${runId}`)).body[0];
const pipelineOf = async (name: string): Promise<Json> =>
  (await watcher.get(`/pipeline?namespace=agreement&name=${encodeURIComponent(name)}`)).body[0];
/** The datasets that the outputs of a job come from, by their names. */
async function sourcesOf(job: string): Promise<string[]> {
  const { body } = await watcher.get(`/pipeline/${(await pipelineOf(job)).id}/lineage`);
  const sources = await Promise.all(
    body.edges.map(({ source_id: id }: Json) => watcher.get(`/dataset/${id}`).then((answer) => answer.body.name)),
  );
  return sources.map(String).toSorted();
}

describe('a cycle through a parent that no event claims', () => {
  it('is refused, and the rest of the event counts: an execution of the service between two runs', async () => {
    const run = newRun();
    await send(event('START', run, 0));
    const { id } = await executionOf(run);
    const child = await watcher.begin(await watcher.pipeline('native below'), { parent_id: id });
    const answer = await watcher.post(
      '/api/v1/lineage',
      event('COMPLETE', run, 9, { ...below(nativeRun(child)), outputs: [counted('cycle', 5)] }),
    );
    expect(answer).toMatchObject({ status: 200, body: { execution_id: id } });
    expect(await executionOf(run)).toMatchObject({
      status: 'succeeded',
      total_rows: 5,
      parent_id: null,
      execution_metadata: { openlineage: { refused_parent: nativeRun(child) } },
    });
  });

  it('is refused: the execution of the run itself', async () => {
    const run = newRun();
    await send(event('START', run, 0));
    const { id } = await executionOf(run);
    await send(event('RUNNING', run, 1, below(nativeRun(id))), event('COMPLETE', run, 2));
    expect(await executionOf(run)).toMatchObject({ status: 'succeeded', parent_id: null });
  });

  it('is refused: a parent that was set by hand', async () => {
    const [a, b] = [newRun(), newRun()];
    await send(event('START', a, 0), event('START', b, 0));
    const [first, second] = [await executionOf(a), await executionOf(b)];
    expect((await watcher.patch(`/pipeline_execution/${first.id}`, { parent_id: second.id })).status).toBe(200);
    await send(event('COMPLETE', b, 5, below(a)));
    expect(await executionOf(b)).toMatchObject({ status: 'succeeded', parent_id: null });
    expect(await executionOf(a)).toMatchObject({ parent_id: second.id });
  });

  afterAll(() => expectExactTrees(watcher.database));
});

it('a refusal that is lifted leaves nothing in the metadata', async () => {
  const [a, b] = [newRun(), newRun()];
  await send(event('START', a, 0, below(b)), event('START', b, 1, below(a)));
  expect((await executionOf(b)).execution_metadata).toMatchObject({ openlineage: { refused_parent: a } });
  await send(event('RUNNING', a, 2, below(newRun())));
  expect((await executionOf(b)).execution_metadata).toBeNull();
});

it('a chain of 600 runs is one tree, in one batch too', async () => {
  const chain = Array.from({ length: 600 }, newRun);
  await send(...chain.map((run, index) => event('START', run, index, index > 0 ? below(chain[index - 1] ?? '') : {})));
  const last = await executionOf(chain.at(-1) ?? '');
  expect(last.root_id).toBe((await executionOf(chain[0] ?? '')).id);
  expect(last.execution_metadata).toBeNull();
});

it('spellings of one job add up, in one batch as in several', async () => {
  const type = (integration: string): Json => ({ jobType: { integration, jobType: 'MODEL', processingType: 'BATCH' } });
  await send(
    event('START', newRun(), 0, { job: 'Spelled', jobFacets: type('DBT') }),
    event('START', newRun(), 1, { job: 'spelled', jobFacets: { documentation: { description: 'as said later' } } }),
  );
  expect(await pipelineOf('spelled')).toMatchObject({
    pipeline_type_name: 'DBT/MODEL',
    pipeline_metadata: { documentation: 'as said later' },
  });
});

describe.each(['in this order', 'in the other'])('two events of one moment, %s', (order) => {
  const inOrder = (...events: readonly Json[]): readonly Json[] =>
    order === 'in the other' ? events.toReversed() : events;

  it('count the greater number, not the greater text', async () => {
    const run = newRun();
    for (const one of inOrder(
      event('RUNNING', run, 5, { outputs: [counted('ten', 9)] }),
      event('COMPLETE', run, 5, { outputs: [counted('ten', 10)] }),
    )) {
      await send(one);
    }
    expect((await executionOf(run)).total_rows).toBe(10);
  });

  it('say both where an output comes from', async () => {
    const run = newRun();
    const job = `stated ${order}`;
    const from = (name: string): Json => ({
      job,
      outputs: [dataset(`${job} out`, { facets: { lineage: { inputs: [dataset(name, { type: 'DATASET' })] } } })],
    });
    for (const one of inOrder(event('COMPLETE', run, 5, from('left')), event('OTHER', run, 5, from('right'))))
      await send(one);
    expect(await sourcesOf(job)).toEqual(['left', 'right']);
  });
});

it('a dataset that an event names twice has the count that it has once', async () => {
  const [a, b] = [newRun(), newRun()];
  await send(
    event('COMPLETE', a, 5, { outputs: [counted('twice', 7), counted('twice')] }),
    event('COMPLETE', b, 5, { outputs: [counted('twice', 7), counted('twice', 5)] }),
  );
  expect([(await executionOf(a)).total_rows, (await executionOf(b)).total_rows]).toEqual([7, 7]);
});

it('runs with a million edges make none, in little memory', async () => {
  const side = (name: string): Json[] =>
    Array.from({ length: 1000 }, (_, n) => ({ namespace: 'n', name: `${name}${n}` }));
  const wide = { job: 'wide', inputs: side('i'), outputs: side('o') };
  const before = process.memoryUsage().rss;
  await send(...Array.from({ length: 30 }, () => event('COMPLETE', newRun(), 5, wide)));
  expect(process.memoryUsage().rss - before).toBeLessThan(1.2e9);
  expect(await sourcesOf('wide')).toEqual([]);
});

it('a load is not in the future', async () => {
  await send(event('COMPLETE', newRun(), 3600 + 20 * 3600, { job: 'ahead', outputs: [counted('ahead', 1)] }));
  expect(Date.parse((await pipelineOf('ahead')).last_target_insert)).toBeLessThanOrEqual(Date.now());
});
