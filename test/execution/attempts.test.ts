import { type Answer, type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
let workflow: number;
let task: number;
let other: number;

beforeAll(async () => {
  watcher = await Watcher.start();
  workflow = await watcher.pipeline('Attempted Workflow');
  task = await watcher.pipeline('Attempted Task');
  other = await watcher.pipeline('Other Task');
});
afterAll(() => watcher.stop());

const start = (fields: Json): Promise<Answer> =>
  watcher.post('/start_pipeline_execution', { pipeline_id: task, ...fields });
const begin = async (fields: Json): Promise<number> => (await start(fields)).body.id;
const fail = (id: number): Promise<Answer> => watcher.end(id, { completed_successfully: false });
/** The attempts at a run, as [id, attempt, superseded]. */
const attempts = async (id: number): Promise<unknown[]> =>
  (await watcher.get(`/pipeline_execution/${id}/attempts`)).body.map((e: Json) => [e.id, e.attempt, e.superseded]);
const causes = async (id: number): Promise<number[]> => {
  const { body } = await watcher.get(`/pipeline_execution/${id}/root_cause`);
  const view = await watcher.database.sql(`SELECT id::int FROM v_root_cause WHERE top_id = $1 ORDER BY end_date, id`, [
    id,
  ]);
  const ids = body.map((cause: Json) => cause.id);
  expect(view.map((row) => row['id'])).toEqual(ids);
  return ids;
};

describe('attempts by external_id', () => {
  it('are numbered by the caller; each is found again, and those before the highest are superseded', async () => {
    const first = await begin({ external_id: 'numbered' });
    const third = await start({ external_id: 'numbered', attempt: 3 });
    const second = await start({ external_id: 'numbered', attempt: 2 });
    expect([third.status, second.status]).toEqual([201, 201]);
    const all = [
      [first, 1, true],
      [second.body.id, 2, true],
      [third.body.id, 3, false],
    ];
    for (const [id] of all) expect(await attempts(id as number)).toEqual(all);
    for (const [id, attempt] of all) {
      const { status, body } = await start({ external_id: 'numbered', attempt });
      expect([status, body]).toEqual([200, { id }]);
    }
    expect(await start({ external_id: 'numbered' })).toMatchObject({ status: 200, body: { id: first } });
  });

  it('may begin with a later one', async () => {
    const second = await begin({ external_id: 'begun late', attempt: 2 });
    const first = await begin({ external_id: 'begun late' });
    expect(await attempts(first)).toEqual([
      [first, 1, true],
      [second, 2, false],
    ]);
  });

  it('need an external_id', async () => {
    const { status, body } = await start({ attempt: 2 });
    expect([status, body.errors[0].field]).toEqual([422, 'attempt']);
  });

  it('are one for each number, however many report it at once', async () => {
    const numbers = [1, 2, 3, 1, 2, 3, 1, 2, 3, 4];
    const answers = await Promise.all(numbers.map((attempt) => start({ external_id: 'at once', attempt })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200, 200, 200, 200, 200, 200, 201, 201, 201, 201,
    ]);
    const all = (await attempts(answers[0]?.body.id)) as [number, number, boolean][];
    expect(all.map(([, ...rest]) => rest)).toEqual([
      [1, true],
      [2, true],
      [3, true],
      [4, false],
    ]);
    for (const [index, answer] of answers.entries()) expect(all[(numbers[index] ?? 0) - 1]?.[0]).toBe(answer.body.id);
  });
});

describe('attempts by retry_of', () => {
  it('go on from the highest, whichever of them is repeated', async () => {
    const first = await begin({});
    await fail(first);
    const second = await begin({ retry_of: first });
    await fail(second);
    const third = await begin({ retry_of: first });
    expect(await attempts(second)).toEqual([
      [first, 1, true],
      [second, 2, true],
      [third, 3, false],
    ]);
    expect((await watcher.get(`/pipeline_execution/${third}`)).body).toMatchObject({ retry_of: first, attempt: 3 });
  });

  it('record the rerun of a task that a scheduler has cleared, with the same run id', async () => {
    const first = await begin({ external_id: 'cleared' });
    await watcher.end(first);
    const second = await start({ external_id: 'cleared', retry_of: first });
    expect(second.status).toBe(201);
    expect(await attempts(first)).toEqual([
      [first, 1, true],
      [second.body.id, 2, false],
    ]);
    expect(await start({ external_id: 'cleared', attempt: 2 })).toMatchObject({ status: 200, body: second.body });
  });

  it('may have a run id each; the start of one is found again by it', async () => {
    const first = await begin({ external_id: 'run a' });
    await fail(first);
    const second = await start({ external_id: 'run b', retry_of: first });
    expect(await start({ external_id: 'run b', retry_of: first })).toMatchObject({ status: 200, body: second.body });
    expect(await start({ external_id: 'run b' })).toMatchObject({ status: 200, body: second.body });
    expect(await attempts(first)).toEqual([
      [first, 1, true],
      [second.body.id, 2, false],
    ]);
  });

  it('are under the same parent, named or not', async () => {
    const parent = await watcher.begin(workflow, { external_id: 'of attempts' });
    const first = await begin({ parent_id: parent });
    await fail(first);
    for (const place of [
      {},
      { parent_id: parent },
      { parent_external_id: 'of attempts', parent_pipeline_id: workflow },
    ]) {
      const id = await begin({ retry_of: first, ...place });
      expect((await watcher.get(`/pipeline_execution/${id}`)).body).toMatchObject({
        parent_id: parent,
        root_id: parent,
      });
    }
  });

  it('are refused for what runs, is elsewhere or is not there', async () => {
    const running = await begin({});
    const [ended, elsewhere] = [await begin({}), await watcher.begin(other)];
    await fail(ended);
    await fail(elsewhere);
    const parent = await watcher.begin(workflow, { external_id: 'not theirs' });
    for (const fields of [
      { retry_of: running },
      { retry_of: elsewhere },
      { retry_of: 999_999_999 },
      { retry_of: ended, parent_id: parent },
      { retry_of: ended, parent_external_id: 'not theirs', parent_pipeline_id: workflow },
    ]) {
      const { status, body } = await start(fields);
      expect([fields, status, body.errors?.[0].field]).toEqual([fields, 422, 'retry_of']);
    }
    expect(await attempts(ended)).toEqual([[ended, 1, false]]);
  });

  it('get a number each, also at once', async () => {
    const first = await begin({});
    await fail(first);
    await Promise.all(Array.from({ length: 20 }, () => begin({ retry_of: first })));
    const all = (await attempts(first)) as [number, number, boolean][];
    expect(all.map(([, number]) => number)).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
    expect(all.filter(([, , superseded]) => !superseded).map(([, number]) => number)).toEqual([21]);
  });
});

describe('superseded attempts', () => {
  it('are no root causes, nor is what is below them', async () => {
    const root = await watcher.begin(workflow);
    const first = await begin({ parent_id: root, external_id: 'flaky' });
    const below = await watcher.begin(other, { parent_id: first });
    await fail(below);
    await fail(first);
    expect(await causes(root)).toEqual([below]);
    const second = await begin({ parent_id: root, external_id: 'flaky', attempt: 2 });
    expect(await causes(root)).toEqual([]);
    expect(await causes(first)).toEqual([below]);
    await fail(second);
    expect(await causes(root)).toEqual([second]);
    const third = await begin({ parent_id: root, external_id: 'flaky', attempt: 3 });
    await watcher.end(third);
    await fail(root);
    expect(await causes(root)).toEqual([root]);
    const { body } = await watcher.get(`/incident?kind=failure&pipeline_id=${workflow}`);
    expect(body[0].root_causes.map((cause: Json) => cause.execution_id)).toEqual([root]);
    const tree = (await watcher.get(`/pipeline_execution/${root}/tree`)).body;
    expect(tree.node_count).toBe(5);
  });

  it('open no incident when they fail late', async () => {
    const pipeline = await watcher.pipeline('late failure');
    const first = await watcher.begin(pipeline, { external_id: 'late' });
    await watcher.end(await watcher.begin(pipeline, { external_id: 'late', attempt: 2 }));
    await fail(first);
    expect((await watcher.get(`/incident?pipeline_id=${pipeline}`)).body).toEqual([]);
  });

  it('are not the parent that an external_id names', async () => {
    await watcher.begin(workflow, { external_id: 'twice' });
    const second = await watcher.begin(workflow, { external_id: 'twice', attempt: 2 });
    const child = await begin({ parent_external_id: 'twice', parent_pipeline_id: workflow });
    expect((await watcher.get(`/pipeline_execution/${child}`)).body).toMatchObject({ parent_id: second });
  });

  it('answer 404 for what is not there', async () => {
    expect((await watcher.get('/pipeline_execution/999999999/attempts')).status).toBe(404);
  });
});
