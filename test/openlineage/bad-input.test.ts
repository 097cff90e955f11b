import fc from 'fast-check';
import { expectExactTrees } from '../support/closure.js';
import { type Json, Watcher } from '../support/watcher.js';
import { CORPORA, eventsOf } from './corpora.js';

const RUNS = Number(process.env['OPENLINEAGE_RUNS'] ?? 400);
const SEED = Number(process.env['OPENLINEAGE_SEED'] ?? Date.now() % 2 ** 31);

const events = CORPORA.flatMap((corpus) => eventsOf(corpus).slice(0, 12));

const JUNK: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    '',
    ' ',
    'a\u0000b',
    '\ud800',
    'NaN',
    "'; DROP TABLE openlineage_run; --",
    '2026-02-30T00:00:00Z',
    '+999999-01-01T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '2026-11-25T22:41:18+99:99',
    '00000000-0000-0000-0000-000000000000',
    '00000000-0000-8000-8000-ffffffffffff',
    '00000000-0000-8000-8000-000000000001',
    -1,
    0.5,
    1e308,
    2 ** 31,
    2 ** 53,
    2 ** 63,
    -(2 ** 63),
    [],
    [null],
    [[]],
    {},
    { __proto__: null, constructor: 1, toString: null },
  ),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ minLength: 256, maxLength: 3000 }),
  fc.double(),
  fc.jsonValue({ maxDepth: 3 }),
  fc.integer({ min: 1, max: 150 }).map((depth) => {
    let value: Json = depth;
    for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { level: value };
    return value;
  }),
);

/** The paths of all values of an event, its facets included. */
function pathsOf(value: Json, path: readonly string[] = []): (readonly string[])[] {
  if (value === null || typeof value !== 'object') return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))];
}

/** A recorded event with up to three values in it replaced or left out. */
const SPOILT: fc.Arbitrary<Json> = fc
  .tuple(
    fc.constantFrom(...events),
    fc.array(fc.tuple(fc.nat(), fc.oneof({ arbitrary: JUNK, weight: 5 }, fc.constant(undefined))), {
      minLength: 1,
      maxLength: 3,
    }),
  )
  .map(([event, changes]) => {
    const paths = pathsOf(event).filter(({ length }) => length > 0);
    const spoilt = structuredClone(event);
    for (const [at, value] of changes) {
      const path = paths[at % paths.length] ?? [];
      const holder = path.slice(0, -1).reduce<Json>((inner, key) => inner?.[key], spoilt);
      if (holder !== null && typeof holder === 'object') holder[path.at(-1) ?? ''] = value;
    }
    return spoilt;
  });

describe('events with errors in them', () => {
  let watcher: Watcher;
  beforeAll(async () => {
    watcher = await Watcher.start();
  });
  afterAll(() => watcher.stop());

  it(`are taken or refused, never with a 5xx, and spoil nothing (seed ${SEED})`, async () => {
    const seen = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(SPOILT, { minLength: 1, maxLength: 6 }), fc.nat(3), async (bodies, kind) => {
        const path = kind === 2 ? '/api/v1/lineage/batch' : '/api/v1/lineage';
        const body = kind < 2 ? bodies[0] : bodies;
        const answer = await watcher.post(path, body);
        seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
        if (![200, 422].includes(answer.status)) throw new Error(`${path}: ${answer.status} ${answer.text}`);
        // Of a batch, each event that is well-formed takes effect.
        if (kind >= 2) expect(answer.body.summary.received).toBe(bodies.length);
      }),
      { numRuns: RUNS, seed: SEED, endOnFailure: true, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false },
    );
    expect([...seen.keys()].toSorted((a, b) => a - b)).toEqual([200, 422]);
    await expectExactTrees(watcher.database);
    const good = await watcher.post('/api/v1/lineage/batch', events);
    expect(good.body).toMatchObject({ status: 'success' });
    await expectExactTrees(watcher.database);
  });
});
