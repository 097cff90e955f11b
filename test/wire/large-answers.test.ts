import { readFile } from 'node:fs/promises';
import { jest } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { Service } from '../support/service.js';
import { type Json, Watcher } from '../support/watcher.js';

// The tests write and read hundreds of megabytes, on a machine that may be busy.
jest.setTimeout(180_000);

const ANSWER_BYTES = 16 * 1024 * 1024;
/** The children of the tree about which a whole answer would be 570 MB; the tests of pages use a smaller tree. */
const CHILDREN = 2250;
const LISTED = 200;
const METADATA_BYTES = 254_000;

let database: TestDatabase;
let watcher: Watcher;
let pipeline: number;
let root: number;
let listed: number;

beforeAll(async () => {
  database = await createDatabase();
  watcher = await Watcher.start({}, database);
  pipeline = await watcher.pipeline('large');
  const metadata = `jsonb_build_object('n', n, 'text', repeat('x', ${METADATA_BYTES}))`;
  root = await grow(CHILDREN, metadata, 'NULL');
  listed = await grow(LISTED, metadata, 'NULL');
  const pipelineOfType = await watcher.pipeline('large, of a type', { pipeline_type_name: 'large' });
  await database.sql('UPDATE pipeline_execution SET pipeline_id = $1::bigint WHERE parent_id = $2::bigint', [
    pipelineOfType,
    listed,
  ]);
});
afterAll(() => watcher.stop());

/**
 * Inserts a root with failed children, one a second, whose metadata and message these expressions give. Returns its id.
 */
async function grow(children: number, metadata: string, message: string): Promise<number> {
  const top = await watcher.begin(pipeline, { start_date: '2026-01-31T00:00:00Z' });
  await database.sql(
    `WITH child AS (
       INSERT INTO pipeline_execution (parent_id, root_id, pipeline_id, start_date, end_date, completed_successfully,
                                       status, execution_metadata, error_message, config_version)
       SELECT $1::bigint, $1::bigint, $2::bigint, '2026-01-31T00:00:00Z'::timestamptz + make_interval(secs => n),
              '2026-01-31T01:00:00Z'::timestamptz + make_interval(secs => n), false, 'failed', ${metadata}, ${message}, 1
         FROM generate_series(1, $3::int) n
       RETURNING id)
     INSERT INTO pipeline_execution_closure (child_execution_id, parent_execution_id, depth)
     SELECT id, id, 0 FROM child UNION ALL SELECT id, $1::bigint, 1 FROM child`,
    [top, pipeline, children],
  );
  return top;
}

/** An answer, and the bytes of its body. */
interface Sized {
  readonly status: number;
  readonly bytes: number;
  readonly next: string | undefined;
  readonly body: Json;
}

async function get(path: string, url = watcher.url): Promise<Sized> {
  const response = await fetch(new URL(path, url));
  const text = await response.text();
  const next = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
  return { status: response.status, bytes: Buffer.byteLength(text), next, body: JSON.parse(text) };
}

/** All pages from a path on. Checks that each has at least one item, and at most the bytes of an answer. */
async function pages(path: string): Promise<Sized[]> {
  const found: Sized[] = [];
  for (let next: string | undefined = path; next !== undefined; next = found.at(-1)?.next) {
    const page = await get(next);
    expect([page.status, page.bytes <= ANSWER_BYTES + 1]).toEqual([200, true]);
    expect(page.body.length).toBeGreaterThan(0);
    found.push(page);
  }
  return found;
}

