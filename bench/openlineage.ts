/**
 * Measures the OpenLineage routes with recorded events of Airflow, dbt and Spark: posted singly and in batches, new and
 * repeated, each as a ratio to a route of the same HTTP server that reads the same bodies and does nothing. The
 * measurements alternate in rounds. Then the memory of the service under bodies of 10 MB.
 *
 *   npm run bench:openlineage [-- --rounds 3 --seconds 4]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import type autocannon from 'autocannon';
import { drive, type Measured } from './support/load.ts';
import { meanBytes, RECORDED, recordedEvent } from './support/recorded.ts';
import { describeMachine, openStage, usage } from './support/stage.ts';
import { median, printTable, ratio, spread } from './support/table.ts';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '4' } },
});
const [rounds, seconds] = [Number(options.rounds), Number(options.seconds)];
const BATCH = 100;
/** Repeats go through as many events again and again. */
const REPEATED = RECORDED * 30;
const LARGE_BYTES = 10 * 1024 * 1024;

let sent = REPEATED;
const anew = (): string => recordedEvent(sent++);
let repeated = 0;
const again = (): string => recordedEvent(repeated++ % REPEATED);
const batchOf = (next: () => string) => (): string => `[${Array.from({ length: BATCH }, next).join()}]`;

function post(path: string, body: () => string): autocannon.Request[] {
  return [
    {
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json' },
      setupRequest: (request: autocannon.Request): autocannon.Request => ({ ...request, body: body() }),
    },
  ];
}

interface Measurement {
  readonly name: string;
  readonly clients: number;
  readonly path: string;
  readonly body: () => string;
  /** Events a request. */
  readonly events: number;
  /** The measurement that its rate is divided by. */
  readonly to?: string;
}

const SINGLE = '/api/v1/lineage';
const measurements: readonly Measurement[] = [
  { name: '(a) nothing, 64 clients', clients: 64, path: '/nothing', body: anew, events: 1 },
  { name: 'single, 64 clients', clients: 64, path: SINGLE, body: anew, events: 1, to: '(a) nothing, 64 clients' },
  { name: '(a) nothing, 256 clients', clients: 256, path: '/nothing', body: anew, events: 1 },
  { name: 'single, 256 clients', clients: 256, path: SINGLE, body: anew, events: 1, to: '(a) nothing, 256 clients' },
  {
    name: 'single repeats, 256 clients',
    clients: 256,
    path: SINGLE,
    body: again,
    events: 1,
    to: 'single, 256 clients',
  },
  { name: '(a) nothing, batches, 4 clients', clients: 4, path: '/nothing', body: batchOf(anew), events: BATCH },
  {
    name: 'batches, 4 clients',
    clients: 4,
    path: `${SINGLE}/batch`,
    body: batchOf(anew),
    events: BATCH,
    to: '(a) nothing, batches, 4 clients',
  },
  {
    name: 'repeated batches, 4 clients',
    clients: 4,
    path: `${SINGLE}/batch`,
    body: batchOf(again),
    events: BATCH,
    to: 'batches, 4 clients',
  },
];

async function startNothing(): Promise<{ readonly process: ChildProcess; readonly url: string }> {
  const process_ = spawn(process.execPath, [new URL('support/nothing.ts', import.meta.url).pathname], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(process_.stdout, 'data')) as [Buffer];
  return { process: process_, url: line.toString().trim() };
}

const stage = await openStage();
const nothing = await startNothing();
try {
  console.log((await describeMachine(stage)).join('\n'));
  console.log(`${RECORDED} recorded events of ${Math.round(meanBytes())} bytes on average`);
  const measure = ({ path, clients, body, events }: Measurement, forSeconds: number): Promise<Measured> =>
    drive(path === '/nothing' ? nothing.url : stage.url, clients, forSeconds, post(path, body), 1 / events);

  // What is repeated has been sent once before.
  const first: string[] = [];
  for (let n = 0; n < REPEATED; n += BATCH) first.push(`[${Array.from({ length: BATCH }, again).join()}]`);
  for (const body of first) await deliver(body);
  for (const measurement of measurements) await measure(measurement, 1); // warm up

  const results = new Map<string, Measured[]>(measurements.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const measurement of measurements) {
      results.get(measurement.name)?.push(await measure(measurement, seconds));
    }
  }
  const rate = (name: string): number => median((results.get(name) ?? []).map((measured) => measured.rate));
  printTable(
    ['', 'events a second', 'spread', 'p50 ms', 'p99 ms', 'errors', 'ratio', 'to'],
    measurements.map(({ name, to }) => {
      const all = results.get(name) ?? [];
      return [
        name,
        rate(name).toFixed(0),
        spread(all.map((measured) => measured.rate)),
        median(all.map(({ p50 }) => p50)).toFixed(0),
        median(all.map(({ p99 }) => p99)).toFixed(0),
        String(all.reduce((sum, { errors }) => sum + errors, 0)),
        to === undefined ? '' : ratio(rate(name), rate(to)),
        to ?? '',
      ];
    }),
  );
  await measureMemory();
} finally {
  nothing.process.kill();
  await stage.close();
}

async function deliver(body: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${stage.url}${SINGLE}/batch`, { method: 'POST', headers, body });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text}`);
}

/** Events of 10 MB by four clients; the memory of the service after each round. */
async function measureMemory(): Promise<void> {
  const large = JSON.parse(recordedEvent(0)) as { run: { facets: Record<string, unknown> } };
  large.run.facets['large'] = { text: 'x'.repeat(LARGE_BYTES) };
  const body = JSON.stringify(large);
  const table: string[][] = [];
  const note = (name: string, measured?: Measured): unknown =>
    table.push([
      name,
      measured?.rate.toFixed(1) ?? '',
      measured?.p99.toFixed(0) ?? '',
      measured ? String(measured.errors) : '',
      usage(stage.service.pid).megabytes.toFixed(0),
    ]);
  note('before');
  for (let round = 1; round <= rounds + 2; round++) {
    note(
      `round ${round}`,
      await drive(
        stage.url,
        4,
        seconds,
        post(SINGLE, () => body),
      ),
    );
  }
  await new Promise((resolve) => setTimeout(resolve, 5000));
  note('5 s later');
  console.log('\nbodies of 10 MB, 4 clients');
  printTable(['', 'a second', 'p99 ms', 'errors', 'memory MB'], table);
}
