/**
 * Fills a fresh service with two weeks of a data platform, so that there is something to see:
 *
 *   npm run demo [-- --url http://localhost:8000 --days 14 --seed 7 --force]
 *
 * Everything goes through the API, in batches. WATCHER_URL is the default of --url. Where the service needs a key, WATCHER_KEY has one with the scope write.
 * The same seed gives the same platform, up to the moment of the call.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { History, pipelines } from './demo/history.js';
import { LINEAGE } from './demo/lineage.js';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: process.env['WATCHER_URL'] || 'http://localhost:8000' },
    days: { type: 'string', default: '14' },
    seed: { type: 'string', default: '7' },
    force: { type: 'boolean', default: false },
  },
});
const url = values.url.replace(/\/$/, '');
const key = process.env['WATCHER_KEY'];
const OPERATIONS = 1000;
/** Of how many runs of each pipeline it is reported what they read and wrote. */
const RUNS_WITH_LINEAGE = 3;
const AT_ONCE = 8;

await main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});

async function main() {
  const days = Number(values.days);
  if (!Number.isInteger(days) || days < 1 || days > 60)
    throw new Error(`--days got '${values.days}': it takes 1 to 60`);
  const known = await ask('GET', '/pipeline?limit=1');
  if (known.length > 0 && !values.force) {
    throw new Error(`${url} has pipelines already; the demo is for a fresh service (--force adds it to this one)`);
  }
  const begun = performance.now();
  const ids = await register();
  const { runs } = new History(Number(values.seed), Date.now(), days);
  for (const [name, [inputs, outputs]] of Object.entries(LINEAGE)) {
    await ask('PUT', `/pipeline/${ids.get(name)}/lineage`, { inputs, outputs });
  }
  await report(
    runs.filter(({ isSlow }) => !isSlow),
    ids,
  );
  await reportLineage(runs);
  for (const run of runs.filter(({ isSlow }) => isSlow)) {
    await untilUsual(ids.get(run.step.name));
    await report([run], ids);
  }
  for (const check of ['/freshness', '/timeliness']) await ask('POST', check, {});
  const open = await ask('GET', '/incident?status=open&limit=1000');
  const running = runs.filter(({ end, parent }) => end === null && parent === null).length;
  const seconds = Math.round((performance.now() - begun) / 1000);
  console.log(
    `${ids.size} pipelines, ${runs.length} executions, ${running} runs under way, ${open.length} open incidents, in ${seconds} s`,
  );
  console.log(`See them at ${url}/console/`);
}

/** Registers all pipelines; returns their ids by name. */
async function register() {
  const all = pipelines();
  const operations = all.map(({ name, type, team, settings }) => ({
    op: 'register',
    name,
    pipeline_type_name: type,
    pipeline_metadata: {
      team,
      owner: `${team.toLowerCase().replaceAll(' ', '-')}@example.com`,
      source: 'npm run demo',
    },
    ...settings,
  }));
  const results = await batch(operations);
  return new Map(all.map(({ name }, index) => [name, results[index].body.id]));
}

/** Reports starts and ends in the order of their times. */
async function report(runs, ids) {
  const events = runs.flatMap((run, index) => [
    { at: run.start, order: index, run, isStart: true },
    ...(run.end === null ? [] : [{ at: run.end, order: -index, run, isStart: false }]),
  ]);
  // A parent starts before its parts, and ends after them, also where the times are the same.
  events.sort((a, b) => a.at - b.at || Number(b.isStart) - Number(a.isStart) || a.order - b.order);
  for (let from = 0; from < events.length;) {
    const part = partAt(events, from);
    from += part.length;
    const refs = new Map(part.flatMap(({ run, isStart }, index) => (isStart ? [[run, `${index}`]] : [])));
    const operations = part.map(({ run, isStart }) => (isStart ? startOf(run, refs, ids) : endOf(run, refs)));
    const results = await batch(operations);
    results.forEach(({ body }, index) => {
      if (part[index].isStart) part[index].run.id = body.id;
    });
  }
}

/** The events of the next batch. It ends before the retry of a run that it starts, since that run has no id yet. */
function partAt(events, from) {
  const started = new Set();
  for (let to = from; to < events.length && to < from + OPERATIONS; to++) {
    const { run, isStart } = events[to];
    if (!isStart) continue;
    if (started.has(run.retryOf)) return events.slice(from, to);
    started.add(run);
  }
  return events.slice(from, from + OPERATIONS);
}

function startOf(run, refs, ids) {
  const { step, parent, retryOf, start, watermark } = run;
  return {
    op: 'start',
    ref: refs.get(run),
    pipeline_id: ids.get(step.name),
    start_date: new Date(start).toISOString(),
    ...(watermark && { next_watermark: watermark }),
    ...(parent && (parent.id === undefined ? { parent_ref: refs.get(parent) } : { parent_id: parent.id })),
    ...(retryOf && { retry_of: retryOf.id }),
    ...(parent === null && { execution_metadata: { triggered_by: 'schedule', host: 'etl-02' } }),
  };
}

function endOf(run, refs) {
  const { status, rows, error, end, id } = run;
  return {
    op: 'end',
    ...(id === undefined ? { execution_ref: refs.get(run) } : { id }),
    end_date: new Date(end).toISOString(),
    status,
    ...(rows !== undefined && {
      total_rows: rows,
      inserts: Math.round(rows * 0.8),
      updates: rows - Math.round(rows * 0.8),
    }),
    ...(error && { error_message: error }),
  };
}

/** Reports what the newest runs of each pipeline read and wrote. */
async function reportLineage(runs) {
  const ended = runs.filter(({ end, rows, status }) => end !== null && rows !== undefined && status === 'succeeded');
  const newest = Map.groupBy(ended, ({ step }) => step.name);
  const reports = Object.entries(LINEAGE).flatMap(([name, [inputs, outputs]]) =>
    (newest.get(name) ?? [])
      .toSorted((a, b) => a.start - b.start)
      .slice(-RUNS_WITH_LINEAGE)
      .map((run) => ({ run, inputs, outputs: outputs.map((output) => ({ ...output, rows: run.rows })) })),
  );
  // In the order of their times, and some side by side: a report is one transaction.
  reports.sort((a, b) => a.run.end - b.run.end);
  for (let from = 0; from < reports.length; from += AT_ONCE) {
    const part = reports.slice(from, from + AT_ONCE);
    await Promise.all(part.map(({ run, ...lineage }) => ask('PUT', `/pipeline_execution/${run.id}/lineage`, lineage)));
  }
}

/** Until it is known how long a pipeline usually takes, at most a few seconds: a run is slow by what is known at its start. */
async function untilUsual(pipeline) {
  for (let tries = 0; tries < 20; tries++) {
    const { durations } = await ask('GET', `/pipeline/${pipeline}/expectation`).catch(() => ({ durations: [null] }));
    if (durations.length > 0) return;
    await sleep(500);
  }
}

async function batch(operations) {
  const { results } = await ask('POST', '/batch', operations);
  const refused = results.find(({ status }) => status >= 400);
  if (refused) throw new Error(`the service refused a report: ${refused.body.detail}`);
  return results;
}

async function ask(method, path, body) {
  const headers = { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) };
  const response = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) }).catch(
    (cause) => {
      throw new Error(`${url} can't be reached (${cause.cause?.code ?? cause.message}): is the service running?`);
    },
  );
  if (response.ok) return response.json();
  const { detail } = await response.json().catch(() => ({}));
  throw new Error(`${method} ${path} was answered with ${response.status}: ${detail ?? response.statusText}`);
}
