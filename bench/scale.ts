/**
 * Measures what users do on databases of growing size, through the service: a service on each database, in turns, so that
 * load from other programs affects all of them. Prints the milliseconds of the smallest database, and the ratio of the
 * others to it.
 *
 *   npm run bench:scale [-- --executions 10000000 --rounds 9 --each 20]
 *
 * The sizes are 10,000, 1,000,000 and --executions, up to that. An execution takes about 1 kB of disk here; the data is deleted at
 * the end.
 */
import { parseArgs } from 'node:util';
import { plantForest, type Landmarks } from './support/forest.ts';
import { describeMachine, openStage, type Stage } from './support/stage.ts';
import { median, printTable, ratio } from './support/table.ts';

const { values: options } = parseArgs({
  options: {
    executions: { type: 'string', default: '10000000' },
    rounds: { type: 'string', default: '9' },
    each: { type: 'string', default: '20' },
  },
});
const [rounds, each] = [Number(options.rounds), Number(options.each)];
const largest = Number(options.executions);
const sizes = [...[10_000, 1_000_000].filter((size) => size < largest), largest];

/** A database of one size, and what is asked there. */
interface Side {
  readonly stage: Stage;
  readonly landmarks: Landmarks;
  readonly pipelineId: number;
  readonly rootId: number;
  /** Open executions, to be ended. */
  readonly open: number[];
  /** The cursor of the changes. */
  readonly cursor: string;
}

type Request = readonly [method: 'GET' | 'POST', path: string, body?: unknown];

/** One request of a kind; `n` counts them. */
const QUESTIONS: Readonly<Record<string, (side: Side, n: number) => Request>> = {
  'start of a root': ({ pipelineId }) => ['POST', '/start_pipeline_execution', { pipeline_id: pipelineId }],
  'start of a child': ({ pipelineId, rootId }) => [
    'POST',
    '/start_pipeline_execution',
    { pipeline_id: pipelineId, parent_id: rootId },
  ],
  end: ({ open }) => [
    'POST',
    '/end_pipeline_execution',
    { id: open.pop(), completed_successfully: true, inserts: 10, total_rows: 10 },
  ],
  registration: () => ['POST', '/pipeline', { name: 'scale', pipeline_type_name: 'step' }],
  'an execution with children': ({ landmarks }, n) => ['GET', `/pipeline_execution/${tree(landmarks, n)}`],
  'tree of 50': ({ landmarks }, n) => ['GET', `/pipeline_execution/${tree(landmarks, n)}/tree`],
  'root causes': ({ landmarks }, n) => ['GET', `/pipeline_execution/${tree(landmarks, n)}/root_cause`],
  'critical path': ({ landmarks }, n) => ['GET', `/pipeline_execution/${tree(landmarks, n)}/critical_path`],
  blocking: ({ landmarks }, n) => ['GET', `/pipeline_execution/${tree(landmarks, n)}/blocking`],
  'timeline of 5,000': ({ landmarks }) => ['GET', `/pipeline_execution/${landmarks.largeTree}/timeline`],
  'list, newest 100': () => ['GET', '/pipeline_execution'],
  'list of a pipeline': () => ['GET', '/pipeline_execution?pipeline_id=7'],
  'list of failed roots': () => ['GET', '/pipeline_execution?status=failed&root=true'],
  'pipelines with status': () => ['GET', '/pipeline?include=status&limit=50'],
  series: () => ['GET', '/pipeline/7/series'],
  statistics: () => ['GET', '/pipeline/7/statistics'],
  'overview of an hour': () => ['GET', '/overview?window=1h'],
  search: () => ['GET', '/search?q=pipeline%2019'],
  changes: ({ cursor }) => ['GET', `/changes?after=${cursor}`],
  'check of freshness': () => ['POST', '/freshness', {}],
  'check of timeliness': () => ['POST', '/timeliness', {}],
};

function tree({ trees }: Landmarks, n: number): number {
  return trees[n % trees.length] ?? 0;
}

async function ask(side: Side, [method, path, body]: Request): Promise<unknown> {
  const response = await fetch(new URL(path, side.stage.url), {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

async function open(size: number): Promise<Side> {
  const stage = await openStage();
  const client = await stage.pool.connect();
  const begun = performance.now();
  const landmarks = await plantForest(client, size);
  client.release();
  await stage.pool.query(`SELECT setval('pipeline_execution_id_seq', max(id)) FROM pipeline_execution`);
  const seconds = (performance.now() - begun) / 1000;
  console.log(`${size} executions in ${seconds.toFixed(0)} s, ${Math.round(size / seconds)} a second`);
  const begin = async (pipelineId: number): Promise<number> => {
    const side = { stage } as Side;
    return ((await ask(side, ['POST', '/start_pipeline_execution', { pipeline_id: pipelineId }])) as { id: number }).id;
  };
  const { id: pipelineId } = (await ask({ stage } as Side, [
    'POST',
    '/pipeline',
    { name: 'scale', pipeline_type_name: 'step' },
  ])) as { id: number };
  const rootId = await begin(pipelineId);
  const opened: number[] = [];
  for (let n = 0; n < rounds * each; n++) opened.push(await begin(pipelineId));
  const { cursor } = (await ask({ stage } as Side, ['GET', '/changes'])) as { cursor: string };
  return { stage, landmarks, pipelineId, rootId, open: opened, cursor };
}

/** The median milliseconds of a few requests, one after the other. */
async function measure(side: Side, question: (side: Side, n: number) => Request, round: number): Promise<number> {
  const taken: number[] = [];
  for (let n = 0; n < each; n++) {
    const request = question(side, round * each + n);
    const begun = performance.now();
    await ask(side, request);
    taken.push(performance.now() - begun);
  }
  return median(taken);
}

const sides: Side[] = [];
try {
  for (const size of sizes) sides.push(await open(size));
  console.log((await describeMachine((sides[0] as Side).stage)).join('\n'));
  const measured = new Map<string, number[][]>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, question] of Object.entries(QUESTIONS)) {
      const ofSizes = measured.get(name) ?? sizes.map(() => []);
      measured.set(name, ofSizes);
      // The order rotates, so that no size is always last.
      for (let turn = 0; turn < sides.length; turn++) {
        const index = (turn + round) % sides.length;
        ofSizes[index]?.push(await measure(sides[index] as Side, question, round));
      }
    }
  }
  printTable(
    ['', `ms at ${sizes[0]}`, ...sizes.slice(1).map((size) => `ratio at ${size}`)],
    [...measured].map(([name, [smallest = [], ...larger]]) => [
      name,
      median(smallest).toFixed(1),
      ...larger.map((values) => ratio(median(values), median(smallest))),
    ]),
  );
} finally {
  for (const { stage } of sides) await stage.close();
}
