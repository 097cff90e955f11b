import { addKey, bearer } from '../support/access.js';
import { createDatabase } from '../support/database.js';
import { type Answer, type Json, Watcher } from '../support/watcher.js';

const JSON_TYPE = { 'content-type': 'application/json' };

describe('lineage', () => {
  let watcher: Watcher;
  beforeAll(async () => {
    watcher = await Watcher.start();
  });
  afterAll(() => watcher.stop());

  const put = (path: string, body: unknown, headers = {}): Promise<Answer> =>
    watcher.send('PUT', path, JSON.stringify(body), { ...JSON_TYPE, ...headers });
  const named = (...names: string[]) => names.map((name) => ({ name }));
  const declare = (id: number, inputs: string[], outputs: string[]): Promise<Answer> =>
    put(`/pipeline/${id}/lineage`, { inputs: named(...inputs), outputs: named(...outputs) });
  const idOf = async (name: string): Promise<number> =>
    (await watcher.get(`/dataset?name=${encodeURIComponent(name)}`)).body[0].id;
  const names = (list: Json[]): string[] => list.map(({ name }) => name);

  describe('PUT /pipeline/{id}/lineage', () => {
    it('declares, replaces and takes back, whatever load_lineage says', async () => {
      const id = await watcher.pipeline('declares');
      await watcher.end(await watcher.begin(id));
      const { status, body } = await declare(id, ['in 1', 'in 2'], ['out']);
      expect(status).toBe(200);
      expect([names(body.inputs), names(body.outputs), body.truncated]).toEqual([['in 1', 'in 2'], ['out'], false]);
      const today = new Date().toISOString().slice(0, 10);
      expect(body.edges).toEqual(
        body.inputs.map((input: Json) => ({
          source_id: input.id,
          target_id: body.outputs[0].id,
          declared: true,
          first_seen: today,
          last_seen: null,
        })),
      );
      expect((await watcher.get(`/pipeline/${id}/lineage`)).body).toEqual(body);
      expect(names((await declare(id, ['in 2'], ['out'])).body.inputs)).toEqual(['in 2']);
      expect((await declare(id, [], [])).body).toMatchObject({ inputs: [], outputs: [], edges: [] });
      expect(names((await declare(id, ['in 1'], ['out'])).body.inputs)).toEqual(['in 1']);
    });

    it('has datasets of a namespace exactly, and those without one without case', async () => {
      const id = await watcher.pipeline('namespaces');
      const namespace = 's3://bucket';
      const { body } = await put(`/pipeline/${id}/lineage`, {
        inputs: [{ namespace, name: 'A' }, { namespace, name: 'a' }, { name: 'Same' }, { name: 'SAME' }],
        outputs: [{ namespace: 'postgres://db:5432', name: 'x.y.z' }],
      });
      expect(body.inputs).toMatchObject([
        { namespace, name: 'A', address_type_name: 's3', address_type_group_name: 'file' },
        { namespace, name: 'a' },
        { namespace: '', name: 'Same', address_type_name: 'dataset', address_type_group_name: 'other' },
      ]);
      expect((await watcher.get(`/dataset/${body.outputs[0].id}`)).body).toMatchObject({
        address_type_name: 'postgres',
        database_name: 'x',
        schema_name: 'y',
        table_name: 'z',
      });
    });

    it('refuses what is no declaration', async () => {
      const id = await watcher.pipeline('refused');
      const path = `/pipeline/${id}/lineage`;
      const many = (prefix: string, count: number) =>
        named(...Array.from({ length: count }, (_, n) => `${prefix}${n}`));
      for (const [body, field] of [
        [{ inputs: [], outputs: named('x') }, 'inputs'],
        [{ inputs: named('x'), outputs: [] }, 'outputs'],
        [{ inputs: named('x') }, 'outputs'],
        [{ inputs: named(''), outputs: named('x') }, 'inputs[0].name'],
        [{ inputs: named('x'.repeat(2049)), outputs: named('x') }, 'inputs[0].name'],
        [{ inputs: many('a', 101), outputs: many('b', 100) }, 'outputs'],
        [{ inputs: many('a', 1001), outputs: named('x') }, 'inputs'],
      ] as const) {
        const answer = await put(path, body);
        expect([answer.status, answer.body.errors[0].field]).toEqual([422, field]);
      }
      expect((await put('/pipeline/999999/lineage', { inputs: [], outputs: [] })).body.code).toBe('pipeline_not_found');
      expect((await watcher.get('/pipeline/999999/lineage')).status).toBe(404);
      expect((await watcher.get('/dataset?q=a10')).body).toEqual([]);
    });

    it('takes many callers at once, of one pipeline and of many', async () => {
      const ids = await Promise.all(Array.from({ length: 10 }, (_, n) => watcher.pipeline(`racing ${n}`)));
      const lists = (n: number) => Array.from({ length: 8 }, (_, k) => `raced ${(n + k) % 10}`);
      const answers = await Promise.all([...ids, ...ids].map((id, n) => declare(id, lists(n), lists(n + 5))));
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      for (const id of ids) expect((await watcher.get(`/pipeline/${id}/lineage`)).body.edges).toHaveLength(64);
      expect((await watcher.all('/dataset?q=raced')).length).toBe(10);
    });

    it('goes with its pipeline', async () => {
      const id = await watcher.pipeline('deleted');
      await declare(id, ['kept'], ['kept too']);
      expect((await watcher.send('DELETE', `/pipeline/${id}`, undefined, {})).status).toBe(204);
      expect((await watcher.get(`/dataset/${await idOf('kept')}/downstream`)).body.reached).toBe(0);
    });
  });

  describe('GET /dataset', () => {
    it('filters by namespace, name and part of the name', async () => {
      const id = await watcher.pipeline('listed');
      await put(`/pipeline/${id}/lineage`, {
        inputs: [{ namespace: 'kafka://k', name: 'Listed' }, { name: 'Listed' }],
        outputs: [{ name: 'unlisted 100%_\\' }],
      });
      const count = async (query: string) => (await watcher.get(`/dataset?${query}`)).body.length;
      expect(await count('name=Listed')).toBe(2);
      expect(await count('name=listed')).toBe(1);
      expect(await count('name=listed&namespace=')).toBe(1);
      expect(await count('name=listed&namespace=kafka://k')).toBe(0);
      expect(await count('namespace=kafka://k')).toBe(1);
      expect(await count('q=lIsTed')).toBe(3);
      expect(await count('q=0%25_%5C')).toBe(1);
      expect(await count('q=0%25%25')).toBe(0);
      expect((await watcher.get('/dataset?nmae=x')).status).toBe(422);
    });
  });

  describe('what an execution reads and writes', () => {
    it('shows which execution produced each input, at any depth, also where only pipelines declare', async () => {
      const [extract, load, publish] = (await Promise.all(
        ['extract', 'load', 'publish'].map((name) => watcher.pipeline(`run ${name}`)),
      )) as [number, number, number];
      await declare(load, ['run raw'], ['run table']);
      await declare(publish, ['run table'], ['run report']);
      const run = async (pipeline: number, hour: number): Promise<number> => {
        const id = await watcher.begin(pipeline, { start_date: `2026-01-31T0${hour}:00:00Z` });
        await watcher.end(id, { end_date: `2026-01-31T0${hour}:30:00Z` });
        return id;
      };
      const first = await run(extract, 1);
      const reported = await put(`/pipeline_execution/${first}/lineage`, {
        inputs: [{ name: 'run source', rows: 7 }],
        outputs: [{ name: 'run raw', rows: 5, bytes: 100, files: 1 }],
      });
      expect([reported.status, reported.body.runs]).toMatchObject([
        200,
        [{ execution_id: first, source: 'reported', inputs: [{ rows: 7, produced_by: null }], outputs: [{ rows: 5 }] }],
      ]);
      const second = await run(load, 2);
      await run(extract, 3);
      const third = await run(publish, 4);
      const { body } = await watcher.get(`/pipeline_execution/${third}/lineage?depth=5`);
      expect(body.truncated).toBe(false);
      expect(body.runs).toMatchObject([
        {
          execution_id: third,
          depth: 0,
          source: 'declared',
          inputs: [{ name: 'run table', produced_by: { id: second, source: 'declared', pipeline_name: 'run load' } }],
        },
        {
          execution_id: second,
          depth: 1,
          inputs: [{ name: 'run raw', produced_by: { id: first, source: 'reported', status: 'succeeded' } }],
        },
        { execution_id: first, depth: 2, source: 'reported' },
      ]);
      expect((await watcher.get(`/pipeline_execution/${third}/lineage`)).body.runs).toHaveLength(1);
      expect((await watcher.get(`/pipeline_execution/${third}/lineage?depth=6`)).status).toBe(422);
      expect((await watcher.get('/pipeline_execution/999999/lineage')).body.code).toBe('execution_not_found');
      const writes = await watcher.get(`/dataset/${await idOf('run raw')}/writes`);
      expect(writes.body).toEqual([
        {
          execution_id: first,
          pipeline_id: extract,
          pipeline_name: 'run extract',
          status: 'succeeded',
          at: '2026-01-31T01:30:00.000Z',
          rows: 5,
          bytes: 100,
          files: 1,
        },
      ]);
      expect((await watcher.get(`/dataset/${await idOf('run source')}/reads`)).body).toMatchObject([{ rows: 7 }]);
    });

    it('lists writers newest first, and pages', async () => {
      const id = await watcher.pipeline('writes often');
      const runs: number[] = [];
      for (let day = 1; day <= 7; day++) {
        const run = await watcher.begin(id, { start_date: `2026-01-0${day}T00:00:00Z` });
        await watcher.end(run, { end_date: `2026-01-0${day}T01:00:00Z` });
        await put(`/pipeline_execution/${run}/lineage`, {
          inputs: [],
          outputs: [{ name: 'written often', rows: day }],
        });
        runs.unshift(run);
      }
      const all = await watcher.all(`/dataset/${await idOf('written often')}/writes?limit=2`);
      expect(all.map((use) => use.execution_id)).toEqual(runs);
    });

    it('gives the pipeline current edges until three runs with datasets do not show them; a failed run gives none', async () => {
      const id = await watcher.pipeline('shifts');
      let day = 0;
      const run = async (inputs: string[], isSuccess = true): Promise<number> => {
        day += 1;
        const execution = await watcher.begin(id, { start_date: `2026-02-0${day}T00:00:00Z` });
        await watcher.end(execution, { end_date: `2026-02-0${day}T01:00:00Z`, completed_successfully: isSuccess });
        const report = { inputs: named(...inputs), outputs: named('shifted') };
        expect((await put(`/pipeline_execution/${execution}/lineage`, report)).status).toBe(200);
        return execution;
      };
      const inputs = async () => names((await watcher.get(`/pipeline/${id}/lineage`)).body.inputs);
      await run(['shift failed'], false);
      expect(await inputs()).toEqual([]);
      const old = await run(['shift old', 'shift both', 'shifted']);
      expect(await inputs()).toEqual(['shifted', 'shift old', 'shift both']);
      await run(['shift new', 'shift both']);
      await run(['shift new', 'shift both']);
      expect((await inputs()).sort()).toEqual(['shift both', 'shift new', 'shift old']);
      await run(['shift new', 'shift both']);
      expect((await inputs()).sort()).toEqual(['shift both', 'shift new']);
      // A report of an old day, again, brings nothing back.
      await put(`/pipeline_execution/${old}/lineage`, { inputs: named('shift old'), outputs: named('shifted') });
      expect((await inputs()).sort()).toEqual(['shift both', 'shift new']);
      // Declared ones stay, and go when they are declared no more, unless runs show them.
      await declare(id, ['shift declared', 'shift new'], ['shifted']);
      expect((await inputs()).sort()).toEqual(['shift both', 'shift declared', 'shift new']);
      await declare(id, [], []);
      expect((await inputs()).sort()).toEqual(['shift both', 'shift new']);
    });

    it('is deleted with the execution', async () => {
      const id = await watcher.pipeline('deleted run');
      const execution = await watcher.begin(id);
      await put(`/pipeline_execution/${execution}/lineage`, { inputs: [], outputs: named('left over') });
      await watcher.send('DELETE', `/pipeline/${id}?cascade=true`, undefined, {});
      expect((await watcher.get(`/dataset/${await idOf('left over')}/writes`)).body).toEqual([]);
      expect(
        await watcher.database.sql('SELECT 1 FROM execution_dataset WHERE execution_id = $1', [execution]),
      ).toEqual([]);
    });
  });

  describe('impact', () => {
    it('has datasets and pipelines downstream, with what they did since', async () => {
      const make = async (name: string, from: string, to: string, fields = {}): Promise<number> => {
        const id = await watcher.pipeline(name, fields);
        await declare(id, [from], [to]);
        return id;
      };
      const first = await make('impact 1', 'i raw', 'i a');
      const second = await make('impact 2', 'i a', 'i b', { schedule: '0 2 * * *' });
      const third = await make('impact 3', 'i b', 'i c');
      const failed = await watcher.begin(first, { start_date: '2026-03-01T00:00:00Z' });
      await watcher.end(failed, { end_date: '2026-03-01T01:00:00Z', completed_successfully: false });
      const later = await watcher.begin(second, { start_date: '2026-03-01T02:00:00Z' });
      const { body } = await watcher.get(`/pipeline_execution/${failed}/impact`);
      expect(body).toMatchObject({
        since: '2026-03-01T01:00:00.000Z',
        reached: 2,
        truncated: false,
        pipelines_truncated: false,
        datasets: [
          { name: 'i a', depth: 0 },
          { name: 'i b', depth: 1 },
          { name: 'i c', depth: 2 },
        ],
        pipelines: [
          {
            id: second,
            depth: 1,
            last_execution: { id: later, status: 'running' },
            next_expected_at: expect.any(String),
            ran_since: true,
            open_incidents: 0,
          },
          { id: third, depth: 2, last_execution: null, next_expected_at: null, ran_since: false },
        ],
      });
      const whole = await watcher.get(`/dataset/${await idOf('i raw')}/impact`);
      expect(whole.body).toMatchObject({
        since: null,
        reached: 3,
        pipelines: [{ id: first, ran_since: null }, {}, {}],
      });
      expect(whole.body.pipelines[0].open_incidents).toBe(1);
      const since = await watcher.get(`/dataset/${await idOf('i raw')}/impact?since=2026-03-01T01:30:00Z`);
      expect(since.body.pipelines.map((one: Json) => one.ran_since)).toEqual([false, true, false]);
      expect((await watcher.get('/pipeline_execution/999999/impact')).status).toBe(404);
    });

    it('follows a superseded attempt to the last one', async () => {
      const id = await watcher.pipeline('attempts');
      await declare(id, ['t in'], ['t declared']);
      const first = await watcher.begin(id, { external_id: 'x' });
      await watcher.end(first, { completed_successfully: false });
      const second = await watcher.begin(id, { external_id: 'x', attempt: 2 });
      await watcher.end(second);
      await put(`/pipeline_execution/${second}/lineage`, { inputs: [], outputs: named('t written') });
      const { body } = await watcher.get(`/pipeline_execution/${first}/impact`);
      expect(names(body.datasets)).toEqual(['t written']);
    });
  });

  it('takes the scope write for declarations and reports', async () => {
    const database = await createDatabase();
    const [reader, writer] = [await addKey(database, 'read', 'reader'), await addKey(database, 'write', 'writer')];
    const own = await Watcher.start({}, database);
    const send = (method: string, path: string, body: unknown, key: { text: string }) =>
      own.send(method, path, JSON.stringify(body), { ...JSON_TYPE, ...bearer(key.text) });
    const pipeline = { name: 'scoped', pipeline_type_name: 'test' };
    const { body } = await send('POST', '/pipeline', pipeline, writer);
    const lists = { inputs: named('a'), outputs: named('b') };
    const old = { pipeline_id: body.id, source_addresses: [], target_addresses: [] };
    expect((await send('PUT', `/pipeline/${body.id}/lineage`, lists, reader)).status).toBe(403);
    expect((await send('PUT', `/pipeline/${body.id}/lineage`, lists, writer)).status).toBe(200);
    expect((await send('POST', '/address_lineage', old, reader)).status).toBe(403);
    expect((await send('POST', '/address_lineage', old, writer)).status).toBe(200);
    expect((await own.get('/dataset/1/downstream', bearer(reader.text))).status).toBe(200);
    await own.stop();
  });
});
