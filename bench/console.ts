/**
 * The questions of the console on the tables of `bench/questions.ts`: what a page asks for, as the service asks the
 * database. They have no recursive counterpart; what matters is that they do not grow with the table.
 */
import type pg from 'pg';
import type * as Hints from '../src/features/changes/change-hint.sql.ts';
import type * as Series from '../src/features/execution/pipeline-series/pipeline-series.sql.ts';
import type * as Timeline from '../src/features/hierarchy/timeline/timeline.sql.ts';
import type * as Execution from '../src/features/execution/execution.sql.ts';
import type * as Overview from '../src/features/overview/overview.sql.ts';
import type * as Search from '../src/features/pipeline/pipeline-search.sql.ts';
import type * as Status from '../src/features/pipeline/pipeline-status.sql.ts';
import type { Landmarks } from './support/forest.ts';
import { median, printTable, ratio } from './support/table.ts';

const features = new URL('../dist/src/features/', import.meta.url).pathname;
const { FIND_HINTS } = (await import(`${features}changes/change-hint.sql.js`)) as typeof Hints;
const { FIND_SERIES, FIND_LAST_SUCCESSES } = (await import(
  `${features}execution/pipeline-series/pipeline-series.sql.js`
)) as typeof Series;
const { FIND_EXECUTIONS } = (await import(`${features}execution/execution.sql.js`)) as typeof Execution;
const { FIND_AMONG, FIND_BARS, FIND_BELOW, FIND_USUAL } = (await import(
  `${features}hierarchy/timeline/timeline.sql.js`
)) as typeof Timeline;
const { COUNT_RUNNING, FIND_RUNNING_ROOTS, COUNT_BY_TIME, COUNT_INCIDENTS } = (await import(
  `${features}overview/overview.sql.js`
)) as typeof Overview;
const { DESCRIBE_FOUND, FIND_BEGINNING, FIND_CONTAINING } = (await import(
  `${features}pipeline/pipeline-search.sql.js`
)) as typeof Search;
const { FIND_STATUS } = (await import(`${features}pipeline/pipeline-status.sql.js`)) as typeof Status;

interface Side {
  readonly size: number;
  readonly client: pg.Client;
  readonly landmarks: Landmarks;
}

/** What a page asks for: one statement after the other. */
type Question = (client: pg.Client, landmarks: Landmarks) => Promise<unknown>;

/** Kept hints, of which a page has not seen the last hundred. */
const KEPT_HINTS = 200_000;
const NEW_HINTS = 100;
const FAR = new Date('9999-12-31T23:59:59Z');

/** The most executions that the service counts by time. */
const MOST_COUNTED = 100_000;
const BUCKETS = 48;

interface Window {
  readonly first: Date;
  readonly last: Date;
}

/** The time in which the newest executions started, as many as given or all of them. */
async function windowOf(client: pg.Client, executions: number): Promise<Window> {
  const { rows } = await client.query<Window>(
    `SELECT min(newest.start_date) AS first, max(newest.start_date) + interval '1 ms' AS last
       FROM (SELECT e.start_date FROM pipeline_execution e ORDER BY e.start_date DESC, e.id DESC LIMIT $1) newest`,
    [executions],
  );
  if (!rows[0]) throw new Error('an aggregate has a row');
  return rows[0];
}

/** The overview of a window that was looked up before the measurement. */
function overview(executions: number): Question {
  const windows = new WeakMap<pg.Client, Promise<Window>>();
  return async (client) => {
    const found = windows.get(client) ?? windowOf(client, executions);
    windows.set(client, found);
    const { first, last } = await found;
    const seconds = Math.ceil((last.getTime() - first.getTime()) / 1000 / BUCKETS);
    await client.query(COUNT_RUNNING, [last, 10_000]);
    await client.query(FIND_RUNNING_ROOTS, [50]);
    await client.query(COUNT_INCIDENTS);
    await client.query(COUNT_BY_TIME, [first, last, seconds, MOST_COUNTED]);
  };
}

async function draw(client: pg.Client, ids: readonly number[]): Promise<void> {
  const { rows } = await client.query<{ pipelineId: number }>(FIND_BARS, [ids]);
  await client.query(FIND_USUAL, [[...new Set(rows.map(({ pipelineId }) => pipelineId))]]);
}

async function timeline(client: pg.Client, root: number): Promise<void> {
  const { rows } = await client.query<{ id: number }>(FIND_BELOW, [root, 1000, 50_001]);
  await draw(
    client,
    rows.map(({ id }) => id),
  );
}

/** What a page asks when hints name 100 executions of a tree. */
async function timelineAfter(client: pg.Client, root: number): Promise<void> {
  const changed = Array.from({ length: 100 }, (_, n) => root + n * 40);
  const { rows } = await client.query<{ id: number }>(FIND_AMONG, [root, 1000, changed]);
  await draw(
    client,
    rows.map(({ id }) => id),
  );
}

