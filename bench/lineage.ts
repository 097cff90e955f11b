/**
 * Measures the questions about lineage on a graph of 100,000 datasets and a million edges: in the database alone
 * (planning and execution, by EXPLAIN ANALYZE), and from the request to the parsed answer of the built service. One half
 * of the datasets is 50 clusters of 1,000, whose edges lead from one dataset to the next ones, 20 of them back; the other
 * half is one random component. Then the same with rows of executions added.
 *
 *   npm run bench:lineage [-- --rounds 25 --runs 10000,1000000]
 */
import { parseArgs } from 'node:util';
import pg from 'pg';
import { openStage } from './support/stage.ts';
import { median, printTable, ratio, spread } from './support/table.ts';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '25' }, runs: { type: 'string', default: '10000,1000000' } },
});
const rounds = Number(options.rounds);
const sizes = options.runs.split(',').map(Number);

const DATASETS = `
  INSERT INTO address_type (name, name_key, group_name) VALUES ('postgres', 'postgres', 'database');
  INSERT INTO pipeline_type (name) VALUES ('bench');
  INSERT INTO pipeline (name, pipeline_type_id, config_hash)
  SELECT 'pipeline ' || n, 1, '' FROM generate_series(1, 10000) n;
  INSERT INTO address (name, key, address_type_id, input_hash)
  SELECT 'db.schema.table_' || n, sha256(('table ' || n)::bytea), 1, '' FROM generate_series(1, 100000) n`;
/** Of 1,000 in a cluster each leads to 10 of the next 60, and the last 20 lead back to the first. */
const CLUSTERS = `
  INSERT INTO address_edge (source_address_id, target_address_id, pipeline_id, declared, first_seen)
  SELECT c * 1000 + i + 1, c * 1000 + least(i + 1 + (i * 7 + k * k * 5 + k) % 60, 999) + 1, (c * 1000 + i) % 10000 + 1, true,
         current_date
    FROM generate_series(0, 49) c, generate_series(0, 999) i, generate_series(1, 10) k
   UNION ALL
  SELECT c * 1000 + 980 + i + 1, c * 1000 + i + 1, c + 1, true, current_date
    FROM generate_series(0, 49) c, generate_series(0, 19) i
      ON CONFLICT DO NOTHING`;
const COMPONENT = `
  INSERT INTO address_edge (source_address_id, target_address_id, pipeline_id, declared, first_seen)
  SELECT 50000 + 1 + (n % 50000), 50000 + 1 + floor(random() * 50000)::int, n % 10000 + 1, true, current_date
    FROM generate_series(1, $1::int) n
      ON CONFLICT DO NOTHING`;
const USES = `
  INSERT INTO execution_dataset (execution_id, dataset_id, io, rows, at)
  SELECT n, 1 + n % 100000, CASE WHEN n % 3 = 0 THEN 'O' ELSE 'I' END, n, now() - n * interval '1 second'
    FROM generate_series($1::int, $2::int) n
      ON CONFLICT DO NOTHING`;

const WALK = 'SELECT w.ids, w.depths FROM watcher_lineage_walk($1::bigint[], $2::bool, $3::int, $4::int) w';

interface Question {
  readonly name: string;
  readonly sql?: readonly unknown[];
  readonly path: string;
}

/** Near the end of a cluster nearly all of it is upstream. */
const LATE = 25_990;
const RANDOM = 77_777;
const questions: readonly Question[] = [
  { name: 'upstream in a cluster', sql: [[LATE], true, 1001, 10_001], path: `/dataset/${LATE}/upstream?limit=1000` },
  { name: 'upstream, first 100', sql: [[LATE], true, 1001, 10_001], path: `/dataset/${LATE}/upstream` },
  { name: 'downstream, 3 steps', sql: [[RANDOM], false, 3, 10_001], path: `/dataset/${RANDOM}/downstream?depth=3` },
  { name: 'cut at 10,000', sql: [[RANDOM], false, 1001, 10_001], path: `/dataset/${RANDOM}/downstream` },
  { name: 'graph, 1,000 datasets', path: `/dataset/${LATE}/graph?depth=50` },
  { name: 'impact', path: `/dataset/25001/impact` },
  { name: 'writers of a dataset', path: `/dataset/${LATE}/writes` },
];

async function inDatabase(pool: pg.Pool, values: readonly unknown[]): Promise<number> {
  const { rows } = await pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE, TIMING OFF, BUFFERS OFF) ${WALK}`, [
    ...values,
  ]);
  const text = rows.map((row) => row['QUERY PLAN']).join('\n');
  return Number(/Planning Time: ([\d.]+)/.exec(text)?.[1]) + Number(/Execution Time: ([\d.]+)/.exec(text)?.[1]);
}

async function whole(url: string, path: string): Promise<{ ms: number; answer: unknown }> {
  const begun = performance.now();
  const response = await fetch(`${url}${path}`);
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return { ms: performance.now() - begun, answer };
}

function describe(answer: unknown): string {
  const { reached, truncated } = answer as { reached?: number; truncated?: boolean };
  return reached === undefined ? String((answer as unknown[]).length) : `${reached}${truncated ? ' cut' : ''}`;
}

const stage = await openStage();
try {
  const { pool, url } = stage;
  await pool.query(DATASETS);
  await pool.query(CLUSTERS);
  const { rows: planted } = await pool.query<{ n: number }>('SELECT count(*)::int AS n FROM address_edge');
  await pool.query(COMPONENT, [1_000_000 - (planted[0]?.n ?? 0)]);
  await pool.query('VACUUM ANALYZE');
  const { rows } = await pool.query<{ n: number }>('SELECT count(*)::int AS n FROM address_edge');
  console.log(`${rows[0]?.n} edges`);
  let first: ReadonlyMap<string, number> | undefined;
  for (const [index, size] of sizes.entries()) {
    await pool.query(USES, [(sizes[index - 1] ?? 0) + 1, size]);
    await pool.query('VACUUM ANALYZE execution_dataset');
    console.log(`${size.toLocaleString('en')} rows of executions`);
    const medians = new Map<string, number>();
    const table: string[][] = [];
    for (const question of questions) {
      const database: number[] = [];
      const total: number[] = [];
      let found = '';
      for (let round = -5; round < rounds; round++) {
        const { ms, answer } = await whole(url, question.path);
        const inside = question.sql ? await inDatabase(pool, question.sql) : 0;
        found = describe(answer);
        // The first rounds only warm up.
        if (round < 0) continue;
        total.push(ms);
        database.push(inside);
      }
      medians.set(question.name, median(total));
      table.push([
        question.name,
        found,
        question.sql ? median(database).toFixed(1) : '',
        median(total).toFixed(1),
        spread(total),
        ratio(median(total), first?.get(question.name) ?? median(total)),
      ]);
    }
    first ??= medians;
    printTable(['question', 'datasets', 'walk in the database, ms', 'whole, ms', 'spread', 'to fewer rows'], table);
  }
} finally {
  await stage.close();
}
