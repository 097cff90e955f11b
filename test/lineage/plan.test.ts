import pg from 'pg';
import { DESCRIBE_DATASETS, FIND_DATASETS, FIND_DATASETS_NAMED } from '../../src/features/lineage/address.sql.js';
import { FIND_LAST_WRITERS, FIND_REPORTED, LIST_OF_DATASET } from '../../src/features/lineage/execution-dataset.sql.js';
import {
  EXPIRE_EDGES,
  FIND_EDGES,
  FIND_EDGES_AMONG,
  FIND_ENDS,
  FIND_HOPS_DOWN,
  FIND_HOPS_UP,
  FIND_READERS,
  UNDECLARE_EDGES,
  WALK,
} from '../../src/features/lineage/lineage.sql.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

/**
 * 500 chains of 40 datasets with two edges each, and three executions that read and wrote each of the first half of the
 * datasets; 3,000 did so with the last. 10,000 successes of one pipeline reported nothing.
 */
const SEED = `
  INSERT INTO pipeline_type (name) VALUES ('t');
  INSERT INTO pipeline (name, pipeline_type_id, config_hash) SELECT 'p' || n, 1, '' FROM generate_series(1, 2000) n;
  INSERT INTO address_type (name, name_key, group_name) VALUES ('t', 't', 'g');
  INSERT INTO address (name, key, address_type_id, input_hash)
  SELECT 'd' || n, sha256(n::text::bytea), 1, '' FROM generate_series(1, 20000) n;
  INSERT INTO address_edge (source_address_id, target_address_id, pipeline_id, declared, first_seen)
  SELECT c * 40 + n, c * 40 + n + step, (c * 40 + n) % 2000 + 1, true, current_date
    FROM generate_series(0, 499) c, generate_series(1, 38) n, generate_series(1, 2) step;
  INSERT INTO pipeline_execution (id, root_id, pipeline_id, start_date, end_date, completed_successfully, config_version)
  SELECT n, n, n % 2000 + 1, '2026-01-01Z'::timestamptz + n * interval '1 minute',
         '2026-01-01Z'::timestamptz + n * interval '1 minute', true, 1
    FROM generate_series(1, 30000) n;
  INSERT INTO execution_dataset (execution_id, dataset_id, io, at)
  SELECT n, n % 10000 + 1, io, '2026-01-01Z'::timestamptz + n * interval '1 minute'
    FROM generate_series(1, 30000) n, unnest(ARRAY['I', 'O']) io;
  INSERT INTO execution_dataset (execution_id, dataset_id, io, at)
  SELECT n, 20000, io, '2026-01-01Z'::timestamptz + n * interval '1 minute'
    FROM generate_series(1, 3000) n, unnest(ARRAY['I', 'O']) io;
  INSERT INTO pipeline_execution (id, root_id, pipeline_id, start_date, end_date, completed_successfully, config_version)
  SELECT n, n, 8, '2026-02-01Z'::timestamptz + n * interval '1 minute',
         '2026-02-01Z'::timestamptz + n * interval '1 minute', true, 1
    FROM generate_series(30001, 40000) n;
  INSERT INTO pipeline_lineage (pipeline_id, recent) SELECT n, '{2026-01-01}' FROM generate_series(1, 2000) n;
  ANALYZE`;
const TABLES = ['address', 'address_edge', 'execution_dataset', 'pipeline_execution'];

describe('the statements of lineage', () => {
  let database: TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    database = await createDatabase();
    await database.sql(SEED);
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  const rowsSoFar = async (): Promise<number> => {
    const { rows } = await client.query<{ rows: number }>(
      `SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int AS rows
         FROM pg_stat_xact_user_tables WHERE relname = ANY ($1)`,
      [TABLES],
    );
    return rows[0]?.rows ?? 0;
  };
  const rowsRead = async (sql: string, values: unknown[]): Promise<number> => {
    await client.query('BEGIN');
    const before = await rowsSoFar();
    await client.query(sql, values);
    const after = await rowsSoFar();
    await client.query('ROLLBACK');
    return after - before;
  };

  const chain = Array.from({ length: 40 }, (_, n) => 4001 + n);
  const depths = chain.map((_, n) => Math.ceil(n / 2));
  it.each<[string, string, unknown[]]>([
    ['a walk downstream', WALK, [[4001], false, 1001, 10_001]],
    ['a walk upstream', WALK, [[4040], true, 1001, 10_001]],
    ['hops downstream', FIND_HOPS_DOWN, [chain.slice(1), depths.slice(1), chain, depths]],
    ['hops upstream', FIND_HOPS_UP, [chain.slice(1), depths.slice(1), chain, depths]],
    ['edges among datasets', FIND_EDGES_AMONG, [chain, 5001]],
    ['readers', FIND_READERS, [chain, depths, 1001]],
    ['the edges of a pipeline', FIND_EDGES, [[7], 5001]],
    ['the ends of a pipeline', FIND_ENDS, [[7], 5001]],
    ['the ends of a pipeline that has not reported for long', FIND_ENDS, [[8], 5001]],
    ['a declaration', UNDECLARE_EDGES, [7, [1], [2], null, new Date()]],
    ['an expiry', EXPIRE_EDGES, [7, '2026-01-01', new Date()]],
    ['datasets by key', FIND_DATASETS, [[Buffer.alloc(32)]]],
    ['datasets by a part of the name', FIND_DATASETS_NAMED, ['%d1999%', 10, 200]],
    ['descriptions', DESCRIBE_DATASETS, [chain]],
    ['what executions reported', FIND_REPORTED, [[1, 2, 3], 5001]],
    ['the writers of a dataset', LIST_OF_DATASET, [7, 'O', 'infinity', 0, 101]],
    ['the newest writers of many', LIST_OF_DATASET, [20_000, 'O', 'infinity', 0, 101]],
    [
      'the last writers',
      FIND_LAST_WRITERS,
      [
        [7, 15_000],
        ['2026-03-01Z', '2026-03-01Z'],
        [0, 0],
      ],
    ],
    [
      'the closure of one dataset',
      'SELECT target_address_id FROM address_lineage_closure WHERE source_address_id = $1 ORDER BY depth',
      [4001],
    ],
  ])('%s: reads little more than its answer', async (_, sql, values) => {
    // Repeated, because PostgreSQL may choose another plan for a function after five runs.
    for (let run = 0; run < 8; run++) expect(await rowsRead(sql, values)).toBeLessThan(1000);
  });

  it('would count a scan', async () => {
    expect(await rowsRead('SELECT count(declared) FROM address_edge', [])).toBe(38_000);
  });
});
