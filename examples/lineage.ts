/**
 * Lineage and anomalies: three pipelines say what they read and write, one of them loads far less than it used to, and
 * Watcher says what that feeds. May be run as often as you like: its runs have external ids, so each counts once.
 */
const url = process.env['WATCHER_URL'] ?? 'http://localhost:8000';
const key = process.env['WATCHER_KEY'];

interface Dataset {
  name: string;
  depth: number;
  pipelines: { name: string }[];
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

/** Registers a pipeline, and declares what it reads and writes. */
async function pipeline(name: string, inputs: string[], outputs: string[]): Promise<number> {
  const { id } = await call<{ id: number }>('POST', '/pipeline', { name, pipeline_type_name: 'example' });
  const named = (names: string[]): object[] => names.map((name) => ({ name }));
  await call('PUT', `/pipeline/${id}/lineage`, { inputs: named(inputs), outputs: named(outputs) });
  return id;
}

const load = await pipeline('load shipments', ['erp.public.shipments'], ['dwh.raw.shipments']);
await pipeline('join deliveries', ['dwh.raw.shipments', 'dwh.raw.carriers'], ['dwh.mart.deliveries']);
await pipeline('delivery report', ['dwh.mart.deliveries'], ['bi.delivery_report']);

// Twenty ordinary days of January, and one on which hardly anything came.
const rows = [...Array.from({ length: 20 }, (_, day) => 10_000 + ((day * 37) % 400)), 1200];
let last = 0;
for (const [day, total_rows] of rows.entries()) {
  const date = `2026-01-${String(day + 1).padStart(2, '0')}`;
  const start = { pipeline_id: load, external_id: `shipments ${date}`, start_date: `${date}T02:00:00Z` };
  last = (await call<{ id: number }>('POST', '/start_pipeline_execution', start)).id;
  const report = {
    inputs: [{ name: 'erp.public.shipments' }],
    outputs: [{ name: 'dwh.raw.shipments', rows: total_rows }],
  };
  await call('PUT', `/pipeline_execution/${last}/lineage`, report);
  const end = { id: last, completed_successfully: true, end_date: `${date}T02:10:00Z`, total_rows };
  await call('POST', '/end_pipeline_execution', end);
}

/** The run is compared with the earlier ones shortly after its end. */
async function anomaly(): Promise<{ detail: string }> {
  for (let tries = 0; tries < 600; tries++) {
    const [found] = await call<{ detail: string }[]>('GET', `/anomaly?pipeline_id=${load}`);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('nobody noticed the anomaly');
}

console.log(`load shipments: ${(await anomaly()).detail}`);
const [raw] = await call<{ id: number }[]>('GET', '/dataset?namespace=&name=dwh.raw.shipments');
const { datasets } = await call<{ datasets: Dataset[] }>('GET', `/dataset/${raw?.id}/downstream`);
console.log('it feeds:');
for (const { depth, name, pipelines } of datasets) {
  console.log(`  ${depth} ${name} (${pipelines.map(({ name }) => name).join(', ')})`);
}
