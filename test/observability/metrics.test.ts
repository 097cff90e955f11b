import { readFile } from 'node:fs/promises';
import { VERSION } from '../../src/platform/observability/version.js';
import { createDatabase } from '../support/database.js';
import { Watcher } from '../support/watcher.js';

/** The samples of `/metrics`: `name{labels}` to value. */
async function scrape(watcher: Watcher): Promise<Map<string, number>> {
  const { status, body } = await watcher.get('/metrics');
  expect(status).toBe(200);
  const lines = (body as string).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

describe('/metrics', () => {
  let watcher: Watcher;
  beforeAll(async () => {
    watcher = await Watcher.start();
  });
  afterAll(() => watcher.stop());

  it('is in the text format of Prometheus, with the running version', async () => {
    const { headers } = await watcher.get('/metrics');
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await scrape(watcher)).toContainEqual([`watcher_build_info{version="${VERSION}"}`, 1]);
  });

  it('counts requests by method, route template and status, whatever the path of the client', async () => {
    const id = await watcher.pipeline('counted');
    await watcher.get(`/pipeline/${id}`);
    await watcher.get(`/pipeline/${id}/`);
    await watcher.get('/pipeline/987654');
    await watcher.get('/no/such/route');
    const samples = await scrape(watcher);
    const count = (labels: string): number | undefined =>
      samples.get(`watcher_http_request_duration_seconds_count{${labels}}`);
    expect(count('method="GET",route="/pipeline/:id",status="200"')).toBe(2);
    expect(count('method="GET",route="/pipeline/:id",status="404"')).toBe(1);
    expect(count('method="GET",route="unmatched",status="404"')).toBe(1);
    expect([...samples.keys()].join('\n')).not.toMatch(/987654|no\/such/);
  });

  it('counts executions once, however often their start and end are repeated', async () => {
    const before = await scrape(watcher);
    const pipelineId = await watcher.pipeline('executed');
    const good = await watcher.begin(pipelineId, { external_id: 'run-1' });
    await watcher.begin(pipelineId, { external_id: 'run-1' });
    const bad = await watcher.begin(pipelineId);
    await watcher.end(good);
    await watcher.end(good);
    await watcher.end(good, { total_rows: 5 });
    await watcher.end(bad, { completed_successfully: false });
    const after = await scrape(watcher);
    const grown = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    expect(grown('watcher_executions_started_total')).toBe(2);
    expect(grown('watcher_executions_ended_total{outcome="succeeded"}')).toBe(1);
    expect(grown('watcher_executions_ended_total{outcome="failed"}')).toBe(1);
  });

  it('reports the sizes of batches', async () => {
    const pipelineId = await watcher.pipeline('batched');
    const before = await scrape(watcher);
    await Promise.all(Array.from({ length: 20 }, () => watcher.begin(pipelineId)));
    const after = await scrape(watcher);
    const grown = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    expect(grown('watcher_batch_size_sum{kind="start"}')).toBe(20);
    expect(grown('watcher_batch_size_count{kind="start"}')).toBeGreaterThan(0);
    expect(after.get('watcher_queue_depth{kind="start"}')).toBe(0);
    expect(after.get('watcher_queue_depth{kind="end"}')).toBe(0);
  });

  it('reports the use of the pool', async () => {
    const samples = await scrape(watcher);
    expect(samples.get('watcher_db_pool_max_connections')).toBe(10);
    expect(samples.get('watcher_db_pool_connections{state="idle"}')).toBeGreaterThan(0);
    expect(samples.get('watcher_db_pool_waiting')).toBe(0);
  });
});

describe('figures of the database', () => {
  it('report the number of open executions', async () => {
    const watcher = await Watcher.start();
    const pipelineId = await watcher.pipeline('open');
    const ids = [await watcher.begin(pipelineId), await watcher.begin(pipelineId), await watcher.begin(pipelineId)];
    await watcher.end(ids[0] ?? 0);
    expect((await scrape(watcher)).get('watcher_open_executions')).toBe(2);
    await watcher.stop();
  });

  it('are absent while it cannot be reached; all other metrics are present', async () => {
    const database = await createDatabase();
    const watcher = await Watcher.start({ publicMetrics: true }, database);
    await watcher.database.drop();
    const samples = await scrape(watcher);
    expect(samples.has('watcher_open_executions')).toBe(false);
    expect(samples.has('watcher_executions_started_total')).toBe(true);
    await watcher.app.close();
  });
});

describe('each metric', () => {
  it('is named according to the conventions of Prometheus', async () => {
    const watcher = await Watcher.start();
    const { body } = await watcher.get('/metrics');
    const types = [...(body as string).matchAll(/^# TYPE (watcher_\S+) (\S+)$/gm)].map(([, name, type]) => ({
      name,
      type,
    }));
    expect(types.length).toBeGreaterThan(8);
    for (const { name, type } of types) expect([name, name?.endsWith('_total')]).toEqual([name, type === 'counter']);
    await watcher.stop();
  });

  it('exists, with its labels, if the dashboard or the alert rules use it', async () => {
    const watcher = await Watcher.start();
    const pipelineId = await watcher.pipeline('seen');
    await watcher.end(await watcher.begin(pipelineId));
    await watcher.get('/health/live');
    const { body } = await watcher.get('/metrics');
    await watcher.stop();
    const files = ['deploy/grafana/watcher.json', 'deploy/prometheus/alerts.yaml'];
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    const used = new Set(texts.join('\n').match(/\b(?:watcher|process|nodejs)_[a-z0-9_]+/g));
    expect(used.size).toBeGreaterThan(8);
    // By their declarations, since a histogram without observations (garbage collection) has no samples yet.
    const known = [...(body as string).matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, type]) =>
      type === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
    );
    for (const name of used) expect(known).toContain(name);
    for (const text of texts) {
      for (const [, label] of text.matchAll(/\bby \(([a-z_]+)/g)) {
        if (!FROM_PROMETHEUS.has(label ?? '')) expect(body).toMatch(new RegExp(`[{,]${label}="`));
      }
    }
  });
});

/** Labels that Prometheus adds. */
const FROM_PROMETHEUS = new Set(['le', 'instance', 'job', 'pod']);
