/**
 * Measures the rates of registrations, starts, ends, whole reports of a run, whole workflows and reads, each as a ratio
 * to (a) an endpoint that does nothing in the same stack and, for starts and ends, (b) PostgreSQL alone with the same
 * writes, one transaction each. The measurements alternate in rounds, so that load from other programs affects all of
 * them.
 *
 *   npm run bench [-- --rounds 3 --seconds 2 --clients 1,8,64,256 --compare earlier.json]
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import {
  batchOfReports,
  batchOfRuns,
  drive,
  driveDatabase,
  endAlone,
  get,
  type Measured,
  post,
  registration,
  startAlone,
  startAndEnd,
  wholeLife,
  wholeReport,
} from './support/load.ts';
import { seedOpen, seedPipeline } from './support/seed.ts';
import { describeMachine, openStage, type Stage, usage } from './support/stage.ts';
import { median, printTable, ratio, spread } from './support/table.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    clients: { type: 'string', default: '1,8,64,256' },
    out: { type: 'string', default: 'bench/results/latest.json' },
    compare: { type: 'string' },
  },
});

/** The pipelines of a batch of whole reports. */
const BATCHED = Array.from({ length: 33 }, (_, index) => `batched ${index}`);

type Measurement = (stage: Stage, clients: number, seconds: number) => Promise<Measured>;

/** Ends need open executions: more than a round can use up. */
function endable(stage: Stage, pipelineId: number, seconds: number): Promise<number[]> {
  return seedOpen(stage.pool, pipelineId, 20_000 * Math.ceil(seconds));
}

function measurements(pipelines: Record<'alone' | 'service', number>, readId: number): Record<string, Measurement> {
  const { alone, service } = pipelines;
  return {
    '(a) nothing': (stage, clients, seconds) => drive(stage.url, clients, seconds, get('/health/live')),
    '(b) start, PostgreSQL alone': (stage, clients, seconds) =>
      driveDatabase(stage.pool, clients, seconds, startAlone(alone)),
    '(c) start': (stage, clients, seconds) =>
      drive(
        stage.url,
        clients,
        seconds,
        post('/start_pipeline_execution', () => ({ pipeline_id: service })),
      ),
    '(b) end, PostgreSQL alone': async (stage, clients, seconds) => {
      const ids = await endable(stage, alone, seconds);
      return driveDatabase(
        stage.pool,
        clients,
        seconds,
        endAlone(alone, () => ids.pop() ?? 0),
      );
    },
    '(c) end': async (stage, clients, seconds) => {
      const ids = await endable(stage, service, seconds);
      const body = () => ({ id: ids.pop(), completed_successfully: true, inserts: 10, total_rows: 10 });
      return drive(stage.url, clients, seconds, post('/end_pipeline_execution', body));
    },
    '(c) registration, no change': (stage, clients, seconds) =>
      drive(
        stage.url,
        clients,
        seconds,
        post('/pipeline', () => registration('registered')),
      ),
    '(c) register, start, end': (stage, clients, seconds) =>
      drive(stage.url, clients, seconds, wholeReport('registered'), 3),
    '(c) reports in batches of 99': (stage, clients, seconds) =>
      drive(stage.url, clients, seconds, batchOfReports(BATCHED), 1 / (3 * BATCHED.length)),
    '(c) single starts and ends': (stage, clients, seconds) =>
      drive(stage.url, clients, seconds, startAndEnd(service), 1),
    '(c) starts and ends in batches of 100': (stage, clients, seconds) =>
      drive(stage.url, clients, seconds, batchOfRuns(service, 50), 1 / 100),
    '(c) heartbeats of 1,000 executions, ids': async (stage, clients, seconds) => {
      const ids = await seedOpen(stage.pool, service, 1000);
      return drive(
        stage.url,
        clients,
        seconds,
        post('/heartbeat', () => ({ ids })),
        1 / ids.length,
      );
    },
    '(c) whole life of 5': (stage, clients, seconds) => drive(stage.url, clients, seconds, wholeLife(service), 10),
    '(c) get execution': (stage, clients, seconds) =>
      drive(stage.url, clients, seconds, get(`/pipeline_execution/${readId}`)),
  };
}

