/**
 * Measures how many runs are judged a second, with 200 runs of history each; what a backlog that is judged meanwhile
 * costs the ends; and what the queue costs them: rounds of ends alternate between the service with and without anomalies.
 * In the last part nothing is judged meanwhile.
 *
 *   npm run bench:judging [-- --runs 10000 --rounds 6 --ends 4000 --clients 64]
 */
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { describeMachine, openStage, usage } from './support/stage.ts';
import { median, printTable, ratio, spread } from './support/table.ts';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '6' },
    ends: { type: 'string', default: '4000' },
    clients: { type: 'string', default: '64' },
  },
});
const [runs, rounds, ends, clients] = [
  Number(options.runs),
  Number(options.rounds),
  Number(options.ends),
  Number(options.clients),
];
const PIPELINES = 500;
const HISTORY = 200;

/** Pipelines with daily runs of about ten minutes and a thousand rows. */
async function seed(pool: pg.Pool): Promise<void> {
  await pool.query(`INSERT INTO pipeline_type (name) VALUES ('bench')`);
  await pool.query(
    `INSERT INTO pipeline (name, pipeline_type_id, config_hash)
     SELECT 'pipeline ' || n, t.id, repeat('0', 64) FROM generate_series(1, $1::int) n, pipeline_type t`,
    [PIPELINES],
  );
  await pool.query(
    `INSERT INTO pipeline_execution (id, root_id, pipeline_id, start_date, end_date, status, completed_successfully,
                                     total_rows, config_version)
     SELECT nextval('pipeline_execution_id_seq'), 0, p.id, run.start_date, run.start_date + run.seconds * interval '1 second',
            'succeeded', true, 1000 + (p.id * 7919 + n * 104729) % 100, 1
       FROM pipeline p
      CROSS JOIN generate_series(1, $1::int) n
      CROSS JOIN LATERAL (SELECT now() - n * interval '1 day' AS start_date, 600 + (p.id + n * 31) % 60 AS seconds) run`,
    [HISTORY + Math.ceil(runs / PIPELINES)],
  );
  await pool.query('UPDATE pipeline_execution SET root_id = id');
  await pool.query('VACUUM ANALYZE pipeline_type, pipeline, pipeline_execution');
}

/** The processor time of PostgreSQL's connections. */
async function backendSeconds(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'`,
  );
  return rows.reduce((sum, { pid }) => sum + usage(pid).cpuSeconds, 0);
}

/** Queues the newest runs that were seeded. */
async function queue(pool: pg.Pool, limit: number): Promise<void> {
  await pool.query(
    `INSERT INTO execution_to_judge (execution_id, pipeline_id)
     SELECT e.id, e.pipeline_id FROM pipeline_execution e JOIN pipeline p ON p.id = e.pipeline_id
      WHERE p.name LIKE 'pipeline %' ORDER BY e.start_date DESC LIMIT $1::int`,
    [limit],
  );
}

const stage = await openStage();
try {
  for (const line of await describeMachine(stage)) console.log(line);
  await seed(stage.pool);
  const before = usage(stage.service.pid).cpuSeconds;
  const backendsBefore = await backendSeconds(stage.pool);
  const begun = performance.now();
  await queue(stage.pool, runs);
  const waits = async (): Promise<boolean> =>
    (await stage.pool.query<{ found: boolean }>('SELECT EXISTS (SELECT FROM execution_to_judge) AS found')).rows[0]
      ?.found ?? false;
  while (await waits()) await sleep(100);
  const seconds = (performance.now() - begun) / 1000;
  const cpu = usage(stage.service.pid).cpuSeconds - before;
  const backends = (await backendSeconds(stage.pool)) - backendsBefore;
  console.log(
    `\n${runs} runs judged in ${seconds.toFixed(1)} s, the first look after up to 2 s included: ` +
      `${Math.round(runs / seconds)} a second; the service took ${cpu.toFixed(1)} s of a core: ` +
      `${Math.round(runs / cpu)} a second of a core; PostgreSQL took ${backends.toFixed(1)} s`,
  );
  if (rounds > 0) await measureBacklog(stage);
} finally {
  await stage.close();
}

