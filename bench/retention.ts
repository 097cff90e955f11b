/**
 * Measures the deletion by age: how many executions a second its transactions delete, how long the longest of them takes,
 * the same for bare DELETEs of such rows in the same minutes, which no deletion by rows can exceed, and the rate of starts beside it, as a ratio to the rate without it, in turns. Trees of five executions, with an
 * external id for each root.
 *
 *   npm run bench:retention [-- --executions 300000 --rounds 5 --seconds 4 --clients 32]
 */
import { parseArgs } from 'node:util';
import type * as CreateApp from '../src/app/create-app.ts';
import type * as Config from '../src/platform/config/config.ts';
import type * as Runner from '../src/platform/database/transaction-runner.ts';
import type * as Retention from '../src/features/retention/retention-run.service.ts';
import { pino } from 'pino';
import { drive, post } from './support/load.ts';
import { seedPipeline } from './support/seed.ts';
import { describeMachine, openStage, type Stage } from './support/stage.ts';
import { median, printTable, ratio, spread } from './support/table.ts';

const { values: options } = parseArgs({
  options: {
    executions: { type: 'string', default: '300000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    clients: { type: 'string', default: '32' },
  },
});
const [executions, rounds] = [Number(options.executions), Number(options.rounds)];
const [seconds, clients] = [Number(options.seconds), Number(options.clients)];

const SEED = `
  WITH node AS (
    INSERT INTO pipeline_execution (id, parent_id, root_id, pipeline_id, external_id, start_date, end_date,
                                    completed_successfully, status, duration_seconds, total_rows, inserts, config_version)
    SELECT $2::bigint + n, CASE WHEN n % 5 > 0 THEN $2 + n - n % 5 END, $2 + n - n % 5, $1::bigint,
           CASE WHEN n % 5 = 0 THEN 'run ' || $2 + n END,
           now() - interval '400 days' + n * interval '30 s', now() - interval '400 days' + (n + 1) * interval '30 s',
           n % 20 <> 7, CASE WHEN n % 20 = 7 THEN 'failed' ELSE 'succeeded' END, 30, n % 1000, n % 1000, 1
      FROM generate_series(0, $3::bigint - 1) AS n
    RETURNING id, root_id, pipeline_id, external_id
  ), named AS (
    INSERT INTO pipeline_execution_external_id (pipeline_id, external_id, execution_id)
    SELECT pipeline_id, external_id, id FROM node WHERE external_id IS NOT NULL
  )
  INSERT INTO pipeline_execution_closure (child_execution_id, parent_execution_id, depth)
  SELECT id, id, 0 FROM node UNION ALL SELECT id, root_id, 1 FROM node WHERE id <> root_id`;

/** The executions of the oldest trees. */
const BARE_IDS = `
  SELECT ARRAY(SELECT c.child_execution_id
                 FROM pipeline_execution_closure c
                WHERE c.parent_execution_id IN (SELECT e.id FROM pipeline_execution e WHERE e.parent_id IS NULL
                                                 ORDER BY e.start_date, e.id LIMIT $1::int)) AS ids`;
const BARE = [
  `DELETE FROM pipeline_execution_external_id x
    USING (SELECT e.id, e.pipeline_id, e.external_id
             FROM pipeline_execution e
            WHERE e.id = ANY ($1::bigint[]) AND e.external_id IS NOT NULL) gone
    WHERE x.pipeline_id = gone.pipeline_id AND x.external_id = gone.external_id AND x.execution_id = gone.id`,
  'DELETE FROM pipeline_execution_closure c WHERE c.child_execution_id = ANY ($1::bigint[])',
  'DELETE FROM pipeline_execution e WHERE e.id = ANY ($1::bigint[])',
];

let nextId = 1_000_000_000;
/** Adds old trees to the history. */
async function seed({ pool }: Stage, pipelineId: number): Promise<void> {
  await pool.query(SEED, [pipelineId, nextId, executions]);
  nextId += executions;
  await pool.query('VACUUM ANALYZE pipeline_execution, pipeline_execution_closure, pipeline_execution_external_id');
}

/** The deletion alone, in this process, with the duration of each of its transactions. */
async function alone(stage: Stage): Promise<{ rate: number; longest: number; transactions: number }> {
  const dist = new URL('../dist/src/', import.meta.url).href;
  const { createApp } = (await import(`${dist}app/create-app.js`)) as typeof CreateApp;
  const { readConfig } = (await import(`${dist}platform/config/config.js`)) as typeof Config;
  const { TransactionRunner } = (await import(`${dist}platform/database/transaction-runner.js`)) as typeof Runner;
  const { RetentionRunService } = (await import(
    `${dist}features/retention/retention-run.service.js`
  )) as typeof Retention;
  const config = { ...readConfig({}), checkCron: null, retentionCron: null, retentionDays: 90, retentionKeepLast: 20 };
  const app = await createApp({ ...config, databaseUrl: stage.databaseUrl }, pino({ level: 'silent' }));
  await app.init();
  const runner = app.get(TransactionRunner);
  const run = runner.run.bind(runner);
  const durations: number[] = [];
  runner.run = async (work, row) => {
    const begun = performance.now();
    const result = await run(work, row);
    durations.push(performance.now() - begun);
    return result;
  };
  const { rows: before } = await stage.pool.query<{ n: number }>('SELECT count(*)::int AS n FROM pipeline_execution');
  await app.get(RetentionRunService).run(new AbortController().signal);
  const { rows: after } = await stage.pool.query<{ n: number }>('SELECT count(*)::int AS n FROM pipeline_execution');
  await app.close();
  const took = durations.reduce((sum, ms) => sum + ms, 0) / 1000;
  const deleted = (before[0]?.n ?? 0) - (after[0]?.n ?? 0);
  return { rate: deleted / took, longest: Math.max(...durations), transactions: durations.length };
}

/** How many trees one transaction of {@link bare} deletes: about as many as those of the service have. */
const BARE_TREES = 1000;

/**
 * Deletes the rows of the same trees with nothing else: no search for old trees, no sums, no other tables. Executions a
 * second, without the time to read the ids.
 */
async function bare({ pool }: Stage): Promise<number> {
  const client = await pool.connect();
  let [deleted, took] = [0, 0];
  try {
    for (;;) {
      const { rows } = await client.query<{ ids: string[] }>(BARE_IDS, [BARE_TREES]);
      const ids = rows[0]?.ids ?? [];
      if (ids.length === 0) return deleted / took;
      const begun = performance.now();
      await client.query('BEGIN');
      for (const statement of BARE) await client.query(statement, [ids]);
      await client.query('COMMIT');
      took += (performance.now() - begun) / 1000;
      deleted += ids.length;
    }
  } finally {
    client.release();
  }
}

/** Starts below a young root, and young roots, while a run deletes or not; starts a second. */
async function starts(stage: Stage, pipelineId: number, parentId: number | undefined): Promise<number> {
  const body = (): unknown => ({ pipeline_id: pipelineId, ...(parentId !== undefined && { parent_id: parentId }) });
  const { rate, errors } = await drive(stage.url, clients, seconds, post('/start_pipeline_execution', body));
  if (errors > 0) throw new Error(`${errors} starts failed`);
  return rate;
}

interface State {
  readonly run_started_at: string | null;
  readonly run_ended_at: string | null;
  readonly run_executions: number;
}
const state = async ({ url }: Stage): Promise<State> => (await (await fetch(`${url}/retention`)).json()) as State;

/** Asks for a run and waits until it deletes. */
async function begin(stage: Stage): Promise<void> {
  const before = await state(stage);
  await fetch(`${stage.url}/retention`, { method: 'POST' });
  for (;;) {
    const now = await state(stage);
    if (now.run_started_at !== before.run_started_at && now.run_executions > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function finish(stage: Stage): Promise<void> {
  while ((await state(stage)).run_ended_at === null) await new Promise((resolve) => setTimeout(resolve, 100));
}

const stage = await openStage({
  WATCHER_RETENTION_DAYS: '90',
  WATCHER_RETENTION_CRON: 'off',
  WATCHER_CHECK_CRON: 'off',
});
try {
  console.log((await describeMachine(stage)).join('\n'));
  const pipelineId = await seedPipeline(stage.pool, 'old');
  const rates: number[] = [];
  const bareRates: number[] = [];
  const longest: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await seed(stage, pipelineId);
    const measured = await alone(stage);
    rates.push(measured.rate);
    longest.push(measured.longest);
    await seed(stage, pipelineId);
    bareRates.push(await bare(stage));
  }
  printTable(
    ['deletion', 'executions/s', 'spread', 'longest transaction'],
    [
      ['alone', median(rates).toFixed(0), spread(rates), `${Math.max(...longest).toFixed(0)} ms`],
      ['bare DELETE', median(bareRates).toFixed(0), spread(bareRates), ''],
      [
        'ratio',
        ratio(median(rates), median(bareRates)),
        spread(rates.map((rate, index) => rate / (bareRates[index] ?? NaN))),
        '',
      ],
    ],
  );

  const young = await seedPipeline(stage.pool, 'young');
  const answer = await fetch(`${stage.url}/start_pipeline_execution`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pipeline_id: young }),
  });
  const { id } = (await answer.json()) as { id: number };
  const kinds = { 'starts of roots': undefined, 'starts below a root': id };
  const without: Record<string, number[]> = {};
  const beside: Record<string, number[]> = {};
  for (let round = 0; round < rounds; round++) {
    for (const [kind, parentId] of Object.entries(kinds)) {
      await seed(stage, pipelineId);
      const measure = (into: Record<string, number[]>): Promise<void> =>
        starts(stage, young, parentId).then((rate) => void (into[kind] ??= []).push(rate));
      if (round % 2 === 0) await measure(without);
      await begin(stage);
      await measure(beside);
      if ((await state(stage)).run_ended_at !== null) throw new Error('too few executions: the run ended too early');
      await finish(stage);
      if (round % 2 === 1) await measure(without);
    }
  }
  printTable(
    ['starts/s', 'alone', 'beside a run', 'ratio', 'spread'],
    Object.keys(kinds).map((kind) => {
      const [first, second] = [median(without[kind] ?? []), median(beside[kind] ?? [])];
      const ratios = (beside[kind] ?? []).map((rate, index) => rate / (without[kind]?.[index] ?? NaN));
      return [kind, first.toFixed(0), second.toFixed(0), ratio(second, first), spread(ratios)];
    }),
  );
} finally {
  await stage.close();
}
