/**
 * Measures the queries about a tree on a small, a larger and a large table, and compares them with recursive queries
 * over `parent_id`: in total, from the call to the rows in this process, and in the database alone (planning and
 * execution, by EXPLAIN ANALYZE). Sizes and forms alternate in rounds, so that load from other programs affects all of
 * them. All data is in memory: the benchmark measures processing, not the disk.
 *
 *   npm run bench:questions [-- --sizes 10000,100000,1000000 --rounds 25 --only console]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { DataSource } from 'typeorm';
import type * as DataSources from '../src/platform/database/data-source.ts';
import type * as Embedded from '../src/platform/embedded-postgres/embedded-server.ts';
import type * as Migrate from '../src/platform/database/migrate.ts';
import type * as Sql from '../src/features/hierarchy/questions/tree-questions.sql.ts';
import type * as Compare from '../src/features/hierarchy/questions/compare.ts';
import type * as CriticalPath from '../src/features/hierarchy/questions/critical-path.ts';
import type * as Rollup from '../src/features/hierarchy/questions/rollup.ts';
import type * as Subtrees from '../src/features/hierarchy/questions/subtree.ts';
import { measureConsole } from './console.ts';
import { type Landmarks, plantForest } from './support/forest.ts';
import * as recursive from './support/recursive.ts';
import { median, printTable, ratio } from './support/table.ts';

const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10000,100000,1000000' },
    rounds: { type: 'string', default: '25' },
    only: { type: 'string' },
  },
});
const sizes = options.sizes.split(',').map(Number);
const rounds = Number(options.rounds);

const dist = new URL('../dist/src/', import.meta.url).pathname;
const { EmbeddedServer } = (await import(`${dist}platform/embedded-postgres/embedded-server.js`)) as typeof Embedded;
const { dataSourceOptions } = (await import(`${dist}platform/database/data-source.js`)) as typeof DataSources;
const { migrate } = (await import(`${dist}platform/database/migrate.js`)) as typeof Migrate;
const { ROOT_CAUSES, SUBTREES } = (await import(
  `${dist}features/hierarchy/questions/tree-questions.sql.js`
)) as typeof Sql;
const { compare } = (await import(`${dist}features/hierarchy/questions/compare.js`)) as typeof Compare;
const { criticalPath } = (await import(`${dist}features/hierarchy/questions/critical-path.js`)) as typeof CriticalPath;
const { rollup } = (await import(`${dist}features/hierarchy/questions/rollup.js`)) as typeof Rollup;
const { toSubtree } = (await import(`${dist}features/hierarchy/questions/subtree.js`)) as typeof Subtrees;

/**
 * The service's query, except that the service looks up the typical durations in a second statement, for the
 * executions of a page.
 */
const BLOCKING = `
  SELECT w.id, w.depth, w.start_date, w.typical_duration_seconds
    FROM watcher_blocking($1::bigint) w ORDER BY w.start_date, w.id LIMIT 101`;

/** The published queries. */
const CHILDREN = `
  SELECT pe.* FROM pipeline_execution pe JOIN pipeline_execution_closure pec ON pe.id = pec.child_execution_id
  WHERE pec.parent_execution_id = $1 AND pec.depth = 1`;
const DOWNSTREAM = `
  SELECT pe.* FROM pipeline_execution pe JOIN pipeline_execution_closure pec ON pe.id = pec.child_execution_id
  WHERE pec.parent_execution_id = $1 AND pec.depth > 0`;
/** The same two in the form of docs/sql.md for large trees. */
const DOWNSTREAM_BY_ARRAY = `
  SELECT pe.* FROM pipeline_execution pe
  WHERE pe.id = ANY (ARRAY(SELECT pec.child_execution_id FROM pipeline_execution_closure pec
                            WHERE pec.parent_execution_id = $1 AND pec.depth > 0))`;
const UPSTREAM_BY_ARRAY = `
  SELECT pe.* FROM pipeline_execution pe
  WHERE pe.id = ANY (ARRAY(SELECT pec.parent_execution_id FROM pipeline_execution_closure pec
                            WHERE pec.child_execution_id = $1 AND pec.depth > 0))`;
const UPSTREAM = `
  SELECT pe.* FROM pipeline_execution pe JOIN pipeline_execution_closure pec ON pe.id = pec.parent_execution_id
  WHERE pec.child_execution_id = $1 AND pec.depth > 0`;

interface Side {
  readonly size: number;
  readonly client: pg.Client;
  readonly landmarks: Landmarks;
}

/** A statement about an execution; `values` follow its id. */
interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

