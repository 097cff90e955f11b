import fc from 'fast-check';
import type { Json } from '../support/watcher.js';

/** One operation of the OpenAPI document. */
export interface Operation {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly spec: Json;
}

/** One request to an operation, as it is sent, so that a failure can be repeated by hand. */
export interface FuzzRequest {
  readonly operation: Operation;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

export function operationsOf(document: Json): Operation[] {
  return Object.entries<Json>(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      spec: item[method],
    })),
  );
}

/** Hostile values for any field. */
const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    ' ',
    '0',
    '-1',
    'NaN',
    'null',
    'a\u0000b',
    '\ud800',
    '\u202e',
    "'; DROP TABLE pipeline; --",
    '%',
    '../..',
    '2026-02-30T00:00:00Z',
    '+999999-01-01T00:00:00Z',
    '2026-01-01T00:00:00+99:99',
    [],
    [null],
    {},
    { id: 1 },
    { __proto__: null, constructor: 1, toString: null },
    -1,
    0,
    -0,
    0.5,
    1e308,
    2 ** 31,
    2 ** 53,
    2 ** 63,
    -(2 ** 63),
    1e-7,
  ),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ minLength: 256, maxLength: 1100 }),
  fc.double(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(Number),
  fc.jsonValue({ maxDepth: 4 }),
  fc.integer({ min: 1, max: 3000 }).map(nested),
);

function nested(depth: number): unknown {
  let value: unknown = depth;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { level: value };
  return value;
}

/** Values that a schema allows, according to the document. */
function valid(schema: Json, schemas: Json): fc.Arbitrary<unknown> {
  if (schema.$ref) return valid(schemas[schema.$ref.split('/').at(-1)], schemas);
  const branches = schema.oneOf ?? schema.anyOf;
  if (branches) return fc.oneof(...branches.map((branch: Json) => valid(branch, schemas)));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (Array.isArray(schema.type)) {
    return fc.oneof(...schema.type.map((type: string) => valid({ ...schema, type }, schemas)));
  }
  switch (schema.type) {
    case 'null':
      return fc.constant(null);
    case 'integer':
      return integer(schema);
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(valid(schema.items ?? {}, schemas), { maxLength: 5 });
    case 'string':
      return text(schema);
    default:
      return object(schema, schemas);
  }
}

/** Mostly small ids, because the run itself has created these. */
function integer({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: Json): fc.Arbitrary<unknown> {
  const small = (span: number) => fc.integer({ min: minimum, max: Math.min(maximum, minimum + span) });
  return fc.oneof(
    { arbitrary: small(4), weight: 12 },
    { arbitrary: small(40), weight: 4 },
    fc.constantFrom(minimum, maximum),
  );
}

function text({ format, pattern, minLength = 0, maxLength = 60, example }: Json): fc.Arbitrary<unknown> {
  if (format === 'date-time') {
    const moments = fc.date({
      min: new Date('0001-01-02T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
      noInvalidDate: true,
    });
    return fc
      .oneof(moments, fc.date({ min: new Date('2025-01-01'), max: new Date('2027-01-01'), noInvalidDate: true }))
      .map((date) => date.toISOString());
  }
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern)).filter(({ length }) => length <= maxLength);
  const few = fc.constantFrom(
    'alpha',
    'Beta',
    'gamma delta',
    'ä€😀',
    ...(example === undefined ? [] : [String(example)]),
  );
  return fc.oneof(
    { arbitrary: few, weight: 4 },
    fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 300) }),
  );
}

