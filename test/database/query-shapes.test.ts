import { BIG_TABLES } from '../../src/platform/database/sharding/big-tables.js';
import { problemsOf, statementsOf } from '../support/query-shapes.js';
import { sentStatements } from '../support/statements.js';
import { Watcher } from '../support/watcher.js';

/** A form that a sharded database refuses, answers wrongly or executes slowly, and the reported problem. */
const REFUSED: readonly (readonly [what: string, sql: string, problem: RegExp])[] = [
  [
    'a join of a big and a small table',
    'SELECT e.id, p.name FROM pipeline_execution e JOIN pipeline p ON p.id = e.pipeline_id',
    /one query level/,
  ],
  [
    'an update of a big table from a small one',
    'UPDATE pipeline_execution e SET deadline = $1 FROM pipeline p WHERE p.id = e.pipeline_id',
    /one query level/,
  ],
  [
    'such a join in a CTE',
    'WITH x AS (SELECT c.depth FROM pipeline_execution_closure c, incident i WHERE i.id = c.depth) SELECT x.depth FROM x',
    /one query level/,
  ],
  [
    'such a join with a view',
    'SELECT e.id FROM v_execution e JOIN incident i ON i.execution_id = e.id',
    /one query level/,
  ],
  ['a row lock', 'SELECT e.id FROM pipeline_execution e WHERE e.id = ANY ($1) ORDER BY e.id FOR UPDATE', /FOR UPDATE/],
  [
    'a queue',
    `DELETE FROM incident WHERE id IN (SELECT e.id FROM pipeline_execution e LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)`,
    /FOR UPDATE/,
  ],
  [
    'LATERAL',
    `SELECT r.id FROM unnest($1::bigint[]) AS item (id) CROSS JOIN LATERAL (
       SELECT e.id FROM pipeline_execution e WHERE e.pipeline_id = item.id LIMIT 20) r`,
    /LATERAL/,
  ],
  [
    'a correlated sub-select',
    `SELECT i.id, (SELECT e.end_date FROM pipeline_execution e WHERE e.id = i.execution_id) FROM incident i`,
    /correlated/,
  ],
  [
    'EXISTS over the closure',
    `SELECT e.id FROM pipeline_execution e
      WHERE NOT EXISTS (SELECT FROM pipeline_execution_closure c WHERE c.parent_execution_id = e.id AND c.depth > 0)`,
    /correlated/,
  ],
  [
    'recursion',
    `WITH RECURSIVE w AS (SELECT e.id FROM pipeline_execution e WHERE e.id = $1
       UNION ALL SELECT e.id FROM w JOIN pipeline_execution e ON e.parent_id = w.id) SELECT w.id FROM w`,
    /recursion/,
  ],
  [
    'a self-join on parent_id',
    'SELECT c.id FROM pipeline_execution e JOIN pipeline_execution c ON c.parent_id = e.id WHERE e.id = $1',
    /self-join/,
  ],
  [
    'a join on parent_execution_id',
    `SELECT e.id FROM pipeline_execution e JOIN pipeline_execution_closure c ON c.parent_execution_id = e.id
      WHERE c.child_execution_id = $1`,
    /parent_execution_id/,
  ],
  [
    'now() in CASE',
    'UPDATE pipeline_execution SET end_date = CASE WHEN end_date IS NULL THEN now() END WHERE id = $1',
    /now\(\)/,
  ],
  [
    'the time of day in COALESCE',
    'UPDATE pipeline_execution SET end_date = coalesce(end_date, CURRENT_TIMESTAMP) WHERE id = $1',
    /now\(\)/,
  ],
  [
    'a CTE in a sub-select',
    'SELECT x.id FROM (WITH y AS (SELECT e.id FROM pipeline_execution e) SELECT y.id FROM y) x',
    /top level/,
  ],
  ['INSERT … RETURNING', 'INSERT INTO pipeline_execution (id) SELECT unnest($1::bigint[]) RETURNING id', /INSERT/],
];