interface Question {
  readonly name: string;
  /** The executions to query, one after the other. */
  readonly about: (landmarks: Landmarks) => readonly number[];
  readonly closure: Statement;
  readonly recursive: Statement;
  /** Processes the rows, if the result is not simply their number. */
  readonly analyse?: (rows: readonly Subtrees.SubtreeRow[], id: number) => number;
}

/** The time of one query: milliseconds in total, and in the database alone. */
interface Taken {
  readonly whole: number;
  readonly database: number;
}

const PAGE = [Number.MIN_SAFE_INTEGER, 0, 101];
const ways = ['closure', 'recursive'] as const;
type Way = (typeof ways)[number];

/** Builds the tree from the rows as the service does; the names of pipelines cost both forms the same. */
function treeOf(executions: readonly Subtrees.SubtreeRow[], id: number): Subtrees.Subtree {
  const ids = new Set(executions.map((execution) => execution.pipeline_id));
  const pipelines = [...ids].map((id) => ({ id, name: '', pipeline_type_id: 1, pipeline_type_name: '' }));
  const tree = toSubtree({ executions, pipelines }, id, { now: Date.UTC(2027, 0, 1), maxNodes: 10_000 });
  if (!tree) throw new Error(`there is no execution ${id}`);
  return tree;
}

const plain = (sql: string, ...values: unknown[]): Statement => ({ sql, values });

function questionsOf(name: string, about: Question['about']): Question[] {
  const downstream = plain(recursive.DOWNSTREAM);
  const subtree = { closure: plain(SUBTREES, null, 10_001), recursive: plain(recursive.SUBTREE) };
  return [
    { name: `children, ${name}`, about, closure: plain(CHILDREN), recursive: plain(recursive.CHILDREN) },
    { name: `downstream, ${name}`, about, closure: plain(DOWNSTREAM), recursive: downstream },
    { name: `downstream as array, ${name}`, about, closure: plain(DOWNSTREAM_BY_ARRAY), recursive: downstream },
    {
      name: `root cause, ${name}`,
      about,
      closure: plain(ROOT_CAUSES, ...PAGE),
      recursive: plain(recursive.ROOT_CAUSES),
    },
    { name: `blocking, ${name}`, about, closure: plain(BLOCKING), recursive: plain(recursive.BLOCKING) },
    {
      name: `critical path, ${name}`,
      about,
      ...subtree,
      analyse: (rows, id) => criticalPath(treeOf(rows, id)).segments.length,
    },
    {
      name: `rollup, ${name}`,
      about,
      ...subtree,
      analyse: (rows, id) => rollup(treeOf(rows, id), 'pipeline').groups.length,
    },
    {
      name: `compare with itself, ${name}`,
      about,
      ...subtree,
      analyse: (rows, id) => compare(treeOf(rows, id), treeOf(rows, id)).entries.length,
    },
  ];
}

function upstreamOf(name: string, about: Question['about']): Question[] {
  const walk = plain(recursive.UPSTREAM);
  return [
    { name: `upstream, ${name}`, about, closure: plain(UPSTREAM), recursive: walk },
    { name: `upstream as array, ${name}`, about, closure: plain(UPSTREAM_BY_ARRAY), recursive: walk },
  ];
}

const questions: Question[] = [
  ...questionsOf('50 nodes', ({ trees }) => trees),
  ...upstreamOf('5 levels', ({ leaves }) => leaves),
  ...questionsOf('5,000 nodes', ({ largeTree }) => [largeTree]),
  ...upstreamOf('100 deep', ({ deepest }) => Array<number>(20).fill(deepest)),
];

/** Runs one query; returns the size of the result, to verify that both forms agree. */
async function ask({ client }: Side, { sql, values }: Statement, id: number, { analyse }: Question): Promise<number> {
  const { rows } = await client.query<Subtrees.SubtreeRow>(sql, [id, ...values]);
  return analyse ? analyse(rows, id) : rows.length;
}

