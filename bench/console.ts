/**
 * The questions of the console on the tables of `bench/questions.ts`: what a page asks for, as the service asks the
 * database. They have no recursive counterpart; what matters is that they do not grow with the table.
 */
import type pg from 'pg';
import type * as Hints from '../src/features/changes/change-hint.sql.ts';
import type * as Series from '../src/features/execution/pipeline-series/pipeline-series.sql.ts';
import type * as Timeline from '../src/features/hierarchy/timeline/timeline.sql.ts';
import type * as Overview from '../src/features/overview/overview.sql.ts';
import type * as Status from '../src/features/pipeline/pipeline-status.sql.ts';
import type { Landmarks } from './support/forest.ts';
import { median, printTable, ratio } from './support/table.ts';

const features = new URL('../dist/src/features/', import.meta.url).pathname;
const { FIND_HINTS } = (await import(`${features}changes/change-hint.sql.js`)) as typeof Hints;
const { FIND_SERIES, FIND_LAST_SUCCESSES } = (await import(
  `${features}execution/pipeline-series/pipeline-series.sql.js`
)) as typeof Series;
const { FIND_BELOW, FIND_BARS } = (await import(`${features}hierarchy/timeline/timeline.sql.js`)) as typeof Timeline;
const { COUNT_RUNNING, FIND_RUNNING_ROOTS, COUNT_BY_TIME, COUNT_INCIDENTS } = (await import(
  `${features}overview/overview.sql.js`
)) as typeof Overview;
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

async function timeline(client: pg.Client, root: number): Promise<void> {
  const { rows } = await client.query<{ id: number }>(FIND_BELOW, [root, 1000, 50_001]);
  await client.query(FIND_BARS, [rows.map(({ id }) => id)]);
}

async function hints(client: pg.Client, since: string): Promise<void> {
  await client.query(FIND_HINTS, [since, new Date(), 201]);
}

const QUESTIONS: Readonly<Record<string, Question>> = {
  'overview, 24 hours': async (client) => {
    const { rows } = await client.query<{ last: Date }>('SELECT max(start_date) AS last FROM pipeline_execution');
    const now = rows[0]?.last ?? new Date();
    await client.query(COUNT_RUNNING, [now, 10_000]);
    await client.query(FIND_RUNNING_ROOTS, [50]);
    await client.query(COUNT_INCIDENTS);
    await client.query(COUNT_BY_TIME, [new Date(now.getTime() - 86_400_000), now, 1800, 100_000]);
  },
  'timeline, 50 nodes': (client, { trees }) => timeline(client, trees[0] ?? 0),
  'timeline, 5,000 nodes': (client, { largeTree }) => timeline(client, largeTree),
  'changes, none': async (client) => {
    await hints(client, `${KEPT_HINTS + 1}:${KEPT_HINTS + 1}:`);
  },
  'changes, 100 of 200,000 kept': async (client) => {
    const since = KEPT_HINTS - NEW_HINTS + 1;
    await hints(client, `${since}:${since}:`);
  },
  'series, 500 runs': (client) => client.query(FIND_SERIES, [1, FAR, Number.MAX_SAFE_INTEGER, 500]),
  statistics: (client) => client.query(FIND_LAST_SUCCESSES, [1, 100]),
  'status of 100 pipelines': (client) => client.query(FIND_STATUS, [Array.from({ length: 100 }, (_, n) => n + 1), 30]),
};

/** Prints the median time of each question at each size. */
export async function measureConsole(sides: readonly Side[], rounds: number): Promise<void> {
  for (const { client } of sides) {
    await client.query(
      `INSERT INTO change_hint (transaction, root_ids, execution_ids, pipeline_ids)
       SELECT n, ARRAY[n], ARRAY[n, n + 1], ARRAY[n % 100] FROM generate_series(1, ${KEPT_HINTS}) n`,
    );
    await client.query('VACUUM ANALYZE');
  }
  const taken = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const [name, ask] of Object.entries(QUESTIONS)) {
      for (const { size, client, landmarks } of sides) {
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