describe('a page of large items', () => {
  const lists: [string, () => string][] = [
    ['executions', () => `/pipeline_execution?parent_id=${listed}&limit=1000`],
    [
      'executions in several states',
      () => `/pipeline_execution?parent_id=${listed}&status=failed&status=running&order=asc&limit=1000`,
    ],
    ['executions of a type', () => '/pipeline_execution?pipeline_type_name=large&limit=1000'],
    ['executions of a type in a state', () => '/pipeline_execution?pipeline_type_name=large&status=failed&limit=1000'],
    ['children', () => `/pipeline_execution/${listed}/children?limit=1000`],
    ['downstream', () => `/pipeline_execution/${listed}/downstream?limit=1000`],
    ['root causes', () => `/pipeline_execution/${listed}/root_cause?limit=1000`],
  ];

  it.each(lists)('of %s ends at 16 MB, and the next one continues from there', async (_, path) => {
    const found = await pages(path());
    const items: Json[] = found.flatMap(({ body }) => body);
    expect(new Set(items.map(({ id }) => id)).size).toBe(LISTED);
    expect(items).toHaveLength(LISTED);
    expect(items.every(({ execution_metadata: { text } }) => text.length === METADATA_BYTES)).toBe(true);
    // Only the last page has room for another item.
    for (const { bytes } of found.slice(0, -1)) expect(bytes + METADATA_BYTES + 1000).toBeGreaterThan(ANSWER_BYTES);
  });

  it('shows running executions likewise', async () => {
    const top = await grow(100, `jsonb_build_object('text', repeat('y', ${METADATA_BYTES}))`, 'NULL');
    await database.sql(
      `UPDATE pipeline_execution SET end_date = NULL, completed_successfully = NULL, status = 'running' WHERE parent_id = $1`,
      [top],
    );
    const found = await pages(`/pipeline_execution/${top}/blocking`);
    expect(found.flatMap(({ body }) => body)).toHaveLength(100);
    expect(found).toHaveLength(2);
  });

  it('counts the bytes that are sent, not the characters that are stored', async () => {
    const top = await grow(60, `'{}'`, `repeat(chr(1), 100000)`);
    const found = await pages(`/pipeline_execution/${top}/children?limit=1000`);
    // Each of these characters takes six bytes of JSON.
    expect(found.length).toBe(Math.ceil(60 / Math.floor(ANSWER_BYTES / 600_600)));
    const numbers = await grow(
      40,
      `(SELECT jsonb_build_object('n', jsonb_agg('1e300'::numeric)) FROM generate_series(1, 2000))`,
      'NULL',
    );
    expect(
      (await pages(`/pipeline_execution/${numbers}/children?limit=1000`)).flatMap(({ body }) => body),
    ).toHaveLength(40);
  });

  it('mixes short and long values in their order', async () => {
    const top = await grow(
      500,
      `jsonb_build_object('n', n, 'text', repeat('z', CASE WHEN n % 5 = 0 THEN 200000 ELSE n END))`,
      `CASE WHEN n % 7 = 0 THEN repeat('e', 90000) END`,
    );
    const items: Json[] = (await pages(`/pipeline_execution/${top}/children?limit=1000`)).flatMap(({ body }) => body);
    expect(items.map(({ execution_metadata: { n } }) => n)).toEqual(
      Array.from({ length: 500 }, (_, index) => index + 1),
    );
    for (const {
      execution_metadata: { n, text },
      error_message: message,
    } of items) {
      expect([text.length, message?.length ?? null]).toEqual([n % 5 === 0 ? 200_000 : n, n % 7 === 0 ? 90_000 : null]);
    }
  });

  it.each([
    [
      'pipelines',
      '/pipeline?pipeline_type_name=listed&limit=1000',
      async () => {
        await database.sql(
          `WITH kind AS (INSERT INTO pipeline_type (name) VALUES ('listed') RETURNING id)
         INSERT INTO pipeline (name, pipeline_type_id, pipeline_metadata, config_hash)
         SELECT 'listed ' || n, kind.id, jsonb_build_object('text', repeat('x', 250000)), repeat('0', 64)
           FROM kind, generate_series(1, 200) n`,
        );
      },
    ],
    [
      'changes',
      '/pipeline/1/history?limit=1000',
      async () => {
        const configuration = `jsonb_build_object('pipeline_metadata', jsonb_build_object('text', repeat('x', 125000)))`;
        await database.sql(
          `INSERT INTO pipeline_config_history (pipeline_id, config_version, config_hash, old_configuration, new_configuration)
         SELECT 1, n, repeat('0', 64), ${configuration}, ${configuration} FROM generate_series(2, 201) n`,
        );
      },
    ],
    [
      'incidents',
      '/incident?limit=1000',
      async () => {
        await database.sql(
          `INSERT INTO incident (kind, pipeline_id, execution_id, opened_at, since, root_cause_count, root_causes)
         SELECT 'failure', 1, n, now(), now(), 50, (SELECT jsonb_agg(jsonb_build_object('execution_id', cause,
                'pipeline_id', 1, 'pipeline_name', 'large', 'error_message', repeat('x', 5000))) FROM generate_series(1, 50) cause)
           FROM generate_series(1, 200) n`,
        );
      },
    ],
    [
      'notes on incidents',
      '/incident?kind=freshness&limit=1000',
      async () => {
        await database.sql(
          `INSERT INTO incident (kind, pipeline_id, opened_at, since, resolved_at, resolution, note)
         SELECT 'freshness', 1, now(), now(), now(), 'loaded', repeat('😀', 62500) FROM generate_series(1, 200) n`,
        );
      },
    ],
    [
      'alerts',
      '/alert?limit=1000',
      async () => {
        // Long ids: fewer of them are as many bytes.
        await database.sql(
          `INSERT INTO alert (delivery_id, channel, event, incident_ids, body, created_at, status)
         SELECT gen_random_uuid(), 'slack', 'opened', array_agg(i), 'x', now(), 'sent'
           FROM generate_series(1, 200) n, generate_series(1000000000000000, 1000000000011000) i
            GROUP BY n`,
        );
      },
    ],
  ] as const)('of %s does the same', async (_, path, fill) => {
    await fill();
    const found = await pages(path);
    const items: Json[] = found.flatMap(({ body }) => body);
    expect([items.length, new Set(items.map(({ id, config_version: version }) => id ?? version)).size]).toEqual([
      200, 200,
    ]);
    expect(found.length).toBeGreaterThan(2);
    expect(found.length).toBeLessThan(7);
  });

  it('has at least one item, however long its path is', async () => {
    // A chain of 300, and below its end 200 failed executions: their paths have 60,000 steps.
    const base = 1_000_000;
    await database.sql(
      `INSERT INTO pipeline_execution (id, parent_id, root_id, pipeline_id, start_date, end_date, completed_successfully,
                                       status, config_version)
       SELECT $1::int + n, CASE WHEN n > 0 THEN $1::int + least(n, 300) - 1 END, $1::int, $2::bigint, now(),
              now() + make_interval(secs => n), n < 300, CASE WHEN n < 300 THEN 'succeeded' ELSE 'failed' END, 1
         FROM generate_series(0, 499) n`,
      [base, pipeline],
    );
    await database.sql(
      `INSERT INTO pipeline_execution_closure (child_execution_id, parent_execution_id, depth)
       SELECT $1::int + n, $1::int + m, least(n, 300) - m
         FROM generate_series(0, 499) n, generate_series(0, 299) m WHERE m <= n
        UNION ALL SELECT $1::int + n, $1::int + n, 0 FROM generate_series(300, 499) n`,
      [base],
    );
    const found = await pages(`/pipeline_execution/${base}/root_cause?limit=1000`);
    const items: Json[] = found.flatMap(({ body }) => body);
    expect(items.map(({ id }) => id)).toEqual(Array.from({ length: 200 }, (_, index) => base + 300 + index));
    expect(items.every(({ path, depth }) => path.length === 301 && depth === 300)).toBe(true);
    expect(found).toHaveLength(3);
  });
});