/** The pipelines with a part in their names, and the execution with an id. */
async function search(client: pg.Client, part: string, id: number): Promise<void> {
  const begins = await client.query<{ id: number }>(FIND_BEGINNING, [`${part}%`, 10]);
  const contains = await client.query<{ id: number }>(FIND_CONTAINING, [`%${part}%`, 10]);
  await client.query(DESCRIBE_FOUND, [[...begins.rows, ...contains.rows].map((found) => found.id)]);
  await client.query(FIND_EXECUTIONS, [[id]]);
  await client.query('SELECT x.execution_id FROM pipeline_execution_external_id x WHERE x.external_id = $1', [part]);
}

async function hints(client: pg.Client, since: number): Promise<void> {
  await client.query(FIND_HINTS, [`${since}:${since}:`, new Date(), 201]);
}

const QUESTIONS: Readonly<Record<string, Question>> = {
  'overview, 5,000 in the window': overview(5000),
  'overview, 100,000 in the window': overview(MOST_COUNTED),
  'timeline, 50 nodes': (client, { trees }) => timeline(client, trees[0] ?? 0),
  'timeline, 5,000 nodes': (client, { largeTree }) => timeline(client, largeTree),
  'timeline, 100 changed of 5,000': (client, { largeTree }) => timelineAfter(client, largeTree),
  'changes, none': (client) => hints(client, KEPT_HINTS + 1),
  'changes, 100 of 200,000 kept': (client) => hints(client, KEPT_HINTS - NEW_HINTS + 1),
  'series, 500 runs': (client) => client.query(FIND_SERIES, [1, FAR, Number.MAX_SAFE_INTEGER, 500]),
  statistics: (client) => client.query(FIND_LAST_SUCCESSES, [1, 100]),
  'status of 100 pipelines': (client) => client.query(FIND_STATUS, [Array.from({ length: 100 }, (_, n) => n + 1), 30]),
  search: (client, { largeTree }) => search(client, 'line 15', largeTree),
};

/** Prints how many executions the window of a day before the newest start holds, and those of the overview. */
async function describeWindows({ size, client }: Side): Promise<void> {
  const count = async ({ first, last }: Window): Promise<string> => {
    const { rows } = await client.query<{ what: string; counted: string }>(
      `SELECT c.what, coalesce((SELECT sum(n) FROM unnest(c.executions) n), 0) AS counted
         FROM watcher_counts_by_time($1, $2, make_interval(secs => $3), $4) c`,
      [first, last, Math.ceil((last.getTime() - first.getTime()) / 1000 / BUCKETS), MOST_COUNTED],
    );
    return rows.map(({ what, counted }) => `${counted} ${what}`).join(', ');
  };
  const newest = await windowOf(client, 1);
  const day = { first: new Date(newest.last.getTime() - 86_400_000), last: newest.last };
  console.log(`${size.toLocaleString('en')} executions, last day: ${await count(day)}`);
  for (const executions of [5000, MOST_COUNTED]) {
    console.log(`  window of ${executions.toLocaleString('en')}: ${await count(await windowOf(client, executions))}`);
  }
}

/** Prints the median time of each question at each size. */
export async function measureConsole(sides: readonly Side[], rounds: number): Promise<void> {
  for (const { client } of sides) {
    await client.query(
      `INSERT INTO change_hint (transaction, root_ids, execution_ids, pipeline_ids)
       SELECT n, ARRAY[n], ARRAY[n, n + 1], ARRAY[n % 100] FROM generate_series(1, ${KEPT_HINTS}) n`,
    );
    await client.query('VACUUM ANALYZE');
  }
  for (const side of sides) await describeWindows(side);
  const taken = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const [name, ask] of Object.entries(QUESTIONS)) {
      // The order rotates, so that no size is always first.
      for (const { size, client, landmarks } of [
        ...sides.slice(round % sides.length),
        ...sides.slice(0, round % sides.length),
      ]) {
        const begun = performance.now();
        await ask(client, landmarks);
        const key = `${name} ${size}`;
        // The first round only warms up.
        if (round > 0) taken.set(key, [...(taken.get(key) ?? []), performance.now() - begun]);
      }
    }
  }
  const of = (name: string, size: number): number => median(taken.get(`${name} ${size}`) ?? []);
  printTable(
    ['question of the console', 'executions', 'ms', 'to smallest'],
    Object.keys(QUESTIONS).flatMap((name) =>
      sides.map(({ size }, index) => [
        index === 0 ? name : '',
        size.toLocaleString('en'),
        of(name, size).toFixed(2),
        ratio(of(name, size), of(name, sides[0]?.size ?? 0)),
      ]),
    ),
  );
}
