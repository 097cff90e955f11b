/**
 * Measures what users do on databases of growing size, through the service: a service on each database, in turns, so that
 * load from other programs affects all of them. Prints the milliseconds of the smallest database, and the ratio of the
 * others to it, of the medians of all requests; then the middle half of the ratios of the rounds.
 *
 *   npm run bench:scale [-- --executions 10000000 --rounds 9 --each 20 --only overview,retention]
 *
 * The sizes are 10,000, 1,000,000 and --executions, up to that; each database has about 5,000 more. An execution takes
 * about 1.3 kB of disk; the data is deleted at the end. Questions read the same number of rows at each size: what is recent
 * is the same, and lists are as long as the smallest database fills.
 */
import { parseArgs } from 'node:util';
import { type History, plantHistory } from './support/history.ts';
import { describeMachine, openStage, type Stage } from './support/stage.ts';
import { median, printTable, ratio } from './support/table.ts';

const { values: options } = parseArgs({
  options: {
    executions: { type: 'string', default: '10000000' },
    rounds: { type: 'string', default: '9' },
    each: { type: 'string', default: '20' },
    only: { type: 'string', default: '' },
  },
});
const [rounds, each] = [Number(options.rounds), Number(options.each)];
const largest = Number(options.executions);
const sizes = [...[10_000, 1_000_000].filter((size) => size < largest), largest];

/** Older than any history here. */
const RETENTION_DAYS = 20_000;
/** The trees of five executions that a run of the retention deletes. */
const OLD_TREES = 200;

/** A database of one size, and what is asked there. */
interface Side {
  readonly stage: Stage;
  readonly history: History;
  readonly pipelineId: number;
  readonly rootId: number;
  /** Open executions to be ended: roots, and children of the root. */
  readonly open: number[];
  readonly children: number[];
  /** The cursor of the changes. */
  readonly cursor: string;
}

type Request = readonly [method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown];
type Question = (side: Side, n: number) => Request;

const DAY_MS = 86_400_000;
const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
const endOf = (id: number | undefined): Request => [
  'POST',
  '/end_pipeline_execution',
  { id, completed_successfully: true, inserts: 10, total_rows: 10 },
];
/** A question about one of the trees of 50, all in turns. */
const ofTree =
  (path: string, offset = 0): Question =>
  ({ history }, n) => ['GET', `/pipeline_execution/${tree(history, n) + offset}${path}`];
const get =
  (path: string): Question =>
  () => ['GET', path];

/** One request of a kind; `n` counts them. */
const QUESTIONS: Readonly<Record<string, Question>> = {
  registration: () => ['POST', '/pipeline', { name: 'scale', pipeline_type_name: 'step' }],
  'start of a root': ({ pipelineId }) => ['POST', '/start_pipeline_execution', { pipeline_id: pipelineId }],
  'start of a child': ({ pipelineId, rootId }) => [
    'POST',
    '/start_pipeline_execution',
    { pipeline_id: pipelineId, parent_id: rootId },
  ],
  'end of a root': ({ open }) => endOf(open.pop()),
  'end of a child': ({ children }) => endOf(children.pop()),
  'an execution': ofTree(''),
  'children of an execution': ofTree('/children'),
  'upstream of an execution': ({ history }, n) => [
    'GET',
    `/pipeline_execution/${history.leaves[n % history.leaves.length]}/upstream`,
  ],
  'tree of 50': ofTree('/tree'),
  'root causes': ofTree('/root_cause'),
  'critical path': ofTree('/critical_path'),
  rollup: ofTree('/rollup'),
  blocking: ofTree('/blocking'),
  'timeline of 5,000': ({ history }) => ['GET', `/pipeline_execution/${history.largeTree}/timeline`],
  'list, newest 100': get('/pipeline_execution?limit=100'),
  'list of a pipeline, 50': get('/pipeline_execution?pipeline_id=7&limit=50'),
  'list of failed roots, 10': get('/pipeline_execution?status=failed&root=true&limit=10'),
  'list by external id': ({ history }, n) => ['GET', `/pipeline_execution?external_id=run%20${tree(history, n)}`],
  'incidents, 10': get('/incident?limit=10'),
  'incidents of a pipeline': get('/incident?pipeline_id=7&status=open'),
  'anomalies, 50': get('/anomaly?limit=50'),
  'days of a pipeline': () => ['GET', `/pipeline/7/days?from=${daysAgo(3)}`],
  'report of a day, all pipelines': () => ['GET', `/pipeline_day?from=${daysAgo(1)}&to=${daysAgo(1)}`],
  'pipelines with status, 50': get('/pipeline?include=status&limit=50'),
  'series, 100': get('/pipeline/7/series?limit=100'),
  statistics: get('/pipeline/7/statistics'),
  // The service shares the answer for a window for a second.
  'overview of 1 to 48 hours': (_, n) => ['GET', `/overview?window=${1 + (n % 48)}h`],
  search: get('/search?q=pipeline%2019'),
  changes: ({ cursor }) => ['GET', `/changes?after=${cursor}`],
  'lineage of an execution': ({ history }, n) => ['GET', `/pipeline_execution/${tenth(tree(history, n))}/lineage`],
  'impact of an execution': ({ history }, n) => ['GET', `/pipeline_execution/${tenth(tree(history, n))}/impact`],
  'downstream of a dataset': get('/dataset/50/downstream'),
  'writes of a dataset, 10': get('/dataset/50/writes?limit=10'),
  'check of freshness': () => ['POST', '/freshness', {}],
  'check of timeliness': () => ['POST', '/timeliness', {}],
};

