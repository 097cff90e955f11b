import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { UPDATE_ENDED } from '../../src/features/execution/execution.sql.js';
import { BLOCKING, ROOT_CAUSES, SUBTREES, TYPICAL } from '../../src/features/hierarchy/questions/tree-questions.sql.js';
import { ROOT_CAUSES_OF_TREES } from '../../src/features/hierarchy/tree-failure.sql.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

/** A node of a plan from EXPLAIN (FORMAT JSON). */
interface Step {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Recheck Cond'?: string;
  readonly Plans?: readonly Step[];
}

const BIG_TABLES: readonly unknown[] = ['pipeline_execution', 'pipeline_execution_closure'];

/**
 * A table large enough that a scan would be expensive: 600 trees of 50, each execution with up to 7 children, and a few
 * failed and running executions in each tree.
 */
const SEED = `
  INSERT INTO pipeline_type (name) VALUES ('step');
  INSERT INTO pipeline (name, pipeline_type_id, config_hash) SELECT 'p' || n, 1, '' FROM generate_series(1, 40) n;
  INSERT INTO pipeline_execution (id, parent_id, root_id, pipeline_id, start_date, end_date, completed_successfully,
                                  config_version)
  SELECT tree * 50 + n, CASE WHEN n > 1 THEN tree * 50 + (n - 2) / 7 + 1 END, tree * 50 + 1, (tree * 7 + n) % 40 + 1,
         '2026-01-01Z'::timestamptz + tree * interval '1 hour' + n * interval '1 second',
         CASE WHEN n % 16 > 0 THEN '2026-01-01Z'::timestamptz + tree * interval '1 hour' + n * interval '2 seconds' END,
         CASE WHEN n % 16 > 0 THEN n % 10 > 0 END, 1
    FROM generate_series(1, 600) tree, generate_series(1, 50) n;
  INSERT INTO pipeline_execution_closure (child_execution_id, parent_execution_id, depth)
  WITH RECURSIVE pair AS (
    SELECT id AS child, id AS parent, 0 AS depth FROM pipeline_execution
    UNION ALL
    SELECT pair.child, e.parent_id, pair.depth + 1
      FROM pair JOIN pipeline_execution e ON e.id = pair.parent WHERE e.parent_id IS NOT NULL)
  SELECT child, parent, depth FROM pair;
  ANALYZE`;

describe('the plan of each question', () => {
  const top = 300 * 50 + 1;
  let database: TestDatabase;
  let client: pg.Client;
  let documented: readonly (readonly [name: string, sql: string])[];

  beforeAll(async () => {
    database = await createDatabase();
    await database.sql(SEED);
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const text = await readFile(new URL('../../docs/sql.md', import.meta.url), 'utf8');
    documented = [...text.matchAll(/<!-- test: (\w+) -->\n+```sql\n(.*?)```/gs)].map(([, name = '', sql = '']) => [
      name,
      sql.replaceAll(/\b123\b/g, String(top)).replaceAll(/\b456\b/g, String(top + 50)),
    ]);
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  const explain = async (sql: string, values: unknown[] = []): Promise<Step> => {
    const [row] = await database.sql(`EXPLAIN (FORMAT JSON) ${sql}`, values);
    return row?.['QUERY PLAN'][0].Plan;
  };
  /** The plan nodes that read the two growing tables. */
  const readsOf = (step: Step): Step[] => [
    ...(BIG_TABLES.includes(step['Relation Name']) ? [step] : []),
    ...(step.Plans ?? []).flatMap(readsOf),
  ];
  /** The plan nodes that scan a whole table or a whole index. */
  const scansOf = (step: Step): string[] =>
    readsOf(step)
      .filter((read) => !read['Index Cond'] && !read['Recheck Cond'])
      .map((read) => read['Node Type']);

  it('would show a scan', async () => {
    expect(scansOf(await explain('SELECT count(watermark) FROM pipeline_execution'))).toEqual(['Seq Scan']);
    expect(scansOf(await explain('SELECT count(id) FROM pipeline_execution'))).toHaveLength(1);
  });

  /** Rows of the two tables read by this connection but not yet in the statistics. */
  const rowsSoFar = async (): Promise<number> => {
    const { rows } = await client.query<{ rows: number }>(
      `SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int AS rows
         FROM pg_stat_xact_user_tables WHERE relname = ANY ($1)`,
      [BIG_TABLES],
    );
    return rows[0]?.rows ?? 0;
  };
  /** The rows that a statement reads from them, including in the functions that it calls. */
  const rowsRead = async (sql: string, values: unknown[] = []): Promise<number> => {
    await client.query('BEGIN');
    const before = await rowsSoFar();
    await client.query(sql, values);
    const after = await rowsSoFar();
    await client.query('ROLLBACK');
    return after - before;
  };

  it('would count the rows of a scan', async () => {
    expect(await rowsRead('SELECT count(watermark) FROM pipeline_execution')).toBe(30_000);
    const scan = `DO $$ BEGIN PERFORM count(watermark) FROM pipeline_execution; END $$`;
    expect(await rowsRead(scan)).toBe(30_000);
  });

  it.each([
    ['root causes', ROOT_CAUSES, [top, Number.MIN_SAFE_INTEGER, 0, 101]],
    ['root causes of a part', ROOT_CAUSES, [top + 1, Number.MIN_SAFE_INTEGER, 0, 101]],
    ['root causes, the next page', ROOT_CAUSES, [top, 1_767_225_600_000, 1, 101]],
    ['root causes of trees', ROOT_CAUSES_OF_TREES, [[top, top + 50], 50]],
    ['blocking', BLOCKING, [top, Number.MIN_SAFE_INTEGER, 0, 101]],
    ['typical durations', TYPICAL, [[1, 2]]],
    ['a subtree', SUBTREES, [top, null, 10_001]],
    ['two subtrees', SUBTREES, [top, top + 50, 10_001]],
  ])('%s: reads little more than the tree', async (_, sql, values) => {
    // Repeated, because PostgreSQL may choose another plan for a function after five runs.
    for (let run = 0; run < 8; run++) {
      const rows = await rowsRead(sql, values);
      expect(rows).toBeGreaterThan(0);
      expect(rows).toBeLessThan(1000);
    }
  });

  it('ends look their executions up by id, not among all that are open', async () => {
    const ids = [top + 15, top + 31];
    const items = JSON.stringify(ids.map((id) => ({ id })));
    const reads = readsOf(await explain(UPDATE_ENDED, [items, ids])).filter(
      (read) => read['Node Type'] !== 'ModifyTable',
    );
    expect(reads.map((read) => read['Index Name'])).toEqual(['pk_pipeline_execution']);
  });

  it('those of docs/sql.md about a tree: read little more than the tree, by index alone', async () => {
    const aboutTables = documented.filter(([name]) => !/^(by_day|last_runs|lineage_\w+)$/.test(name));
    expect(aboutTables.length).toBeGreaterThan(5);
    for (const [name, sql] of aboutTables) {
      expect({ name, scans: scansOf(await explain(sql)) }).toEqual({ name, scans: [] });
      expect({ name, isMuch: (await rowsRead(sql)) > 2000 }).toEqual({ name, isMuch: false });
    }
  });
});
