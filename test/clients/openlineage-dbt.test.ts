import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { cli, Service } from '../support/service.js';
import type { Json } from '../support/watcher.js';
import { install } from './openlineage-venv.js';

const venv = await install(['openlineage-dbt', 'dbt-core~=1.10.0', 'dbt-duckdb']);
const describeDbt = venv ? describe : describe.skip;

/** Three models in a row; the test of the first fails, so the others are skipped. */
const PROJECT = {
  'dbt_project.yml': 'name: shop\nversion: "1.0"\nprofile: shop\n',
  'profiles.yml': 'shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb}}}\n',
  'models/orders.sql': 'select 1 as id, 10 as amount union all select 2, null',
  'models/totals.sql': "select sum(amount) as total from {{ ref('orders') }}",
  'models/report.sql': "select * from {{ ref('totals') }}",
  'models/schema.yml': 'models: [{name: orders, columns: [{name: amount, data_tests: [not_null]}]}]\n',
};

describeDbt('dbt-ol', () => {
  const project = join(venv?.folder ?? '', 'shop');
  let database: TestDatabase;
  let service: Service;

  beforeAll(async () => {
    database = await createDatabase();
    // No check declares anything lost while the test reads.
    service = await Service.start({ DATABASE_URL: database.url, WATCHER_CHECK_CRON: 'off' });
    await mkdir(join(project, 'models'), { recursive: true });
    for (const [name, content] of Object.entries(PROJECT)) await writeFile(join(project, name), content);
  });
  afterAll(async () => {
    await service.kill();
    await database.drop();
    await venv?.remove();
  });

  /** Runs a command in the project, which may fail, as a user would; gives its exit code. */
  const runs = async (namespace: string, ...command: readonly string[]): Promise<number> => {
    const environment = {
      PATH: `${join(venv?.folder ?? '', 'venv', 'bin')}:${process.env['PATH']}`,
      HOME: venv?.folder ?? '',
      OPENLINEAGE_URL: service.url,
      OPENLINEAGE_NAMESPACE: namespace,
      WATCHER_URL: service.url,
      WATCHER_SPOOL: join(venv?.folder ?? '', 'spool'),
      DBT_PROFILES_DIR: '.',
      DO_NOT_TRACK: '1',
    };
    const child = spawn(command[0] ?? '', command.slice(1), { cwd: project, env: environment, stdio: 'ignore' });
    const [code] = await once(child, 'exit');
    return Number(code);
  };
  const get = async (path: string): Promise<Json> => (await fetch(service.url + path)).json();
  const only = async (query: string): Promise<Json> => {
    const found = await get(`/pipeline_execution?${query}`);
    expect(found).toHaveLength(1);
    return found[0];
  };
  const children = async (id: number): Promise<[string, string][]> =>
    (await get(`/pipeline_execution/${id}/children?limit=100`))
      .map(({ pipeline_name: name, status }: Json) => [name, status])
      .toSorted();

  it('reports its nodes as they run, with a failing test as the cause and skipped models that are none', async () => {
    expect(await runs('live', 'dbt-ol', 'build', '--threads', '1', '--consume-structured-logs')).toBe(1);
    const root = await only('pipeline_name=dbt-run-shop&pipeline_namespace=live');
    expect(root.status).toBe('failed');
    expect(await children(root.id)).toEqual([
      ['model.shop.orders', 'succeeded'],
      ['model.shop.report', 'aborted'],
      ['model.shop.totals', 'aborted'],
      [expect.stringMatching(/^test\.shop\.not_null_orders_amount/), 'failed'],
    ]);
    const causes = await get(`/pipeline_execution/${root.id}/root_cause`);
    expect(causes.map(({ pipeline_name: name, error_message: message }: Json) => [name, message])).toEqual([
      [expect.stringMatching(/^test\.shop\.not_null_orders_amount/), expect.stringContaining('Got 1 result')],
    ]);
  });

  it('reports them afterwards, below the run of watcher run that it ran in', async () => {
    const command = ['--pipeline', 'nightly', '--', 'dbt-ol', 'run', '--threads', '1'];
    expect(await runs('later', process.execPath, cli, 'run', ...command)).toBe(0);
    const native = await only('pipeline_name=nightly&root=true');
    expect(native).toMatchObject({ status: 'succeeded', parent_id: null });
    // dbt-ol gives the job of the command the namespace of its parent.
    expect(await children(native.id)).toEqual([['dbt-run-shop', 'succeeded']]);
    const [wrapper] = await get(`/pipeline_execution/${native.id}/children`);
    expect(await children(wrapper.id)).toEqual([
      ['shop.main.shop.orders', 'succeeded'],
      ['shop.main.shop.report', 'succeeded'],
      ['shop.main.shop.totals', 'succeeded'],
    ]);
    const [report] = await get('/dataset?q=shop.main.report');
    const { datasets } = await get(`/dataset/${report.id}/upstream`);
    expect(datasets.map(({ name, depth }: Json) => [name, depth])).toEqual([
      ['shop.main.totals', 1],
      ['shop.main.orders', 2],
    ]);
  });
});