/** Rounds of ends while a backlog is judged, and while there is none. */
async function measureBacklog({ pool, url }: Awaited<ReturnType<typeof openStage>>): Promise<void> {
  const rates = { none: [] as number[], backlog: [] as number[] };
  const empty = async (): Promise<void> => {
    while ((await pool.query('SELECT FROM execution_to_judge LIMIT 1')).rowCount) await sleep(100);
  };
  await endAll(url);
  let judged = 0;
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? (['none', 'backlog'] as const) : (['backlog', 'none'] as const)) {
      await pool.query('TRUNCATE execution_to_judge');
      await empty();
      if (name === 'backlog') await queue(pool, runs);
      rates[name].push(await endAll(url));
      const { rows } = await pool.query<{ n: string }>(
        `SELECT count(*) AS n FROM execution_to_judge q JOIN pipeline p ON p.id = q.pipeline_id WHERE p.name LIKE 'pipeline %'`,
      );
      if (name === 'backlog') judged += runs - Number(rows[0]?.n);
    }
  }
  console.log(`\nEnds a second, ${clients} clients, beside ${runs} runs that wait to be judged (${judged} were):`);
  printTable(
    ['backlog', 'ends a second', 'spread', 'to none'],
    (['none', 'backlog'] as const).map((name) => [
      name,
      String(Math.round(median(rates[name]))),
      spread(rates[name]),
      ratio(median(rates[name]), median(rates.none)),
    ]),
  );
}

/** Ends so many executions with so many clients; returns the ends a second. */
async function endAll(url: string): Promise<number> {
  const post = async (path: string, body: object): Promise<{ id: number }> => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await response.json()) as { id: number };
  };
  const pipelines: number[] = [];
  for (let n = 0; n < clients; n++) {
    pipelines.push((await post('/pipeline', { name: `p ${n}`, pipeline_type_name: 'bench' })).id);
  }
  const each = Math.ceil(ends / clients);
  const parallel = <T>(work: (pipeline: number, client: number) => Promise<T>): Promise<T[]> =>
    Promise.all(pipelines.map(work));
  const started = await parallel(async (pipeline) => {
    const ids: number[] = [];
    for (let n = 0; n < each; n++) ids.push((await post('/start_pipeline_execution', { pipeline_id: pipeline })).id);
    return ids;
  });
  const begun = performance.now();
  await parallel(async (_, client) => {
    for (const id of started[client] ?? []) {
      await post('/end_pipeline_execution', { id, completed_successfully: true, total_rows: 1000 });
    }
  });
  return (each * clients) / ((performance.now() - begun) / 1000);
}

if (rounds === 0) process.exit();

const settings = { on: [] as number[], off: [] as number[] };
const both = { on: await openStage(), off: await openStage({ WATCHER_ANOMALIES: 'off' }) };
const holder = await both.on.pool.connect();
await holder.query(`SELECT pg_advisory_lock(hashtextextended('watcher.judge', 0))`);
try {
  for (const name of ['on', 'off'] as const) await endAll(both[name].url);
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? (['on', 'off'] as const) : (['off', 'on'] as const)) {
      settings[name].push(await endAll(both[name].url));
    }
  }
} finally {
  holder.release(true);
  await both.on.close();
  await both.off.close();
}
console.log(`\nEnds a second, ${clients} clients:`);
printTable(
  ['WATCHER_ANOMALIES', 'ends a second', 'spread', 'to off'],
  (['off', 'on'] as const).map((name) => [
    name,
    String(Math.round(median(settings[name]))),
    spread(settings[name]),
    ratio(median(settings[name]), median(settings.off)),
  ]),
);