describe('an answer about a tree', () => {
  it('is cut at 16 MB, and marked as cut', async () => {
    const { status, bytes, body } = await get(`/pipeline_execution/${root}/tree`);
    expect([status, bytes <= ANSWER_BYTES + 100]).toEqual([200, true]);
    expect(body).toMatchObject({ id: root, truncated: true, truncated_at_depth: 1 });
    expect(body.node_count).toBe(body.child_executions.length + 1);
    expect(body.node_count).toBe(1 + Math.floor(ANSWER_BYTES / (METADATA_BYTES + 560)));
    // The answer has the first executions by id.
    expect(body.child_executions.map(({ execution_metadata: { n } }: Json) => n)).toEqual(
      Array.from({ length: body.node_count - 1 }, (_, index) => index + 1),
    );
  });

  it('has as many children of an execution as fit, and shows that there are more', async () => {
    const { status, bytes, body } = await get(`/pipeline_execution/${root}`);
    expect([status, bytes <= ANSWER_BYTES + METADATA_BYTES + 2000, body.truncated]).toEqual([200, true, true]);
    expect(body.child_executions.length).toBeGreaterThan(60);
    // The answer has the first children by start, each without its own children.
    expect(
      body.child_executions.map(({ execution_metadata: { n }, child_executions: below }: Json) => [n, below]),
    ).toEqual(body.child_executions.map((_: Json, index: number) => [index + 1, []]));
    // An answer that fits is complete, and is not marked as cut.
    const { body: child } = await get(`/pipeline_execution/${body.child_executions[0].id}`);
    expect([child.child_executions, 'truncated' in child]).toEqual([[], false]);
    const small = await grow(1000, `'{}'`, 'NULL');
    expect('truncated' in (await get(`/pipeline_execution/${small}`)).body).toBe(false);
    await watcher.begin(pipeline, { parent_id: small });
    const { body: one } = await get(`/pipeline_execution/${small}`);
    expect([one.child_executions.length, one.truncated]).toEqual([1000, true]);
  });

  it('of a comparison, a critical path or a rollup is cut likewise', async () => {
    const top = await grow(9999, `'{}'`, 'NULL');
    const other = await grow(9999, `'{}'`, 'NULL');
    // Each child is of its own pipeline, with the longest possible name.
    await database.sql(
      `INSERT INTO pipeline (name, pipeline_type_id, config_hash)
       SELECT repeat('😀', 245) || n, 1, repeat('0', 64) FROM generate_series(1, 20000) n`,
    );
    await database.sql(
      `UPDATE pipeline_execution e
          SET pipeline_id = (SELECT max(id) FROM pipeline) - e.id % 20000, start_date = '2026-01-31T00:00:00Z',
              end_date = '2026-01-31T00:00:00Z'::timestamptz + make_interval(secs => e.id % 100)
        WHERE e.parent_id = ANY ($1::bigint[])`,
      [[top, other]],
    );
    await watcher.end(top);
    await watcher.end(other);
    for (const path of [`compare/${other}`, 'critical_path', 'rollup']) {
      const { status, bytes, body } = await get(`/pipeline_execution/${top}/${path}`);
      expect([path, status, bytes <= ANSWER_BYTES]).toEqual([path, 200, true]);
      // 10,000 lines of 1.5 kB fit, 20,000 do not.
      const isCut = path.startsWith('compare');
      expect([path, body.truncated, body.truncated_at_depth]).toEqual([path, isCut, isCut ? 1 : null]);
    }
  });
});

describe('a process with 512 MB', () => {
  it.each([
    ['trees', () => `/pipeline_execution/${root}/tree`],
    ['pages', () => `/pipeline_execution?parent_id=${root}&limit=1000`],
    ['executions', () => `/pipeline_execution/${root}`],
  ])('answers four large %s at once, repeatedly, and serves others meanwhile', async (_, path) => {
    const service = await Service.start({
      DATABASE_URL: database.url,
      NODE_OPTIONS: '--max-old-space-size=256 --max-semi-space-size=16',
    });
    try {
      for (let round = 0; round < 2; round++) {
        const answers = Promise.all(Array.from({ length: 4 }, () => get(path(), service.url)));
        expect((await get(`/pipeline/${pipeline}`, service.url)).status).toBe(200);
        for (const { status, bytes } of await answers) {
          expect([status, bytes > ANSWER_BYTES - METADATA_BYTES - 1000]).toEqual([200, true]);
        }
      }
      const [, peak] = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${service.pid}/status`, 'utf8')) ?? [];
      expect(Number(peak)).toBeLessThan(512 * 1024);
    } finally {
      await service.kill();
    }
  });
});
