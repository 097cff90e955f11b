/**
 * Compares the cost of starts and ends on a small and on a large table: one service on each database, in turns. Prints
 * the ratio, and the disk space of an execution.
 *
 *   npm run bench:growth [-- --small 10000 --large 5000000 --rounds 5 --seconds 3 --clients 64]
 */
import { parseArgs } from 'node:util';
import { drive, type Measured, post } from './support/load.ts';
import { seedHistory, seedOpen, seedPipeline } from './support/seed.ts';
import { describeMachine, openStage, type Stage } from './support/stage.ts';
import { median, printTable, ratio, spread } from './support/table.ts';

const { values: options } = parseArgs({
  options: {
    small: { type: 'string', default: '10000' },
    large: { type: 'string', default: '5000000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    clients: { type: 'string', default: '64' },
  },
});
const [rounds, seconds, clients] = [Number(options.rounds), Number(options.seconds), Number(options.clients)];

interface Side {
  readonly stage: Stage;
  readonly pipelineId: number;
}

async function open(executions: number): Promise<Side> {
  const stage = await openStage();
  const pipelineId = await seedPipeline(stage.pool, 'past');
  await seedHistory(stage.pool, pipelineId, executions);
  return { stage, pipelineId };
}

function starts({ stage, pipelineId }: Side): Promise<Measured> {
  const body = (): unknown => ({ pipeline_id: pipelineId });
  return drive(stage.url, clients, seconds, post('/start_pipeline_execution', body));
}

async function ends({ stage, pipelineId }: Side): Promise<Measured> {
  const ids = await seedOpen(stage.pool, pipelineId, 10_000 * seconds);
  const body = (): unknown => ({ id: ids.pop(), completed_successfully: true, inserts: 10, total_rows: 10 });
  return drive(stage.url, clients, seconds, post('/end_pipeline_execution', body));
}

const small = await open(Number(options.small));
const large = await open(Number(options.large));
try {
  console.log((await describeMachine(small.stage)).join('\n'));
  const measured: Record<string, Record<'small' | 'large', Measured[]>> = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, measure] of Object.entries({ starts, ends })) {
      const of = (measured[name] ??= { small: [], large: [] });
      // The order alternates, so that neither side is always second.
      const order = round % 2 === 0 ? (['small', 'large'] as const) : (['large', 'small'] as const);
      for (const side of order) of[side].push(await measure(side === 'small' ? small : large));
    }
  }
  printTable(
    [`${clients} clients`, options.small, 'spread', options.large, 'spread', 'large to small', 'errors'],
    Object.entries(measured).map(([name, of]) => {
      const [a, b] = [of.small.map((m) => m.rate), of.large.map((m) => m.rate)];
      const errors = [...of.small, ...of.large].reduce((sum, m) => sum + m.errors, 0);
      return [
        name,
        median(a).toFixed(0),
        spread(a),
        median(b).toFixed(0),
        spread(b),
        ratio(median(b), median(a)),
        String(errors),
      ];
    }),
  );
  await printStorage(large.stage);
} finally {
  await small.stage.close();
  await large.stage.close();
}

/** Bytes per row, and per row of each index, on the large side. */
async function printStorage(stage: Stage): Promise<void> {
  const { rows } = await stage.pool.query<{ name: string; bytes: number }>(
    `SELECT c.relname AS name, pg_relation_size(c.oid)::float8 / (SELECT count(*) FROM pipeline_execution) AS bytes
       FROM pg_class c
      WHERE c.relname LIKE '%pipeline_execution%' AND c.relkind IN ('r', 'i') AND pg_relation_size(c.oid) > 0
      ORDER BY c.relkind DESC, c.relname`,
  );
  console.log('\nbytes per execution');
  printTable(
    ['', 'bytes'],
    [
      ...rows.map(({ name, bytes }) => [name, bytes.toFixed(1)]),
      ['in all', rows.reduce((sum, { bytes }) => sum + bytes, 0).toFixed(0)],
    ],
  );
}
