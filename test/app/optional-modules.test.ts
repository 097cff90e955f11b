import { OPTIONAL_MODULES } from '../../src/app/app.module.js';
import { Watcher } from '../support/watcher.js';

describe.each(OPTIONAL_MODULES.map((module) => [module.name, module] as const))('without %s', (_, left) => {
  let watcher: Watcher;
  beforeAll(async () => {
    const others = OPTIONAL_MODULES.filter((module) => module !== left);
    watcher = await Watcher.start({ checkCron: '* * * * *' }, undefined, undefined, others);
  });
  afterAll(() => watcher.stop());

  it('a pipeline is registered, runs and fails, and the tree shows the cause', async () => {
    const pipeline = await watcher.pipeline('left alone', { timeliness_number: 1, timeliness_datepart: 'minute' });
    const root = await watcher.begin(pipeline);
    const child = await watcher.begin(pipeline, { parent_id: root });
    for (const id of [child, root]) {
      const end = await watcher.post('/end_pipeline_execution', { id, completed_successfully: false });
      expect(end.status).toBe(200);
    }
    const causes = await watcher.get(`/pipeline_execution/${root}/root_cause`);
    expect(causes.body).toMatchObject([{ id: child }]);
  });

  it.each(['/health/ready', '/metrics', '/docs-json', '/pipeline'])('%s answers', async (path) => {
    expect((await watcher.get(path)).status).toBe(200);
  });
});
