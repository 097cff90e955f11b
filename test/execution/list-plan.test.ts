import { DataSource, type Logger } from 'typeorm';
import { Watcher } from '../support/watcher.js';

/**
 * 40,000 executions of 40 pipelines, one a minute; nearly all have ended, and one in 4,000 failed. The pipelines of
 * type `rare` ran before all others. Below one of them 6,000 failed, earlier.
 */
const SEED = `
  INSERT INTO pipeline_type (name) VALUES ('step'), ('rare');
  INSERT INTO pipeline (name, pipeline_type_id, config_hash)
  SELECT 'p' || n, CASE WHEN n > 38 THEN 2 ELSE 1 END, '' FROM generate_series(1, 40) n;
  INSERT INTO pipeline_execution (id, root_id, pipeline_id, external_id, start_date, end_date, completed_successfully,
                                  config_version)
  SELECT n, n, CASE WHEN n > 2000 THEN n % 38 + 1 ELSE n % 2 + 39 END, 'run-' || n,
         '2026-01-01Z'::timestamptz + n * interval '1 minute',
         CASE WHEN n % 4000 > 0 THEN '2026-01-01Z'::timestamptz + n * interval '1 minute' + interval '30 seconds' END,
         CASE WHEN n % 4000 > 0 THEN n % 4000 <> 7 END, 1
    FROM generate_series(1, 40000) n;
  INSERT INTO pipeline_execution (id, parent_id, root_id, pipeline_id, start_date, end_date, completed_successfully,
                                  config_version)
  SELECT 40000 + n, 3000, 3000, 3000 % 38 + 1, '2025-12-01Z'::timestamptz + n * 7919 % 6000 * interval '1 minute',
         '2025-12-06Z', false, 1
    FROM generate_series(1, 6000) n;
  INSERT INTO pipeline_execution_external_id (pipeline_id, external_id, execution_id)
  SELECT pipeline_id, external_id, id FROM pipeline_execution WHERE parent_id IS NULL;
  ANALYZE`;

describe('a page of executions', () => {
  let watcher: Watcher;
  let tableBlocks: number;
  const statements: { query: string; parameters: unknown[] }[] = [];

  beforeAll(async () => {
    watcher = await Watcher.start();
    await watcher.database.sql(SEED);
    const logger = {
      logQuery: (query: string, parameters: unknown[] = []) => statements.push({ query, parameters }),
      logQueryError: () => undefined,
    };
    watcher.app.get(DataSource).logger = logger as unknown as Logger;
    const [size] = await watcher.database.sql<{ blocks: number }>(
      `SELECT (pg_relation_size('pipeline_execution') / 8192)::int AS blocks`,
    );
    tableBlocks = size?.blocks ?? 0;
  });
  afterAll(() => watcher.stop());

  it.each<[filter: string, count: number, most?: number]>([
    ['status=failed', 20],
    ['status=failed&root=true', 10, 60],
    ['status=failed&root=true&pipeline_id=10', 1, 60],
    ['status=failed&status=running', 20],
    // The first six rows of each of its 38 pipelines.
    ['pipeline_type_name=step&limit=5', 5],
    ['pipeline_type_name=rare', 20],
    ['pipeline_type_name=rare&order=asc', 20],
    ['pipeline_type_name=step&status=running&status=failed', 20],
    ['external_id=run-123', 1],
    ['end_date_gte=2026-01-28T18:30:00Z', 10],
    ['end_date_gte=2026-01-01T00:00:00Z', 20],
    ['order=asc', 20],
  ])('with %s reads few blocks', async (filter, count, most = 400) => {
    statements.length = 0;
    const { body } = await watcher.get(`/pipeline_execution?${filter}${filter.includes('limit') ? '' : '&limit=20'}`);
    expect(body).toHaveLength(count);
    const pages = statements.filter(({ query }) => query.includes('"pipeline_execution"'));
    expect(pages.length).toBeGreaterThan(0);
    let blocks = 0;
    for (const { query, parameters } of pages) {
      const [row] = await watcher.database.sql<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${query}`,
        parameters,
      );
      const plan = row?.['QUERY PLAN'][0].Plan;
      blocks += (plan?.['Shared Hit Blocks'] ?? NaN) + (plan?.['Shared Read Blocks'] ?? NaN);
    }
    // At this table size a scan reads all blocks; an index walk reads as many entries.
    expect(tableBlocks).toBeGreaterThan(500);
    expect(blocks).toBeLessThan(most);
  });
});
