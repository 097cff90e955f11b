import fc from 'fast-check';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { Service } from '../support/service.js';
import type { Json } from '../support/watcher.js';
import { Documented, type FuzzAnswer } from './documented.js';
import { type FuzzRequest, operationsOf, requestsTo } from './requests.js';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 2000);
/** `FUZZ_SEED=... FUZZ_RUNS=... npm test -- test/fuzz` sends the same requests again, or more of them. */
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

describe('requests made from the OpenAPI document', () => {
  let database: TestDatabase;
  let service: Service;
  let document: Json;

  // The built service: its document contains the docblocks, which the compiler of the tests does not read.
  beforeAll(async () => {
    database = await createDatabase();
    service = await Service.start({ DATABASE_URL: database.url, LOG_LEVEL: 'info' });
    document = await (await fetch(`${service.url}/docs-json`)).json();
    // Small ids exist from the first request on.
    for (let n = 1; n <= 5; n++) await post('/pipeline', { name: `Fuzzed ${n}`, pipeline_type_name: 'fuzzed' });
    for (let n = 1; n <= 10; n++)
      await post('/start_pipeline_execution', { pipeline_id: 1 + (n % 5), parent_id: n - 1 || null });
    // Each has an execution in the tree of a pipeline with an id that is hardly drawn, so that none can be deleted.
    await database.sql(
      `INSERT INTO pipeline (id, name, pipeline_type_id, config_hash) VALUES (1000000, 'Guard', 1, repeat('0', 64))`,
    );
    await post('/start_pipeline_execution', { pipeline_id: 1_000_000 });
    for (let n = 1; n <= 5; n++) await post('/start_pipeline_execution', { pipeline_id: n, parent_id: 11 });
    // Sums may exceed the largest count.
    for (const id of [2, 3])
      await post('/end_pipeline_execution', { id, completed_successfully: true, updates: Number.MAX_SAFE_INTEGER });
  });
  afterAll(async () => {
    await service.kill();
    await database.drop();
  });

  const post = (path: string, body: unknown) =>
    fetch(`${service.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  const send = async ({ operation, url, headers, body }: FuzzRequest): Promise<FuzzAnswer> => {
    const response = await fetch(`${service.url}${url}`, {
      method: operation.method,
      headers,
      redirect: 'manual',
      ...(body !== undefined && { body }),
    });
    return { status: response.status, contentType: response.headers.get('content-type'), text: await response.text() };
  };

  it(`are answered as documented, never with a 5xx (seed ${SEED})`, async () => {
    const documented = new Documented(document);
    const seen = new Map(operationsOf(document).map(({ name }) => [name, new Set<number>()]));
    await fc.assert(
      fc.asyncProperty(requestsTo(document), async (request) => {
        const answer = await send(request);
        seen.get(request.operation.name)?.add(answer.status);
        const problem =
          answer.status >= 500
            ? `${request.operation.name}: ${answer.status}`
            : documented.problemOf(request.operation, answer);
        if (problem)
          throw new Error(`${problem}\n${request.operation.method} ${request.url}\n${answer.text.slice(0, 2000)}`);
      }),
      { numRuns: RUNS, seed: SEED, endOnFailure: true },
    );
    // Each operation was called, and the common statuses occurred (the seed decides at which operation).
    const unasked = [...seen].filter(([, statuses]) => statuses.size === 0);
    expect(unasked.map(([name]) => name)).toEqual([]);
    expect([...seen.values()].flatMap((statuses) => [...statuses])).toEqual(
      expect.arrayContaining([200, 201, 204, 400, 404, 409, 415, 422]),
    );
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    expect(service.stdout).not.toContain('"unexpected error"');
  }, 300_000);
});