const ALLOWED: readonly (readonly [what: string, sql: string])[] = [
  [
    'names after a CTE',
    `WITH e AS MATERIALIZED (SELECT e.id, e.pipeline_id FROM pipeline_execution e WHERE e.id = $1)
     SELECT e.id, (SELECT p.name FROM pipeline p WHERE p.id = e.pipeline_id) FROM e`,
  ],
  [
    'small tables in a sub-select',
    'SELECT e.id, p.name FROM pipeline_execution e JOIN (SELECT n.id, n.name FROM pipeline n) p ON p.id = e.pipeline_id',
  ],
  [
    'the two big tables, by the descendant',
    `SELECT e.id FROM pipeline_execution e JOIN pipeline_execution_closure c ON c.child_execution_id = e.id
      WHERE c.parent_execution_id = $1`,
  ],
  [
    'ids by array',
    `SELECT e.id FROM pipeline_execution e
      WHERE e.id = ANY (ARRAY(SELECT c.child_execution_id FROM pipeline_execution_closure c WHERE c.parent_execution_id = $1))`,
  ],
  ['a lock on a small table', 'SELECT p.id FROM pipeline p WHERE p.id = ANY ($1) ORDER BY p.id FOR NO KEY UPDATE'],
];

/**
 * Views that query the descendants of each row: unavoidable, since a view can't take the tree as a parameter.
 * `v_root_cause` calls a function instead, which follows the rules.
 */
const VIEWS_OF_ONE_MACHINE = ['v_blocking', 'v_execution_self_time'];

describe('the statements about the big tables', () => {
  let watcher: Watcher;
  beforeAll(async () => {
    watcher = await Watcher.start();
  });
  afterAll(() => watcher.stop());

  it.each(REFUSED)('are refused: %s', async (_, sql, problem) => {
    expect((await problemsOf(sql)).join('; ')).toMatch(problem);
  });

  it.each(ALLOWED)('are allowed: %s', async (_, sql) => {
    expect(await problemsOf(sql)).toEqual([]);
  });

  it('are collected from the traffic of the service', async () => {
    const id = await watcher.begin(await watcher.pipeline('Collected'));
    await watcher.end(id);
    const beginnings = sentStatements().map((statement) => statement.trim().split(/\s+/).slice(0, 3).join(' '));
    expect(beginnings).toEqual(
      expect.arrayContaining(['INSERT INTO pipeline_execution', 'UPDATE pipeline_execution e']),
    );
  });

  it('follow the rules in every view but those for a single machine', async () => {
    const views = await watcher.database.sql<{ name: string; definition: string }>(
      `SELECT viewname AS name, definition FROM pg_views WHERE schemaname = 'public' ORDER BY viewname`,
    );
    expect(views.length).toBeGreaterThan(5);
    const refused: string[] = [];
    for (const { name, definition } of views) if ((await problemsOf(definition)).length > 0) refused.push(name);
    expect(refused).toEqual(VIEWS_OF_ONE_MACHINE);
  });

  it('follow the rules in every function; all are in PL/pgSQL and name their columns', async () => {
    const functions = await watcher.database.sql<{ name: string; definition: string; language: string; row: string }>(
      `SELECT p.proname AS name, pg_get_functiondef(p.oid) AS definition, l.lanname AS language, t.typtype AS row
         FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang JOIN pg_type t ON t.oid = p.prorettype
        WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'watcher%'`,
    );
    const aboutBig = functions.filter(({ definition }) => /pipeline_execution|v_execution/.test(definition));
    expect(aboutBig.length).toBeGreaterThan(8);
    for (const { name, definition, language, row } of aboutBig) {
      expect({ name, language, isRowOfView: row === 'c' }).toEqual({ name, language: 'plpgsql', isRowOfView: false });
      const statements = await statementsOf(definition);
      expect({ name, statements: statements.length }).not.toEqual({ name, statements: 0 });
      for (const statement of statements)
        expect({ name, problems: await problemsOf(statement) }).toEqual({ name, problems: [] });
    }
  });

  it('affect no trigger and no foreign key', async () => {
    const found = await watcher.database.sql(
      `SELECT tgname AS name FROM pg_trigger WHERE tgrelid = ANY ($1::regclass[])
        UNION ALL
       SELECT conname FROM pg_constraint
        WHERE contype = 'f' AND (conrelid = ANY ($1::regclass[]) OR confrelid = ANY ($1::regclass[]))`,
      [BIG_TABLES.map(({ table }) => table)],
    );
    expect(found).toEqual([]);
  });

  it.each(BIG_TABLES)('find one row on one node: $table is unique by $column alone or with others', async (big) => {
    const unique = await watcher.database.sql<{ name: string; columns: string[] }>(
      `SELECT i.indexrelid::regclass::text AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
         FROM pg_index i
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
        WHERE i.indrelid = $1::regclass AND (i.indisunique OR i.indisexclusion)
        GROUP BY i.indexrelid`,
      [big.table],
    );
    expect(unique.length).toBeGreaterThan(0);
    expect(unique.filter(({ columns }) => !columns.includes(big.column))).toEqual([]);
  });
});