/** The time that PostgreSQL reports, planning included. */
async function askDatabase({ client }: Side, { sql, values }: Statement, id: number): Promise<number> {
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE, TIMING OFF, BUFFERS OFF) ${sql}`, [
    id,
    ...values,
  ]);
  const text = rows.map((row) => row['QUERY PLAN']).join('\n');
  return Number(/Planning Time: ([\d.]+)/.exec(text)?.[1]) + Number(/Execution Time: ([\d.]+)/.exec(text)?.[1]);
}

/** The medians of both forms of one query over all its executions, in milliseconds. */
async function time(side: Side, question: Question): Promise<Record<Way, Taken>> {
  const whole: Record<Way, number[]> = { closure: [], recursive: [] };
  const database: Record<Way, number[]> = { closure: [], recursive: [] };
  for (const [index, id] of question.about(side.landmarks).entries()) {
    // The two forms run one after the other, and alternate in being second.
    for (const way of index % 2 === 0 ? ways : ways.toReversed()) {
      const begun = performance.now();
      await ask(side, question[way], id, question);
      whole[way].push(performance.now() - begun);
      database[way].push(await askDatabase(side, question[way], id));
    }
  }
  const of = (way: Way): Taken => ({ whole: median(whole[way]), database: median(database[way]) });
  return { closure: of('closure'), recursive: of('recursive') };
}

/** Both forms must return the same result, or the comparison is meaningless. */
async function checkAnswers(side: Side): Promise<void> {
  for (const question of questions) {
    for (const id of question.about(side.landmarks)) {
      const [a, b] = [
        await ask(side, question.closure, id, question),
        await ask(side, question.recursive, id, question),
      ];
      if (a !== b || a === 0) throw new Error(`${question.name} of ${id}: ${a} against ${b}`);
    }
  }
}

const keyOf = ({ name }: Question, { size }: Side, way: string): string => `${name} ${size} ${way}`;

async function measure(sides: readonly Side[]): Promise<Map<string, Taken[]>> {
  const taken = new Map<string, Taken[]>();
  for (let round = 0; round <= rounds; round++) {
    // The order rotates, so that no entry is always first.
    const order = [...sides.slice(round % sides.length), ...sides.slice(0, round % sides.length)];
    for (const question of questions) {
      for (const side of order) {
        const times = await time(side, question);
        for (const way of ways) {
          const key = keyOf(question, side, way);
          // The first round only warms up.
          if (round > 0) taken.set(key, [...(taken.get(key) ?? []), times[way]]);
        }
      }
    }
  }
  return taken;
}

function print(sides: readonly Side[], taken: ReadonlyMap<string, readonly Taken[]>): void {
  const of = (question: Question, side: Side | undefined, way: string, part: keyof Taken): number =>
    side ? median((taken.get(keyOf(question, side, way)) ?? []).map((times) => times[part])) : 0;
  printTable(
    [
      'question',
      'executions',
      'ms',
      'to smallest',
      'recursive',
      'times faster',
      'database',
      'recursive',
      'times faster',
    ],
    questions.flatMap((question) =>
      sides.map((side, index) => {
        const [whole, walk] = ways.map((way) => of(question, side, way, 'whole'));
        const [inside, walkInside] = ways.map((way) => of(question, side, way, 'database'));
        return [
          index === 0 ? question.name : '',
          side.size.toLocaleString('en'),
          (whole ?? 0).toFixed(2),
          ratio(whole ?? 0, of(question, sides[0], 'closure', 'whole')),
          (walk ?? 0).toFixed(2),
          ratio(walk ?? 0, whole ?? 0),
          (inside ?? 0).toFixed(2),
          (walkInside ?? 0).toFixed(2),
          ratio(walkInside ?? 0, inside ?? 0),
        ];
      }),
    ),
  );
}

/** Creates a migrated database with the given number of executions. */
async function openSide(server: Embedded.EmbeddedServer, admin: pg.Client, size: number): Promise<Side> {
  const begun = performance.now();
  await admin.query(`CREATE DATABASE questions_${size}`);
  const url = new URL(server.url);
  url.pathname = `questions_${size}`;
  const source = await new DataSource(dataSourceOptions(url.href, 2)).initialize();
  await migrate(source);
  await source.destroy();
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  const landmarks = await plantForest(client, size);
  console.log(`planted ${size.toLocaleString('en')} executions in ${Math.round((performance.now() - begun) / 1000)} s`);
  return { size, client, landmarks };
}

const dataDir = mkdtempSync(join(tmpdir(), 'watcher-bench-'));
// No measurement writes; creating the data need not wait for the disk.
const server = await EmbeddedServer.start({ dataDir, settings: { fsync: 'off' } });
const admin = new pg.Client({ connectionString: server.url });
const sides: Side[] = [];
try {
  await admin.connect();
  for (const size of sizes) sides.push(await openSide(server, admin, size));
  if (options.only !== 'console') {
    for (const side of sides) await checkAnswers(side);
    print(sides, await measure(sides));
  }
  if (options.only !== 'trees') await measureConsole(sides, rounds);
} finally {
  for (const { client } of sides) await client.end();
  await admin.end();
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