function object(schema: Json, schemas: Json): fc.Arbitrary<unknown> {
  if (!schema.properties)
    return fc.dictionary(fc.string({ maxLength: 10 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5 });
  const required: string[] = schema.required ?? [];
  const fields = Object.entries<Json>(schema.properties).map(([name, field]) => {
    const given = { arbitrary: valid(field, schemas), weight: 1 };
    // Few at a time, because many are rarely all valid.
    const left = { arbitrary: fc.constant(undefined), weight: required.includes(name) ? 0 : 2 };
    return [name, fc.oneof(given, left)] as const;
  });
  return fc.record(Object.fromEntries(fields));
}

/** An object of the schema, with up to two fields spoilt, left out or added. */
function almostValid(schema: Json, schemas: Json): fc.Arbitrary<unknown> {
  const target = schema.$ref ? schemas[schema.$ref.split('/').at(-1)] : schema;
  const names = [...Object.keys(target.properties ?? {}), 'unknown_field', 'constructor'];
  const spoilt = fc.record({ name: fc.constantFrom(...names), value: fc.oneof(junk, fc.constant(undefined)) });
  return fc.tuple(valid(schema, schemas), fc.array(spoilt, { minLength: 1, maxLength: 2 })).map(([value, changes]) => ({
    ...(value as object),
    ...Object.fromEntries(changes.map(({ name, value: other }) => [name, other])),
  }));
}

/** Bodies that are not JSON, or not an object. */
const brokenBody = fc.oneof(
  fc.constantFrom(
    '',
    '{',
    'null',
    '[]',
    '"text"',
    '{"a":1,}',
    '\ufeff{}',
    '{"id":1e999}',
    '{"id":9007199254740993}',
    '{"name":"\\ud800"}',
    '[[[[',
  ),
  junk.map((value) => JSON.stringify(value) ?? ''),
  fc.string({ maxLength: 50 }),
);

function body(operation: Operation, schemas: Json): fc.Arbitrary<string | undefined> {
  const schema = operation.spec.requestBody?.content?.['application/json']?.schema;
  if (!schema) return fc.constant(undefined);
  const json = (values: fc.Arbitrary<unknown>) => values.map((value) => JSON.stringify(value));
  return fc.oneof(
    { arbitrary: json(valid(schema, schemas)), weight: 5 },
    { arbitrary: json(almostValid(schema, schemas)), weight: 5 },
    { arbitrary: brokenBody, weight: 1 },
  );
}

/** Cursors of the service's form, with arbitrary positions. */
const position = fc
  .array(fc.oneof(fc.integer(), fc.maxSafeInteger()), { minLength: 1, maxLength: 3 })
  .map((numbers) => Buffer.from(numbers.join('.')).toString('base64url'));

/** A value in a URL, limited so that the URL is still valid. */
function inUrl(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return encodeURIComponent(text.slice(0, 80).toWellFormed());
}

function url(operation: Operation, schemas: Json): fc.Arbitrary<string> {
  const parameters: Json[] = operation.spec.parameters ?? [];
  const value = ({ name, schema }: Json) =>
    fc.oneof(
      { arbitrary: valid(schema ?? {}, schemas), weight: 6 },
      { arbitrary: junk, weight: 1 },
      { arbitrary: position, weight: name === 'cursor' ? 6 : 0 },
    );
  const named = (place: string) => parameters.filter((parameter) => parameter.in === place);
  const inPath = fc.tuple(...named('path').map((parameter) => value(parameter)));
  const inQuery = fc.tuple(
    ...named('query').map((parameter) => fc.option(value(parameter), { nil: undefined, freq: 3 })),
  );
  return fc.tuple(inPath, inQuery).map(([path, query]) => {
    // A path with an empty segment, or one of dots, is a different path.
    const segments = path.map(inUrl).map((segment) => (/^\.*$/.test(segment) ? 'x' : segment));
    const pairs = query.flatMap((given, index) =>
      given === undefined ? [] : [`${named('query')[index]?.name}=${inUrl(given)}`],
    );
    const address = operation.path.replaceAll(/\{\w+\}/g, () => segments.shift() ?? '1');
    return pairs.length > 0 ? `${address}?${pairs.join('&')}` : address;
  });
}

function headers(hasBody: boolean): fc.Arbitrary<Record<string, string>> {
  const types = ['application/json', 'application/json', 'application/json; charset=utf-8', 'application/problem+json'];
  return fc
    .record(
      {
        'content-type': fc.oneof(
          { arbitrary: fc.constantFrom(...types), weight: 20 },
          fc.constantFrom('text/plain', 'x'),
        ),
        prefer: fc.constantFrom('return=minimal', 'return=representation', 'wait=1, return=minimal'),
        'idempotency-key': fc.oneof(
          fc.constantFrom('one', 'two', 'three'),
          fc.string({ minLength: 1, maxLength: 300 }).map(inUrl),
        ),
        'x-request-id': fc.constantFrom('mine', ' ', 'x'.repeat(500), '{}'),
        accept: fc.constantFrom('*/*', 'text/html', 'application/json'),
        authorization: fc.constantFrom('Bearer x', 'Basic eDp5', 'nonsense'),
      },
      { requiredKeys: hasBody ? ['content-type'] : [] },
    )
    .map((given) => Object.fromEntries(Object.entries(given).filter(([name]) => hasBody || name !== 'content-type')));
}

/** Requests to every operation of the document, with equal probability. */
export function requestsTo(document: Json): fc.Arbitrary<FuzzRequest> {
  const schemas = document.components.schemas;
  return fc.oneof(
    ...operationsOf(document).map((operation) =>
      fc
        .tuple(url(operation, schemas), body(operation, schemas))
        .chain(([address, content]) =>
          headers(content !== undefined).map((given) => ({ operation, url: address, headers: given, body: content })),
        ),
    ),
  );
}
