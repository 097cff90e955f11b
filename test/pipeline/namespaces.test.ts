import { type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

const names = async (query: string): Promise<string[]> =>
  (await watcher.get(`/pipeline${query}`)).body.map(
    ({ namespace, name }: Json) => (namespace === '' ? '' : `${namespace}/`) + name,
  );

describe('a namespace', () => {
  let native: number;
  let airflow: number;
  let other: number;
  beforeAll(async () => {
    native = await watcher.pipeline('Orders');
    airflow = await watcher.pipeline('Orders', { namespace: 'Airflow Prod' });
    other = await watcher.pipeline('orders', { namespace: 'dbt' });
  });

  it('makes equal names different pipelines, and is compared without case', async () => {
    expect(new Set([native, airflow, other]).size).toBe(3);
    for (const namespace of ['airflow prod', ' AIRFLOW PROD ']) {
      const { status, body } = await watcher.post('/pipeline', {
        name: 'ORDERS',
        namespace,
        pipeline_type_name: 'test',
      });
      expect([status, body.id]).toEqual([200, airflow]);
    }
    for (const namespace of ['', null]) {
      const { status, body } = await watcher.post('/pipeline', {
        name: 'ORDERS',
        namespace,
        pipeline_type_name: 'test',
      });
      expect([status, body.id]).toEqual([200, native]);
    }
    expect((await watcher.get(`/pipeline/${airflow}`)).body).toMatchObject({
      namespace: 'Airflow Prod',
      name: 'Orders',
    });
    expect((await watcher.get(`/pipeline/${native}`)).body).toMatchObject({ namespace: '', name: 'Orders' });
  });

  it('declares no configuration and is no part of its hash', async () => {
    const metadata = { pipeline_metadata: { owner: 'sales' } };
    const [one, two] = [
      await watcher.pipeline('Hashed', metadata),
      await watcher.pipeline('Hashed', { ...metadata, namespace: 'n' }),
    ];
    const hash = async (id: number): Promise<string> => (await watcher.get(`/pipeline/${id}`)).body.config_hash;
    expect(await hash(one)).toBe(await hash(two));
    await watcher.pipeline('Hashed', { namespace: 'n' });
    expect((await watcher.get(`/pipeline/${two}`)).body).toMatchObject({ config_version: 1, ...metadata });
  });

  it('selects the pipeline of a PATCH', async () => {
    const patched = async (body: object): Promise<number> => (await watcher.patch('/pipeline', body)).body.id;
    expect(await patched({ name: 'orders', watermark: 'a' })).toBe(native);
    expect(await patched({ name: 'orders', namespace: 'AIRFLOW prod', watermark: 'b' })).toBe(airflow);
    expect(await patched({ id: other, namespace: 'DBT', watermark: 'c' })).toBe(other);
    expect((await watcher.patch('/pipeline', { name: 'orders', namespace: 'nowhere', active: true })).status).toBe(404);
    const moved = await watcher.patch('/pipeline', { id: other, namespace: 'elsewhere' });
    expect([moved.status, moved.body.errors]).toEqual([422, [expect.objectContaining({ field: 'namespace' })]]);
  });

  it('stays with a pipeline that is renamed, and a name is taken in its namespace only', async () => {
    const id = await watcher.pipeline('Before', { namespace: 'dbt' });
    expect((await watcher.patch('/pipeline', { id, name: 'Orders' })).status).toBe(409);
    await watcher.pipeline('After');
    const { status, body } = await watcher.patch('/pipeline', { id, name: 'After' });
    expect([status, body.namespace, body.name]).toEqual([200, 'dbt', 'After']);
    expect(await watcher.pipeline('after', { namespace: 'dbt' })).toBe(id);
    expect(await names('?q=before')).toEqual([]);
  });

  it('filters the list', async () => {
    expect(await names('?namespace=DBT&name=orders')).toEqual(['dbt/orders']);
    expect(await names('?namespace=&name=orders')).toEqual(['Orders']);
    expect(await names('?name=ORDERS')).toEqual(['Orders', 'Airflow Prod/Orders', 'dbt/orders']);
    expect(await names('?namespace=nowhere')).toEqual([]);
    // A namespace is not part of the name.
    expect(await names('?q=airflow')).toEqual([]);
  });

  it('belongs to the name by which runs are listed, started, and find their parents', async () => {
    const run = await watcher.begin(airflow, { external_id: 'r1' });
    const own = await watcher.begin(native);
    const listed = async (query: string): Promise<number[]> =>
      (await watcher.get(`/pipeline_execution?pipeline_name=orders${query}`)).body.map(({ id }: Json) => id);
    expect(await listed('&pipeline_namespace=Airflow%20Prod')).toEqual([run]);
    expect(await listed('')).toEqual([own]);
    const parent = {
      parent_external_id: 'r1',
      parent_pipeline_name: 'Orders',
      parent_pipeline_namespace: 'airflow prod',
    };
    const child = await watcher.begin(native, parent);
    expect((await watcher.get(`/pipeline_execution/${child}`)).body.parent_id).toBe(run);
    const { body } = await watcher.post('/batch', [
      { op: 'register', name: 'In Batch', namespace: 'dbt', pipeline_type_name: 'test' },
      { op: 'start', ref: 's', pipeline_name: 'in batch', pipeline_namespace: 'DBT' },
      { op: 'start', pipeline_name: 'in batch' },
      { op: 'end', execution_ref: 's', completed_successfully: true },
    ]);
    expect(body.results.map(({ status }: Json) => status)).toEqual([201, 201, 404, 200]);
  });

  it.each([{ namespace: 'a\u0007b' }, { namespace: 'x'.repeat(256) }, { namespace: 7 }])(
    'refuses %j',
    async (fields) => {
      const { status } = await watcher.post('/pipeline', { name: 'refused', pipeline_type_name: 'test', ...fields });
      expect(status).toBe(422);
    },
  );
});