/** What is measured: `take` returns the milliseconds of the `n`th time, of `times` in a round. */
interface Measurement {
  readonly times: number;
  readonly take: (side: Side, n: number) => Promise<number>;
}

const MEASUREMENTS: Readonly<Record<string, Measurement>> = {
  ...Object.fromEntries(
    Object.entries(QUESTIONS).map(([name, question]) => [
      name,
      { times: each, take: (side: Side, n: number) => timed(side, question(side, n)) },
    ]),
  ),
  'deletion of a tree of 5': {
    times: each,
    take: async (side) => timed(side, ['DELETE', `/pipeline_execution/${(await plantOld(side, 1))[0]}`]),
  },
  'retention of 1,000 executions': { times: 1, take: retain },
};

function tree({ trees }: History, n: number): number {
  return trees[n % trees.length] ?? 0;
}

/** The first execution from this one on that has datasets. */
function tenth(id: number): number {
  return Math.ceil(id / 10) * 10;
}

async function ask({ url }: Stage, [method, path, body]: Request): Promise<unknown> {
  const response = await fetch(new URL(path, url), {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

async function open(size: number): Promise<Side> {
  const stage = await openStage({
    WATCHER_CHECK_CRON: 'off',
    WATCHER_RETENTION_CRON: 'off',
    WATCHER_RETENTION_DAYS: String(RETENTION_DAYS),
    WATCHER_RETENTION_KEEP_LAST: '0',
  });
  stages.push(stage);
  const client = await stage.pool.connect();
  const begun = performance.now();
  const history = await plantHistory(client, size).finally(() => client.release());
  const seconds = (performance.now() - begun) / 1000;
  const { rows } = await stage.pool.query<{ size: string }>(
    'SELECT pg_size_pretty(pg_database_size(current_database())) AS size',
  );
  const rate = Math.round(history.executions / seconds);
  console.log(`${history.executions} executions, ${rows[0]?.size}, in ${seconds.toFixed(0)} s, ${rate} a second`);
  const post = async (path: string, body: unknown): Promise<number> =>
    ((await ask(stage, ['POST', path, body])) as { id: number }).id;
  const pipelineId = await post('/pipeline', { name: 'scale', pipeline_type_name: 'step' });
  const begin = (parent?: number): Promise<number> =>
    post('/start_pipeline_execution', {
      pipeline_id: pipelineId,
      ...(parent !== undefined && { parent_id: parent }),
    });
  const rootId = await begin();
  const [opened, children]: [number[], number[]] = [[], []];
  for (let n = 0; n < (rounds + 1) * each; n++) {
    opened.push(await begin());
    children.push(await begin(rootId));
  }
  const { cursor } = (await ask(stage, ['GET', '/changes'])) as { cursor: string };
  return { stage, history, pipelineId, rootId, open: opened, children, cursor };
}

async function timed({ stage }: Side, request: Request): Promise<number> {
  const begun = performance.now();
  await ask(stage, request);
  return performance.now() - begun;
}

/** Trees of five that are older than the retention. */
const OLD = `
  WITH root AS (
    SELECT nextval('pipeline_execution_id_seq') AS id, n FROM generate_series(1, $2::int) n
  ), node AS (
    SELECT r.id, NULL::bigint AS parent_id, r.id AS root_id, r.n FROM root r UNION ALL
    SELECT nextval('pipeline_execution_id_seq'), r.id, r.id, r.n FROM root r, generate_series(1, 4)
  ), planted AS (
    INSERT INTO pipeline_execution (id, parent_id, root_id, pipeline_id, start_date, end_date, completed_successfully,
                                    status, duration_seconds, total_rows, inserts, config_version)
    SELECT n.id, n.parent_id, n.root_id, $1::bigint, o.at + n.n * interval '1 min', o.at + n.n * interval '2 min', true,
           'succeeded', n.n * 60, 100, 100, 1
      FROM node n, (SELECT now() - interval '${RETENTION_DAYS + 10} days' AS at) o
  ), pairs AS (
    INSERT INTO pipeline_execution_closure (child_execution_id, parent_execution_id, depth)
    SELECT n.id, n.id, 0 FROM node n UNION ALL SELECT n.id, n.root_id, 1 FROM node n WHERE n.id <> n.root_id
  )
  SELECT r.id FROM root r`;

async function plantOld({ stage, pipelineId }: Side, trees: number): Promise<number[]> {
  const { rows } = await stage.pool.query<{ id: string }>(OLD, [pipelineId, trees]);
  return rows.map(({ id }) => Number(id));
}

interface Run {
  readonly run_started_at: string | null;
  readonly run_ended_at: string | null;
  readonly run_executions: number;
}

/** A run of the retention, by its own times: they hold the pauses, twice as long as the transactions before them. */
async function retain(side: Side): Promise<number> {
  const state = async (): Promise<Run> => (await ask(side.stage, ['GET', '/retention'])) as Run;
  await plantOld(side, OLD_TREES);
  const before = await state();
  await ask(side.stage, ['POST', '/retention', {}]);
  for (;;) {
    const { run_started_at: began, run_ended_at: ended, run_executions: deleted } = await state();
    if (began !== null && began !== before.run_started_at && ended !== null) {
      if (deleted !== OLD_TREES * 5) throw new Error(`the run deleted ${deleted} executions`);
      return Date.parse(ended) - Date.parse(began);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The milliseconds of each side in a round. The sides take turns by single requests, each first in turn. */
async function alternate({ times, take }: Measurement, sides: readonly Side[], round: number): Promise<number[][]> {
  const taken: number[][] = sides.map(() => []);
  for (let n = 0; n < times; n++) {
    for (let turn = 0; turn < sides.length; turn++) {
      const index = (turn + round + n) % sides.length;
      taken[index]?.push(await take(sides[index] as Side, round * each + n));
    }
  }
  return taken;
}

/** The quarter and the three quarters of sorted values. */
function quartiles(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): string => (sorted[Math.floor(part * (sorted.length - 1))] ?? NaN).toFixed(2);
  return `${at(0.25)}-${at(0.75)}`;
}

const stages: Stage[] = [];
try {
  const sides: Side[] = [];
  for (const size of sizes) sides.push(await open(size));
  console.log((await describeMachine((sides[0] as Side).stage)).join('\n'));
  const measured = new Map<string, number[][][]>();
  // The first round only warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, measurement] of Object.entries(MEASUREMENTS)) {
      if (!options.only.split(',').some((part) => name.includes(part))) continue;
      const taken = await alternate(measurement, sides, round);
      if (round > 0) measured.set(name, [...(measured.get(name) ?? []), taken]);
    }
  }
  printTable(
    ['', `ms at ${sizes[0]}`, ...sizes.slice(1).flatMap((size) => [`ratio at ${size}`, 'rounds'])],
    [...measured].map(([name, ofRounds]) => {
      const all = (index: number): number => median(ofRounds.flatMap((taken) => taken[index] ?? []));
      return [
        name,
        all(0).toFixed(1),
        ...sizes.slice(1).flatMap((_, larger) => {
          const ratios = ofRounds.map((taken) => median(taken[larger + 1] ?? []) / median(taken[0] ?? []));
          return [ratio(all(larger + 1), all(0)), quartiles(ratios)];
        }),
      ];
    }),
  );
} finally {
  for (const stage of stages) await stage.close();
}
