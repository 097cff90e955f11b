import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Service } from '../support/service.js';
import type { Json } from '../support/watcher.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watcher-crash-'));
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

async function post(url: string, body: Json): Promise<Json> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`POST ${url}: ${response.status}`);
  return response.json();
}

/** The acknowledged data: executions started, by parent, and those of them that were ended. */
interface Acknowledged {
  readonly started: Map<number, number | null>;
  readonly ended: Set<number>;
}

/** Sends requests without a pause until the service is gone; calls back after each answer. */
async function report(url: string, pipeline: number, acknowledged: Acknowledged, answered: () => void): Promise<void> {
  try {
    for (let parent: number | null = null; ;) {
      const { id } = await post(`${url}/start_pipeline_execution`, { pipeline_id: pipeline, parent_id: parent });
      acknowledged.started.set(id, parent);
      await post(`${url}/end_pipeline_execution`, { id, completed_successfully: true, inserts: id });
      acknowledged.ended.add(id);
      answered();
      parent = acknowledged.started.size % 5 === 0 ? null : id;
    }
  } catch {
    // The service is gone: unanswered requests may or may not have taken effect.
  }
}

describe('kill -9', () => {
  it.each<[string, (service: Service) => Promise<unknown>]>([
    ['of the service', (service) => service.kill()],
    [
      'of the service and of its database',
      async (service) => {
        const postmaster = Number.parseInt(await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8'), 10);
        process.kill(postmaster, 'SIGKILL');
        await service.kill();
      },
    ],
  ])('%s loses no acknowledged data', async (_, kill) => {
    const before = await Service.start({ WATCHER_DATA_DIR: folder });
    const { id: pipeline } = await post(`${before.url}/pipeline`, { name: 'crash', pipeline_type_name: 'test' });
    const acknowledged: Acknowledged = { started: new Map(), ended: new Set() };
    const enough = Promise.withResolvers<void>();
    const clients = Array.from({ length: 8 }, () =>
      report(before.url, pipeline, acknowledged, () => {
        if (acknowledged.ended.size >= 150) enough.resolve();
      }),
    );
    await enough.promise;
    await kill(before);
    await Promise.all(clients);

    const after = await Service.start({ WATCHER_DATA_DIR: folder });
    const url = (await readFile(join(folder, 'database.url'), 'utf8')).trim();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query<{ id: number; parent: number | null; inserts: number | null }>(
      'SELECT id::int, parent_id::int AS parent, inserts::int FROM pipeline_execution',
    );
    const stored = new Map(rows.map((row) => [row.id, row]));
    for (const [id, parent] of acknowledged.started) expect([id, stored.get(id)?.parent]).toEqual([id, parent]);
    for (const id of acknowledged.ended) expect([id, stored.get(id)?.inserts]).toEqual([id, id]);

    const { rows: differences } = await client.query(`
      WITH RECURSIVE walk AS (
        SELECT id AS ancestor, id AS descendant, 0 AS depth FROM pipeline_execution
        UNION ALL
        SELECT walk.ancestor, e.id, walk.depth + 1 FROM walk JOIN pipeline_execution e ON e.parent_id = walk.descendant
      ), closure AS (
        SELECT parent_execution_id AS ancestor, child_execution_id AS descendant, depth FROM pipeline_execution_closure
      )
      (TABLE walk EXCEPT TABLE closure) UNION ALL (TABLE closure EXCEPT TABLE walk)`);
    expect(differences).toEqual([]);
    await client.end();
    after.signal('SIGTERM');
    expect(await after.ended).toBe(0);
  });
});
