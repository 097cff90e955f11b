import { type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
const ids: Record<string, number> = {};
beforeAll(async () => {
  watcher = await Watcher.start();
  for (const name of ['Load Customers', 'Customer Export', 'Old Customers', 'Orders 100%']) {
    ids[name] = await watcher.pipeline(name);
  }
  await watcher.patch('/pipeline', { name: 'Old Customers', archived: true });
});
afterAll(() => watcher.stop());

const find = async (query: string): Promise<Json> => (await watcher.get(`/search?${query}`)).body;

describe('GET /search', () => {
  it('finds pipelines by a part of the name, those that begin with it first', async () => {
    const { pipelines, executions } = await find('q=CUSTOMER');
    expect(pipelines.map(({ name }: Json) => name)).toEqual(['Customer Export', 'Load Customers', 'Old Customers']);
    expect(pipelines[0]).toEqual({
      id: ids['Customer Export'],
      namespace: '',
      name: 'Customer Export',
      pipeline_type_name: 'test',
      active: true,
      archived: false,
    });
    expect(executions).toEqual([]);
    expect((await find('q=customer&limit=1')).pipelines).toHaveLength(1);
    expect((await find('q=%25')).pipelines.map(({ name }: Json) => name)).toEqual(['Orders 100%']);
    expect((await find('q=x')).pipelines.map(({ name }: Json) => name)).toEqual(['Customer Export']);
  });

  it('finds executions by id and by external id', async () => {
    const run = await watcher.begin(ids['Load Customers'] as number, { external_id: 'scheduled__1' });
    const same = await watcher.begin(ids['Customer Export'] as number, { external_id: 'scheduled__1' });
    const named = await watcher.begin(ids['Customer Export'] as number, { external_id: `${run}` });
    expect((await find('q=scheduled__1')).executions.map(({ id }: Json) => id)).toEqual([same, run]);
    const { executions } = await find(`q=${run}`);
    expect(executions.map(({ id }: Json) => id)).toEqual([run, named]);
    expect(executions[0]).toEqual({
      id: run,
      root_id: run,
      pipeline_name: 'Load Customers',
      external_id: 'scheduled__1',
      status: 'running',
      start_date: expect.any(String),
    });
    expect((await find('q=99999999999999999999')).executions).toEqual([]);
  });

  it('finds datasets by a part of the name, short names first', async () => {
    const id = await watcher.pipeline('writes datasets');
    const inputs = [{ namespace: 's3://lake', name: 'Sales 100%/2026' }, { name: 'sales' }];
    await watcher.send(
      'PUT',
      `/pipeline/${id}/lineage`,
      JSON.stringify({ inputs, outputs: [{ name: 'mart_sales' }] }),
      {
        'content-type': 'application/json',
      },
    );
    const { datasets, pipelines } = await find('q=SALES');
    expect(datasets.map(({ name }: Json) => name)).toEqual(['sales', 'mart_sales', 'Sales 100%/2026']);
    expect(datasets[2]).toEqual({
      id: expect.any(Number),
      namespace: 's3://lake',
      name: 'Sales 100%/2026',
      address_type_name: 's3',
    });
    expect(pipelines).toEqual([]);
    expect((await find('q=sales&limit=1')).datasets).toHaveLength(1);
    expect((await find('q=100%25')).datasets).toHaveLength(1);
    expect((await find('q=l_s')).datasets).toEqual([]);
  });

  it.each(['', '?q=', '?q=a&limit=0', '?q=a&limit=51', `?q=${'x'.repeat(256)}`])('refuses %s', async (query) => {
    expect((await watcher.get(`/search${query}`)).status).toBe(422);
  });
});
