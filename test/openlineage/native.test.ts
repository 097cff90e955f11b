import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../faults/support/random.js';
import { expectExactTrees } from '../support/closure.js';
import { type Json, Watcher } from '../support/watcher.js';

const PATH = '/api/v1/lineage';
const SEED = Number(process.env['OPENLINEAGE_SEED'] ?? Date.now() % 2 ** 31);
const WRITERS = 8;
const FOR_MS = 6000;
/** Few runs, so that the writers meet. */
const RUNS = 40;

const idOf = (n: number): string => `0195d2c4-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
let moment = Date.now() - 3_600_000;
const event = (eventType: string, runId: string, name: string, parent?: string): Json => ({
  eventType,
  eventTime: new Date((moment += 1)).toISOString(),
  run: {
    runId,
    facets:
      parent === undefined ? {} : { parent: { run: { runId: parent }, job: { namespace: 'mixed', name: 'above' } } },
  },
  job: { namespace: 'mixed', name },
});

describe('native executions and runs of OpenLineage in one tree', () => {
  let watcher: Watcher;
  beforeAll(async () => {
    watcher = await Watcher.start();
  });
  afterAll(() => watcher.stop());

  const send = async (body: Json): Promise<number> => {
    const answer = await watcher.post(PATH, body);
    expect(answer.status).toBe(200);
    return answer.body.execution_id;
  };
  const get = async (id: number): Promise<Json> => (await watcher.get(`/pipeline_execution/${id}`)).body;

  it('an OpenLineage child finds its native parent, and a native child its OpenLineage parent', async () => {
    const root = await watcher.begin(await watcher.pipeline('nightly'));
    const { run_id: runId } = await get(root);
    const middle = await send(event('START', idOf(1000), 'dbt', runId));
    const [found] = (await watcher.get(`/pipeline_execution?external_id=${idOf(1000)}`)).body;
    expect(found).toMatchObject({ id: middle, parent_id: root, root_id: root, external_id: idOf(1000) });
    const leaf = await watcher.begin(await watcher.pipeline('load'), { parent_id: middle });
    expect(await get(leaf)).toMatchObject({ parent_id: middle, root_id: root });
    await watcher.end(leaf, { completed_successfully: false, error_message: 'no space' });
    await send(event('FAIL', idOf(1000), 'dbt', runId));
    await watcher.end(root, { completed_successfully: false });
    const causes = (await watcher.get(`/pipeline_execution/${root}/root_cause`)).body;
    expect(causes.map(({ id }: Json) => id)).toEqual([leaf]);
    await expectExactTrees(watcher.database);
  });

  it('a native subtree moves along when its OpenLineage root learns its parent', async () => {
    const child = await send(event('START', idOf(1001), 'child'));
    const below = await watcher.begin(await watcher.pipeline('load'), { parent_id: child });
    const parent = await send(event('START', idOf(1002), 'parent'));
    await send(event('RUNNING', idOf(1001), 'child', idOf(1002)));
    expect(await get(below)).toMatchObject({ parent_id: child, root_id: parent });
    await expectExactTrees(watcher.database);
  });

  it('the id of a native execution that does not exist is no reason to refuse an event', async () => {
    const orphan = await send(event('START', idOf(1003), 'orphan', '00000000-0000-8000-8000-0000ffffffff'));
    expect((await get(orphan)).status).toBe('running');
    await expectExactTrees(watcher.database);
  });

  it(`stay exact while ${WRITERS} writers start, move and end both (seed ${SEED})`, async () => {
    const random = new Random(SEED);
    const pipeline = await watcher.pipeline('native');
    const natives = [await watcher.begin(pipeline)];
    const runs: number[] = [await send(event('START', idOf(0), 'job 0'))];
    const recent = (ids: readonly number[]): number => random.pick(ids.slice(-30));
    const nativeRun = (): string => `00000000-0000-8000-8000-${recent(natives).toString(16).padStart(12, '0')}`;
    const anyParent = (): string => (random.chance(0.3) ? nativeRun() : idOf(random.below(RUNS)));
    const ofRun = (type: string): Promise<Json> => {
      const n = random.below(RUNS);
      return watcher.post(PATH, event(type, idOf(n), `job ${n % 5}`, random.chance(0.7) ? anyParent() : undefined));
    };
    const begin = async (parent: number): Promise<Json> => {
      const answer = await watcher.post('/start_pipeline_execution', { pipeline_id: pipeline, parent_id: parent });
      if (answer.status === 201) natives.push(answer.body.id);
      return answer;
    };
    const actions: readonly (() => Promise<Json>)[] = [
      () => begin(recent(runs)),
      () => begin(recent(runs)),
      () => begin(recent(natives)),
      () => ofRun('START'),
      () => ofRun('RUNNING'),
      () => ofRun('COMPLETE'),
      () => ofRun('FAIL'),
      () => watcher.end(recent(natives), { completed_successfully: random.chance(0.5) }),
      () => watcher.patch(`/pipeline_execution/${recent(natives)}`, { parent_id: recent(runs) }),
    ];
    const answers = new Map<number, number>();
    const until = performance.now() + FOR_MS;
    const write = async (): Promise<void> => {
      while (performance.now() < until) {
        const { status, body } = await random.pick(actions)();
        answers.set(status, (answers.get(status) ?? 0) + 1);
        if (status === 200 && body.execution_id !== undefined) runs.push(body.execution_id);
      }
    };
    // Each statement sees one moment: what it compares is exact at every commit.
    const watch = async (): Promise<void> => {
      for (; performance.now() < until; await sleep(300)) await expectExactTrees(watcher.database);
    };
    await Promise.all([watch(), ...Array.from({ length: WRITERS }, write)]);
    process.stderr.write(`openlineage and native: seed ${SEED}, ${JSON.stringify(Object.fromEntries(answers))}\n`);
    // 409: an end that differs from the first one, or a move below itself; 503: a lock that was not had in time.
    expect([...answers.keys()].filter((status) => ![200, 201, 409, 503].includes(status))).toEqual([]);
    expect(answers.get(200)).toBeGreaterThan(20);
    expect(answers.get(201)).toBeGreaterThan(20);
    await expectExactTrees(watcher.database);
    const lost = await watcher.database.sql(
      `SELECT id FROM unnest($1::bigint[]) AS id WHERE NOT EXISTS (SELECT 1 FROM pipeline_execution e WHERE e.id = id)`,
      [[...natives, ...runs]],
    );
    expect(lost).toEqual([]);
  });
});
