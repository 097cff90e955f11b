import { plant, type Planted } from '../support/plant.js';
import { Watcher } from '../support/watcher.js';

describe('reads by id that arrive together', () => {
  let watcher: Watcher;
  let pipelineId: number;

  beforeAll(async () => {
    watcher = await Watcher.start();
    pipelineId = await watcher.pipeline('Together');
  });
  afterAll(() => watcher.stop());

  const family = (parent: number, children: number): Planted[] => [
    { id: parent, pipelineId, start: 0 },
    ...Array.from({ length: children }, (_, n) => ({
      id: parent + 1 + n,
      parentId: parent,
      pipelineId,
      // The order by start is not that of the ids.
      start: (n * 7) % 5,
      end: 10,
    })),
  ];

  /** Reads all paths at once, several times each, and compares every answer with that to the same request alone. */
  async function expectAsAlone(paths: readonly string[]): Promise<void> {
    const alone = new Map<string, unknown>();
    for (const path of paths) alone.set(path, await answerTo(path));
    const many = [...paths, ...paths, ...paths];
    const together = await Promise.all(many.map(answerTo));
    expect(together).toEqual(many.map((path) => alone.get(path)));
  }

  const answerTo = async (path: string): Promise<unknown> => {
    const { status, body } = await watcher.get(path);
    return { status, ...body, request_id: undefined };
  };

  it('get the answers that each would get alone', async () => {
    await plant(
      watcher.database,
      [10_000, 10_100, 10_200].flatMap((id) => family(id, 8)),
    );
    // A child and its parent, an execution without children, one that does not exist.
    const ids = [10_000, 10_001, 10_100, 10_105, 10_200, 10_208, 99_999];
    await expectAsAlone(ids.map((id) => `/pipeline_execution/${id}`));
  });

  it('get them also where one has more children than an answer shows', async () => {
    await plant(watcher.database, [...family(20_000, 1200), ...family(30_000, 3)]);
    await expectAsAlone([20_000, 20_001, 30_000, 30_001].map((id) => `/pipeline_execution/${id}`));
    const { body } = await watcher.get('/pipeline_execution/20000');
    expect([body.child_executions.length, body.truncated]).toEqual([1000, true]);
  });

  it('get them for pipelines', async () => {
    const ids = await Promise.all(['a', 'b', 'c'].map((name) => watcher.pipeline(name)));
    await expectAsAlone([...ids, 99_999].map((id) => `/pipeline/${id}`));
  });

  it('get them for registrations: each its own pipeline', async () => {
    const names = ['x', 'y', 'z'].map((name) => `Registered ${name}`);
    const register = async (name: string): Promise<unknown> =>
      (await watcher.post('/pipeline', { name, pipeline_type_name: name, pipeline_metadata: { name } })).body.id;
    const ids: unknown[] = [];
    for (const name of names) ids.push(await register(name));
    const many = Array.from({ length: 60 }, (_, n) => n % 3);
    expect(await Promise.all(many.map((n) => register((names[n] as string).toUpperCase())))).toEqual(
      many.map((n) => ids[n]),
    );
  });
});
