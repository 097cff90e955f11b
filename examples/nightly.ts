/** A night's work, reported to Watcher with fetch alone. What it plays, and its siblings: README.md here. */

const url = process.env['WATCHER_URL'] ?? 'http://localhost:8000';
const key = process.env['WATCHER_KEY'];

interface Pipeline {
  id: number;
  active: boolean;
  watermark: string | null;
}

interface Node {
  pipeline_name: string;
  status: 'running' | 'succeeded' | 'failed';
  total_rows: number | null;
  watermark: string | null;
  next_watermark: string | null;
  error_message: string | null;
  depth: number;
  child_executions: Node[];
}

/** Sends a request; the body of its answer. Any status but a 2xx ends the script. */
async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(key && { authorization: `Bearer ${key}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}

function register(name: string, type: string, configuration: object = {}): Promise<Pipeline> {
  return call('POST', '/pipeline', { name, pipeline_type_name: type, ...configuration });
}

async function start(pipeline: Pipeline, fields: object = {}): Promise<number> {
  const body = { pipeline_id: pipeline.id, ...fields };
  return (await call<{ id: number }>('POST', '/start_pipeline_execution', body)).id;
}

async function end(id: number, succeeded: boolean, fields: object = {}): Promise<void> {
  await call('POST', '/end_pipeline_execution', { id, completed_successfully: succeeded, ...fields });
}

/** Prints a tree, a line for each execution. */
function show(node: Node): void {
  let line = `${node.pipeline_name}: ${node.status}`;
  if (node.total_rows !== null) line += `, ${node.total_rows} rows`;
  if (node.next_watermark !== null) line += `, watermark ${node.watermark ?? 'none'} -> ${node.next_watermark}`;
  if (node.error_message !== null) line += ` (${node.error_message})`;
  console.log('  '.repeat(node.depth) + line);
  node.child_executions.forEach(show);
}

// An operator has switched one pipeline off.
const legacy = await register('legacy report', 'publication');
await call('PATCH', '/pipeline', { id: legacy.id, active: false });

// The workflow itself, and a group within it.
const night = await start(await register('nightly', 'workflow'));
const warehouse = await start(await register('load warehouse', 'workflow'), { parent_id: night });

// Incremental: from where the last success ended, to the newest row of the source (each night brings 1200).
const customers = await register('load invoices', 'extraction', {
  freshness_number: 1,
  freshness_datepart: 'day',
  timeliness_number: 30,
  timeliness_datepart: 'minute',
});
const watermark = Number(customers.watermark ?? 0);
const newest = watermark + 1200;
const rows = newest - watermark;
const loading = await start(customers, { parent_id: warehouse, next_watermark: newest });
await end(loading, true, { total_rows: rows, inserts: rows });

// In full, each time.
const orders = await start(await register('load orders', 'extraction'), { parent_id: warehouse });
await end(orders, true, { total_rows: 350, inserts: 300, updates: 50 });
await end(warehouse, true, { total_rows: rows + 350 });

// Switched off: it asks before it runs, and skips.
const { active } = await register('legacy report', 'publication');
if (!active) console.log('legacy report: inactive, skipped');

// One fails, and so does the night.
const publishing = await start(await register('publish report', 'publication'), { parent_id: night });
await end(publishing, false, { error_message: 'the mail server does not answer' });
await end(night, false, { error_message: 'publish report failed' });

show(await call<Node>('GET', `/pipeline_execution/${night}/tree`));
