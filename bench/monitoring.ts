/**
 * Measures the checks among many pipelines and open executions of which few are in violation: over HTTP as a person
 * runs them (which also counts the items checked), statement by statement as the schedule runs them, with the plans.
 *
 *   npm run bench:checks [-- --pipelines 100000 --executions 100000 --wrong 100 --rounds 5]
 */
import { parseArgs } from 'node:util';
import type pg from 'pg';
import type * as Sql from '../src/features/monitoring/checks/check.sql.ts';
import { describeMachine, openStage, type Stage } from './support/stage.ts';
import { median, printTable } from './support/table.ts';

const { values: options } = parseArgs({
  options: {
    pipelines: { type: 'string', default: '100000' },
    executions: { type: 'string', default: '100000' },
    wrong: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '5' },
  },
});
const [pipelines, executions, wrong, rounds] = [
  Number(options.pipelines),
  Number(options.executions),
  Number(options.wrong),
  Number(options.rounds),
];

const sql = (await import(
  new URL('../dist/src/features/monitoring/checks/check.sql.js', import.meta.url).href
)) as typeof Sql;

/**
 * Ten types. Half of the pipelines have thresholds of their own, half those of their type; the first pipelines are
 * stale or late.
 */
async function seed(pool: pg.Pool): Promise<void> {
  await pool.query(`
    INSERT INTO pipeline_type (name, freshness_number, freshness_datepart, timeliness_number, timeliness_datepart)
    SELECT 'type ' || n, n, 'day', n, 'hour' FROM generate_series(1, 10) n`);
  await pool.query(
    `INSERT INTO pipeline (name, pipeline_type_id, last_target_insert, freshness_number, freshness_datepart,
                           timeliness_number, timeliness_datepart, config_hash)
     SELECT 'pipeline ' || n, t.id, now() - CASE WHEN n <= $2::int THEN interval '1 year' ELSE interval '1 hour' END,
            own.number, CASE WHEN own.number IS NOT NULL THEN 'month' END,
            own.number, CASE WHEN own.number IS NOT NULL THEN 'day' END, repeat('0', 64)
       FROM generate_series(1, $1::int) n
       JOIN pipeline_type t ON t.name = 'type ' || (n % 10 + 1)
      CROSS JOIN LATERAL (SELECT CASE WHEN n % 20 < 10 THEN 1 END AS number) own`,
    [pipelines, wrong],
  );
  await pool.query(
    `INSERT INTO pipeline_execution (id, root_id, pipeline_id, start_date, deadline, config_version)
     SELECT n, n, p.id, now() - interval '1 minute',
            CASE WHEN n <= $2::int THEN now() - interval '1 second' ELSE now() + interval '1 day' END, 1
       FROM generate_series(1, $1::int) n
       JOIN pipeline p ON p.name = 'pipeline ' || ((n - 1) % $3::int + 1)`,
    [executions, wrong, pipelines],
  );
  await pool.query('VACUUM ANALYZE pipeline_type, pipeline, pipeline_execution, incident');
}

/** Milliseconds of each statement, run in a transaction that is rolled back. */
async function statements(pool: pg.Pool): Promise<Record<string, number>> {
  const client = await pool.connect();
  const now = new Date();
  const steps = {
    'freshness: open': sql.OPEN_STALE,
    'freshness: resolve': sql.RESOLVE_STALE,
    'timeliness: open for late ends': sql.OPEN_LATE_ENDS,
    'timeliness: open for late runs': sql.OPEN_LATE,
    'timeliness: resolve': sql.RESOLVE_LATE,
    'failures: resolve': sql.RESOLVE_FAILED,
  };
  const took: Record<string, number> = {};
  await client.query('BEGIN');
  for (const [name, statement] of Object.entries(steps)) {
    const begun = performance.now();
    await client.query(statement, [now]);
    took[name] = performance.now() - begun;
  }
  await client.query('ROLLBACK');
  client.release();
  return took;
}

async function plan(pool: pg.Pool, statement: string): Promise<string> {
  const client = await pool.connect();
  await client.query('BEGIN');
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF) ${statement}`,
    [new Date()],
  );
  await client.query('ROLLBACK');
  client.release();
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

async function ask(stage: Stage, check: string): Promise<string[]> {
  const begun = performance.now();
  const response = await fetch(`${stage.url}/${check}`, { method: 'POST' });
  const text = await response.text();
  return [`POST /${check}`, (performance.now() - begun).toFixed(1), text];
}

const stage = await openStage({ WATCHER_CHECK_CRON: 'off' });
try {
  await seed(stage.pool);
  console.log((await describeMachine(stage)).join('\n'));
  console.log(`${pipelines} pipelines, ${executions} open executions, ${wrong} of each wrong\n`);
  const measured: Record<string, number>[] = [];
  for (let round = 0; round < rounds; round++) measured.push(await statements(stage.pool));
  printTable(
    ['statement', 'ms, median', 'ms, most'],
    Object.keys(measured[0] ?? {}).map((name) => {
      const all = measured.map((of) => of[name] ?? NaN);
      return [name, median(all).toFixed(1), Math.max(...all).toFixed(1)];
    }),
  );
  console.log(`\nfreshness\n${await plan(stage.pool, sql.OPEN_STALE)}`);
  console.log(`\ntimeliness\n${await plan(stage.pool, sql.OPEN_LATE)}\n`);
  const asked: string[][] = [];
  for (const check of ['freshness', 'timeliness', 'freshness', 'timeliness']) asked.push(await ask(stage, check));
  await stage.pool.query('UPDATE pipeline SET active = false');
  for (const check of ['freshness', 'timeliness']) asked.push(await ask(stage, check));
  printTable(['request', 'ms', 'answer'], asked);
} finally {
  await stage.close();
}