const stage = await openStage({ WATCHER_POOL_SIZE: '10' });
try {
  const machine = await describeMachine(stage);
  console.log(machine.join('\n'));
  const pipelines = {
    alone: await seedPipeline(stage.pool, 'alone'),
    service: await seedPipeline(stage.pool, 'service'),
  };
  const [readId = 0] = await seedOpen(stage.pool, pipelines.service, 1);
  const all = measurements(pipelines, readId);
  const [rounds, seconds] = [Number(options.rounds), Number(options.seconds)];
  const results: Record<string, Record<string, Measured[]>> = {};
  const memory: number[] = [];

  for (const measure of Object.values(all)) await measure(stage, 8, 1); // warm up
  const before = usage(stage.service.pid);
  for (const clients of options.clients.split(',').map(Number)) {
    const ofClients: Record<string, Measured[]> = (results[clients] = {});
    for (let round = 0; round < rounds; round++) {
      for (const [name, measure] of Object.entries(all)) {
        (ofClients[name] ??= []).push(await measure(stage, clients, seconds));
        memory.push(usage(stage.service.pid).megabytes);
      }
    }
    report(clients, ofClients);
  }
  const cpu = usage(stage.service.pid).cpuSeconds - before.cpuSeconds;
  console.log(
    `\nservice: memory ${Math.round(before.megabytes)} MB after the warm-up, ` +
      `${Math.round(Math.max(...memory))} MB at most, ${Math.round(memory.at(-1) ?? 0)} MB at the end; ` +
      `${Math.round(cpu)} s of processor time`,
  );
  mkdirSync(dirname(options.out), { recursive: true });
  writeFileSync(options.out, `${JSON.stringify({ machine, rounds, seconds, results }, null, 2)}\n`);
  console.log(`figures written to ${options.out}`);
  if (options.compare) compare(options.compare, results);
} finally {
  await stage.close();
}

function report(clients: number, measured: Record<string, Measured[]>): void {
  const rate = (name: string): number => median((measured[name] ?? []).map((m) => m.rate));
  const nothing = rate('(a) nothing');
  console.log(`\n${clients} client${clients === 1 ? '' : 's'}`);
  printTable(
    ['', 'a second', 'spread', 'p50 ms', 'p99 ms', 'errors', 'to (a)', 'to (b)'],
    Object.entries(measured).map(([name, rounds]) => [
      name,
      rate(name).toFixed(0),
      spread(rounds.map((m) => m.rate)),
      median(rounds.map((m) => m.p50)).toFixed(1),
      median(rounds.map((m) => m.p99)).toFixed(1),
      String(rounds.reduce((sum, m) => sum + m.errors, 0)),
      name.startsWith('(a)') ? '' : ratio(rate(name), nothing),
      {
        '(c) start': ratio(rate(name), rate('(b) start, PostgreSQL alone')),
        '(c) end': ratio(rate(name), rate('(b) end, PostgreSQL alone')),
      }[name] ?? '',
    ]),
  );
}

/** Compares this run with an earlier one, each measurement as a share of that run's own (a). */
function compare(file: string, results: Record<string, Record<string, Measured[]>>): void {
  const earlier = (JSON.parse(readFileSync(file, 'utf8')) as { results: typeof results }).results;
  const shareOf = (of: typeof results, clients: string, name: string): number =>
    median((of[clients]?.[name] ?? []).map((m) => m.rate)) /
    median((of[clients]?.['(a) nothing'] ?? []).map((m) => m.rate));
  console.log(`\nto (a), then and now (${file})`);
  printTable(
    ['clients', '', 'then', 'now'],
    Object.entries(results).flatMap(([clients, measured]) =>
      Object.keys(measured).map((name) => [
        clients,
        name,
        shareOf(earlier, clients, name).toFixed(2),
        shareOf(results, clients, name).toFixed(2),
      ]),
    ),
  );
}
