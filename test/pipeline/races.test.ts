import { createDatabase } from '../support/database.js';
import { type Answer, Watcher } from '../support/watcher.js';

/** Two replicas of the service on one database. */
let replicas: readonly [Watcher, Watcher];

beforeAll(async () => {
  const database = await createDatabase();
  replicas = [await Watcher.start({}, database), await Watcher.start({}, database)];
});
afterAll(async () => {
  await replicas[0].app.close();
  await replicas[1].stop();
});

/** Sends `callers` concurrent requests, alternating between the replicas. */
function atOnce(callers: number, call: (replica: Watcher, caller: number) => Promise<Answer>): Promise<Answer[]> {
  const [even, odd] = replicas;
  return Promise.all(Array.from({ length: callers }, (_, caller) => call(caller % 2 === 0 ? even : odd, caller)));
}

function statuses(answers: readonly Answer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe('concurrent callers', () => {
  it('create one pipeline for one new name: one 201, the rest 200, one row', async () => {
    for (const round of [1, 2, 3]) {
      const name = `wanted by many ${round}`;
      const answers = await atOnce(60, (replica, caller) =>
        replica.post('/pipeline', {
          // Each name in a different case, with a new type.
          name: caller % 3 === 0 ? name.toUpperCase() : name,
          pipeline_type_name: caller % 5 === 0 ? `TYPE ${round}` : `type ${round}`,
          next_watermark: caller,
        }),
      );
      expect(statuses(answers)).toEqual({ 200: 59, 201: 1 });
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
      expect((await replicas[0].get(`/pipeline?name=${encodeURIComponent(name)}`)).body).toMatchObject([
        { config_version: 1 },
      ]);
      expect((await replicas[0].get(`/pipeline_type?name=type+${round}`)).body).toHaveLength(1);
    }
  });

  it('create many pipelines of one new type', async () => {
    const answers = await atOnce(30, (replica, caller) =>
      replica.post('/pipeline', { name: `sibling ${caller}`, pipeline_type_name: 'shared by siblings' }),
    );
    expect(statuses(answers)).toEqual({ 201: 30 });
    expect((await replicas[0].get('/pipeline_type?name=shared+by+siblings')).body).toHaveLength(1);
  });

  it('create one type for one new name', async () => {
    const answers = await atOnce(60, (replica) => replica.post('/pipeline_type', { name: 'type wanted by many' }));
    expect(statuses(answers)).toEqual({ 200: 59, 201: 1 });
  });

  it('add one change of the code to the history once', async () => {
    const id = await replicas[0].pipeline('deployed everywhere');
    const answers = await atOnce(40, (replica) =>
      replica.post('/pipeline', {
        name: 'deployed everywhere',
        pipeline_type_name: 'test',
        pipeline_metadata: { release: 2 },
      }),
    );
    expect(statuses(answers)).toEqual({ 200: 40 });
    expect((await replicas[1].get(`/pipeline/${id}`)).body.config_version).toBe(2);
    expect((await replicas[1].get(`/pipeline/${id}/history`)).body).toHaveLength(1);
  });

  it('number concurrent changes of the code without gaps', async () => {
    const id = await replicas[0].pipeline('deployed in many versions');
    const answers = await atOnce(20, (replica, caller) =>
      replica.post('/pipeline', {
        name: 'deployed in many versions',
        pipeline_type_name: 'test',
        pipeline_metadata: { release: caller },
      }),
    );
    expect(statuses(answers)).toEqual({ 200: 20 });
    const { body: history } = await replicas[0].get(`/pipeline/${id}/history`);
    const { body: pipeline } = await replicas[0].get(`/pipeline/${id}`);
    expect(history.map((change: { config_version: number }) => change.config_version)).toEqual(
      Array.from({ length: 20 }, (_, index) => 21 - index),
    );
    expect(pipeline).toMatchObject({ config_version: 21, config_hash: history[0].config_hash });
    expect(pipeline.pipeline_metadata).toEqual(history[0].new_configuration.pipeline_metadata);
  });

  it('rename only one of many pipelines to the same name', async () => {
    const ids = await Promise.all(Array.from({ length: 10 }, (_, index) => replicas[0].pipeline(`candidate ${index}`)));
    const answers = await atOnce(10, (replica, caller) =>
      replica.patch('/pipeline', { id: ids[caller], name: 'the chosen one' }),
    );
    expect(statuses(answers)).toEqual({ 200: 1, 409: 9 });
  });
});

describe('two replicas', () => {
  it('migrate one empty database together', async () => {
    const empty = await createDatabase({ empty: true });
    const [one, other] = await Promise.all([Watcher.start({}, empty), Watcher.start({}, empty)]);
    expect((await one.get('/health/ready')).status).toBe(200);
    const id = await one.pipeline('on both');
    expect((await other.get(`/pipeline/${id}`)).status).toBe(200);
    await one.app.close();
    await other.stop();
  });

  it('compute the same hash for the same configuration', async () => {
    const configuration = { pipeline_type_name: 'test', pipeline_metadata: { é: [1, { b: 1, a: 2 }], a: null } };
    for (const [index, replica] of replicas.entries()) {
      const { status, body } = await replica.post('/pipeline', { name: 'seen by both', ...configuration });
      expect(status).toBe(index === 0 ? 201 : 200);
      expect((await replica.get(`/pipeline/${body.id}`)).body.config_version).toBe(1);
    }
  });
});
