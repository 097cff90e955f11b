import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/platform/database/data-source.js';
import { migrate } from '../../src/platform/database/migrate.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { cli } from '../support/service.js';
import { callsOf, standInCluster } from '../support/stand-in-cluster.js';

const DISTRIBUTED = [
  'distribute pipeline_execution by id, default, 4 shards',
  'distribute pipeline_execution_closure by child_execution_id, pipeline_execution,  shards',
  'distribute execution_dataset by execution_id, pipeline_execution,  shards',
];
const SETTLED = [
  'truncate pipeline_execution',
  'truncate pipeline_execution_closure',
  'truncate execution_dataset',
  "workers: ALTER DATABASE this_database SET lock_timeout = '2s'",
];

let database: TestDatabase;

beforeEach(async () => {
  database = await createDatabase();
});
afterEach(() => database.drop());

/** Runs `watcher shard`. */
async function shard(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const env = { PATH: process.env['PATH'], DATABASE_URL: database.url };
  const child = spawn(process.execPath, [cli, 'shard', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

async function settings(): Promise<string[]> {
  const rows = await database.sql<{ setting: string }>(
    `SELECT unnest(s.setconfig) AS setting FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
      WHERE d.datname = current_database() ORDER BY 1`,
  );
  return rows.map(({ setting }) => setting);
}

describe('watcher shard', () => {
  it('says what is missing on a database without the extension, and changes nothing', async () => {
    const { code, stdout, stderr } = await shard('--shards', '4');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^watcher shard: the database does not have the extension citus: [^\n]*\n$/);
  });

  it('distributes the tables once, sets the settings, and can be repeated', async () => {
    await standInCluster(database);
    const { code, stdout } = await shard('--shards', '4');
    expect(stdout.split('\n').slice(0, 5)).toEqual([
      'Citus 13.2-1; nodes that take shards: worker-1:5432, worker-2:5432',
      'pipeline_execution: about 0 rows on the coordinator',
      'pipeline_execution_closure: about 0 rows on the coordinator',
      'execution_dataset: about 0 rows on the coordinator',
      'starts and ends will wait for about 0 s',
    ]);
    expect([code, await callsOf(database)]).toEqual([0, [...DISTRIBUTED, ...SETTLED]]);
    expect(await settings()).toEqual([
      'citus.enable_repartition_joins=on',
      'citus.enable_single_hash_repartition_joins=on',
      'citus.max_adaptive_executor_pool_size=1',
      'citus.multi_shard_modify_mode=sequential',
    ]);
    const again = await shard('--shards', '4');
    expect([again.code, await callsOf(database)]).toEqual([0, [...DISTRIBUTED, ...SETTLED, ...SETTLED]]);
    expect(again.stdout).toContain('pipeline_execution: about 0 rows over 4 shards\n');
    const other = await shard('--shards', '8');
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('have 4 shards already')]);
  });

  it('distributes nothing if one of the tables cannot be distributed, and goes on after an interruption', async () => {
    await standInCluster(database);
    await database.sql(
      `ALTER TABLE distributed ADD CONSTRAINT refused CHECK (table_name <> 'execution_dataset'::regclass)`,
    );
    const failed = await shard('--shards', '4');
    expect([failed.code, await callsOf(database)]).toEqual([1, []]);
    expect(failed.stderr).toContain('refused');
    await database.sql('ALTER TABLE distributed DROP CONSTRAINT refused');
    // A later version may bring a further big table.
    await database.sql(`SELECT create_distributed_table('pipeline_execution', 'id', shard_count := 4)`);
    expect((await shard('--shards', '4')).code).toBe(0);
    expect(await callsOf(database)).toEqual([...DISTRIBUTED, ...SETTLED]);
  });

  it('brings the tables back', async () => {
    await standInCluster(database);
    await shard('--shards', '4');
    await database.sql('TRUNCATE call');
    expect((await shard('--undo')).code).toBe(0);
    expect(await callsOf(database)).toEqual([
      'undistribute execution_dataset',
      'undistribute pipeline_execution_closure',
      'undistribute pipeline_execution',
      'workers: ALTER DATABASE this_database RESET lock_timeout',
    ]);
    expect(await settings()).toEqual([]);
  });

  it('only says what it would do with --dry-run', async () => {
    await standInCluster(database);
    await database.sql(`UPDATE pg_class SET reltuples = 1_000_000 WHERE relname = 'pipeline_execution'`);
    const { code, stdout } = await shard('--dry-run');
    expect([code, await callsOf(database), await settings()]).toEqual([0, [], []]);
    expect(stdout).toContain('pipeline_execution: about 1,000,000 rows on the coordinator\n');
    expect(stdout).toContain('starts and ends will wait for about 3 s\nnothing was changed (--dry-run)\n');
  });

  it.each<[string, string, RegExp]>([
    ['a worker', 'UPDATE pg_dist_local_group SET groupid = 2', /must name the coordinator/],
    [
      'a coordinator alone',
      "DELETE FROM pg_dist_node WHERE nodename LIKE 'worker%'",
      /no node of the cluster takes shards/,
    ],
    ['nodes that are apart', `INSERT INTO broken VALUES ('worker-1', 'worker-2')`, /worker-1 to worker-2/],
    ['a database without a schema', 'DROP TABLE execution_dataset CASCADE', /execution_dataset does not exist yet/],
  ])('refuses %s', async (_, change, problem) => {
    await standInCluster(database);
    await database.sql(change);
    const { code, stderr } = await shard();
    expect([code, stderr.trim().split('\n').length, await callsOf(database)]).toEqual([1, 1, []]);
    expect(stderr).toMatch(problem);
  });

  it.each([['--shards', '0'], ['--shards', 'many'], ['--shards', '4', '--undo'], ['--shard', '4'], ['four']])(
    'refuses %s %s',
    async (...args) => {
      const { code, stderr } = await shard(...args);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^watcher shard: .*\nusage: watcher shard/)]);
    },
  );
});

describe('WATCHER_SHARDS', () => {
  let source: DataSource;
  const lines: unknown[] = [];

  beforeEach(async () => {
    source = await new DataSource(dataSourceOptions(database.url, 3)).initialize();
    lines.length = 0;
    const note = (line: unknown) => lines.push(line);
    Logger.overrideLogger({ log: note, warn: note, error: note });
  });
  afterEach(async () => {
    Logger.overrideLogger(false);
    await source.destroy();
  });

  it('lets migrations distribute an empty database, once', async () => {
    await standInCluster(database);
    await migrate(source, 4);
    await migrate(source, 4);
    expect([await callsOf(database), lines]).toEqual([[...DISTRIBUTED, ...SETTLED], []]);
  });

  it('leaves a database with executions as it is, and says so', async () => {
    await standInCluster(database);
    await database.sql(
      `INSERT INTO pipeline_execution (id, root_id, pipeline_id, start_date, status, config_version)
       VALUES (1, 1, 1, now(), 'running', 1)`,
    );
    await migrate(source, 4);
    expect([await callsOf(database), lines]).toEqual([
      [],
      [expect.stringContaining('`watcher shard` distributes them')],
    ]);
  });

  it('is needed: the extension alone is a line in the log', async () => {
    await standInCluster(database);
    await migrate(source);
    expect([await callsOf(database), lines]).toEqual([[], [expect.stringContaining('nothing is distributed')]]);
  });

  it('has no effect without the extension, and says so', async () => {
    await migrate(source, 4);
    expect(lines).toEqual([expect.stringContaining('does not have the extension citus')]);
    lines.length = 0;
    await migrate(source);
    expect(lines).toEqual([]);
  });
});
