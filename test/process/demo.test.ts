import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Json, Watcher } from '../support/watcher.js';

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'tools', 'demo.js');

let watcher: Watcher;
beforeEach(async () => {
  watcher = await Watcher.start();
});
afterEach(() => watcher.stop());

/** Runs the demo against a service; returns its exit code and what it printed. */
async function demo(...options: string[]): Promise<{ code: number; text: string }> {
  const child = spawn(process.execPath, [program, ...options], { env: { WATCHER_URL: watcher.url } });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part) => (text += part));
  const [code] = await once(child, 'close');
  return { code, text };
}

describe('npm run demo', () => {
  it('fills a fresh service: workflows, failures, retries, what runs, what is wrong', async () => {
    const { code, text } = await demo('--days', '4');
    expect([code, text]).toEqual([0, expect.stringContaining(`${watcher.url}/console/`)]);
    const pipelines = await watcher.all('/pipeline?limit=1000');
    const workflows = pipelines.filter(({ pipeline_type_name }) => pipeline_type_name === 'workflow');
    // As docs/console.md says.
    expect([pipelines.length, workflows.length]).toEqual([51, 7]);
    const runs = await watcher.all('/pipeline_execution?limit=1000');
    expect(runs.length).toBeGreaterThan(1000);
    const statuses = new Set(runs.map((run: Json) => run.status));
    expect([...statuses]).toEqual(expect.arrayContaining(['succeeded', 'failed', 'running', 'skipped']));
    const { running, incidents } = (await watcher.get('/overview')).body;
    expect(running.roots.map(({ pipeline_name }: Json) => pipeline_name)).toEqual(
      expect.arrayContaining(['Hourly event ingestion', 'Finance close']),
    );
    expect(running.late).toBeGreaterThan(0);
    expect(incidents.by_kind.map(({ kind }: Json) => kind)).toEqual(
      expect.arrayContaining(['failure', 'freshness', 'timeliness']),
    );
    // A failed part explains the failure of its workflow.
    const [failed] = (
      await watcher.get('/pipeline_execution?root=true&status=failed&pipeline_name=dbt%20build&pipeline_namespace=dbt')
    ).body;
    const [cause] = (await watcher.get(`/pipeline_execution/${failed.id}/root_cause`)).body;
    expect(cause).toMatchObject({ pipeline_name: 'model mart_churn', error_message: expect.stringMatching(/./) });
  });

  it('has the same platform and the same runs for the same seed', async () => {
    const { History } = await import('../../tools/demo/history.js');
    const now = Date.parse('2026-01-31T08:00:00Z');
    const figures = (seed: number): unknown =>
      new History(seed, now, 3).runs.map(({ step, start, end, status, rows }) => [step.name, start, end, status, rows]);
    expect(figures(7)).toEqual(figures(7));
    expect(figures(7)).not.toEqual(figures(8));
  });

  it('refuses a service with pipelines, one that is not there, and days that make no sense', async () => {
    await watcher.pipeline('mine');
    expect(await demo()).toEqual({ code: 1, text: expect.stringContaining('has pipelines already') });
    expect(await demo('--days', '0')).toEqual({ code: 1, text: expect.stringContaining("--days got '0'") });
    expect(await demo('--url', 'http://127.0.0.1:1')).toEqual({ code: 1, text: expect.stringContaining('reached') });
  });
});
