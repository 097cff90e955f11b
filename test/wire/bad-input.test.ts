import { createConnection } from 'node:net';
import { type Answer, type Json, Watcher } from '../support/watcher.js';

let watcher: Watcher;
let pipeline: number;
let execution: number;

beforeAll(async () => {
  watcher = await Watcher.start();
  pipeline = await watcher.pipeline('there');
  execution = await watcher.begin(pipeline);
});
afterEach(async () => {
  // The service still answers after all of these requests.
  expect((await watcher.get('/health/ready')).status).toBe(200);
  expect((await watcher.post('/pipeline', { name: 'there', pipeline_type_name: 'test' })).status).toBe(200);
});
afterAll(() => watcher.stop());

function expectProblem({ status, body, headers }: Answer, statuses: readonly number[]): void {
  expect(statuses).toContain(status);
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(body).toMatchObject({ status, code: expect.any(String), title: expect.any(String), message: body.detail });
  expect(body.request_id).toBe(headers.get('x-request-id'));
}

/** Each endpoint that reads a body, with a valid body, and its fields by their type. */
interface Endpoint {
  readonly method: 'POST' | 'PATCH';
  readonly path: string;
  readonly good: () => Json;
  readonly fields: Readonly<
    Record<string, 'id' | 'number' | 'text' | 'watermark' | 'time' | 'flag' | 'object' | 'unit'>
  >;
}

const thresholds = {
  freshness_number: 'number',
  freshness_datepart: 'unit',
  timeliness_number: 'number',
  timeliness_datepart: 'unit',
} as const;
const mutes = { mute_freshness_check: 'flag', mute_timeliness_check: 'flag' } as const;

const endpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/pipeline',
    good: () => ({ name: 'there', pipeline_type_name: 'test' }),
    fields: {
      name: 'text',
      pipeline_type_name: 'text',
      pipeline_metadata: 'object',
      next_watermark: 'watermark',
      ...thresholds,
    },
  },
  {
    method: 'PATCH',
    path: '/pipeline',
    good: () => ({ id: pipeline }),
    fields: {
      id: 'id',
      pipeline_id: 'id',
      name: 'text',
      pipeline_type_id: 'id',
      pipeline_metadata: 'object',
      watermark: 'watermark',
      next_watermark: 'watermark',
      active: 'flag',
      load_lineage: 'flag',
      ...thresholds,
      ...mutes,
    },
  },
  {
    method: 'POST',
    path: '/pipeline_type',
    good: () => ({ name: 'test' }),
    fields: { name: 'text', ...thresholds, ...mutes },
  },
  {
    method: 'PATCH',
    path: '/pipeline_type',
    good: () => ({ id: 1 }),
    fields: { id: 'id', name: 'text', ...thresholds, ...mutes },
  },
  {
    method: 'POST',
    path: '/start_pipeline_execution',
    good: () => ({ pipeline_id: pipeline }),
    fields: {
      pipeline_id: 'id',
      start_date: 'time',
      watermark: 'watermark',
      next_watermark: 'watermark',
      parent_id: 'id',
      parent_execution_id: 'id',
      parent_external_id: 'text',
      parent_pipeline_id: 'id',
      parent_pipeline_name: 'text',
      external_id: 'text',
      attempt: 'number',
      retry_of: 'id',
      execution_metadata: 'object',
    },
  },
  {
    method: 'POST',
    path: '/end_pipeline_execution',
    good: () => ({ id: execution, completed_successfully: true }),
    fields: {
      id: 'id',
      end_date: 'time',
      completed_successfully: 'flag',
      status: 'text',
      total_rows: 'number',
      inserts: 'number',
      updates: 'number',
      soft_deletes: 'number',
      execution_metadata: 'object',
      error_message: 'text',
    },
  },
];

const JSON_TYPE = { 'content-type': 'application/json' };
const deep = (open: string, close: string): string => open.repeat(20_000) + close.repeat(20_000);

describe.each(endpoints)('$method $path', ({ method, path, good, fields }) => {
  const send = (body: string | Uint8Array<ArrayBuffer> | undefined, headers: Record<string, string> = JSON_TYPE) =>
    watcher.send(method, path, body, headers);

  /** An object without known fields is invalid, unless all fields are optional. */
  const ofUnknownFields = Object.keys(good()).length > 0 ? 422 : 200;

  it.each<[string, string | Uint8Array<ArrayBuffer>]>([
    ['half an object', '{"name": "a"'],
    ['no quotes', '{name: 1}'],
    ['single quotes', "{'name': 'a'}"],
    ['NaN', '{"name": NaN}'],
    ['Infinity', '{"name": -Infinity}'],
    ['a comment', '{} // really'],
    ['two objects', '{}{}'],
    ['a NUL', '{"name": "\0"}'],
    ['a number with a leading zero', '{"id": 01}'],
    ['invalid UTF-8', Buffer.from([...Buffer.from('{"name": "'), 0xc3, 0x28, ...Buffer.from('"}')])],
    ['a surrogate in UTF-8', Buffer.from([...Buffer.from('{"name": "'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')])],
    ['20,000 brackets left open', '['.repeat(20_000)],
    ['a byte order mark alone', '\ufeff'],
  ])('answers 400 to a body that is %s', async (_, body) => {
    expectProblem(await send(body), [400]);
  });

  it.each([
    ['an array', '[]'],
    ['an array of objects', '[{"name": "a"}]'],
    ['text', '"name"'],
    ['a number', '5'],
    ['true', 'true'],
    ['20,000 nested arrays', deep('[', ']')],
  ])('answers 422 to a body that is %s', async (_, body) => {
    expectProblem(await send(body), [422]);
  });

  it.each([
    ['an empty object', '{}'],
    ['20,000 nested objects', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`],
    ['an object of prototypes', '{"__proto__": {"name": "a", "id": 1}, "constructor": {"name": "b"}}'],
  ])(`answers ${ofUnknownFields} to a body that is %s`, async (_, body) => {
    const answer = await send(body);
    if (ofUnknownFields === 422) expectProblem(answer, [422]);
    else expect(answer.status).toBe(200);
  });

  it('answers null as an absent field, and no body as an empty one', async () => {
    for (const answer of [await send('null'), await send(undefined, {}), await send(undefined), await send('')]) {
      if (ofUnknownFields === 422) expectProblem(answer, [400]);
      else expect(answer.status).toBe(200);
    }
  });

  it('answers 413 to a body over the limit', async () => {
    expectProblem(await send(JSON.stringify({ ...good(), x: 'x'.repeat(1024 * 1024) })), [413]);
  });

  it('answers 415 to a body of another type, or of none', async () => {
    const body = JSON.stringify(good());
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/javascript', 'json', '*/*']) {
      expectProblem(await send(body, { 'content-type': type }), [415]);
    }
    expectProblem(await send(Buffer.from(body), {}), [415]);
  });

  const wrong: Record<string, readonly string[]> = {
    id: [
      '0',
      '-1',
      '"1"',
      '1.5',
      'true',
      '[]',
      '{}',
      '9007199254740993',
      '9223372036854775808',
      '1e400',
      '-1e400',
      '"NaN"',
      '""',
    ],
    number: ['"5"', '0.5', 'true', '[1]', '{}', '-1', '9007199254740992', '18446744073709551616', '1e400', '"1e3"'],
    text: ['5', 'false', '["a"]', '{"a": 1}', '"a\\u0000b"', '"\\ud800"', '"\\udfff\\ud800"'],
    watermark: ['["a"]', '{"a": 1}', '"\\u0000"', '"\\udc00"', '1e400', '[]', `"${'x'.repeat(1001)}"`],
    time: [
      '5',
      'true',
      '"yesterday"',
      '"999999-01-01T00:00:00Z"',
      '"0001-01-01T00:00:00Z"',
      '"1969-12-31T23:59:59.999Z"',
      '"9999-12-31T23:59:59Z"',
      '"+999999-01-01"',
      '"2026-02-30"',
      '"-infinity"',
      '{}',
    ],
    flag: ['"true"', '1', '0', '[]', '{}', '"on"'],
    object: [
      '5',
      '"{}"',
      '[]',
      '[{}]',
      'true',
      '{"a": "\\u0000"}',
      '{"\\ud800": 1}',
      '{"a": 1e400}',
      '{"a": {"a": [-1e999]}}',
    ],
    unit: ['5', '"fortnight"', '"DAY"', '""', '["day"]', '{}', '"toString"', '"__proto__"'],
  };
  const cases = Object.entries(fields).flatMap(([field, kind]) =>
    [...(wrong[kind] ?? []), deep('[', ']'), `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`].map(
      (value): [string, string, string] => [field, value.length > 60 ? `${value.slice(0, 12)}…` : value, value],
    ),
  );

  it.each(cases)('answers 422 to %s: %s', async (field, _, value) => {
    const others = Object.entries(good()).filter(([other]) => other !== field);
    const rest = JSON.stringify(Object.fromEntries(others)).slice(1, -1);
    const answer = await send(`{${rest}${rest && ','}"${field}": ${value}}`);
    expectProblem(answer, [422]);
    expect(answer.body.errors.map((error: Json) => error.field)).toContain(field);
  });
});

describe('a path or a query', () => {
  const ofExecution = ['', '/children', '/downstream', '/upstream', '/tree'];
  const ids = ['/pipeline_execution/{}/attempts', '/pipeline/{}', '/pipeline/{}/history', '/pipeline_type/{}'].concat(
    ofExecution.map((question) => `/pipeline_execution/{}${question}`),
  );

  it.each(ids)('%s answers 404 to an unknown id, and 422 to an impossible one, and repeats it', async (path) => {
    for (const id of ['99999999', '9007199254740991', '9007199254740993', '9223372036854775808']) {
      const answer = await watcher.get(path.replace('{}', id));
      expectProblem(answer, [404]);
      expect(answer.body.detail).toContain(id);
    }
    expectProblem(await watcher.get(path.replace('{}', '9'.repeat(400))), [404]);
    for (const id of ['0', '-1', '-5', '-9007199254740993']) {
      const answer = await watcher.get(path.replace('{}', id));
      expectProblem(answer, [422]);
      expect(answer.body.errors).toEqual([
        { field: 'id', message: `must be a whole number from 1 to 9007199254740991, and is ${id}` },
      ]);
    }
    for (const id of [
      'x',
      '1.0',
      '+1',
      '1e9',
      'NaN',
      'null',
      '%00',
      '%F0%9F%92%A5',
      '1;2',
      '__proto__',
      '%2e%2e%2f1',
      "1'--",
    ]) {
      expectProblem(await watcher.get(path.replace('{}', id)), [422]);
    }
  });

  it.each(ids)('%s answers 4xx to a path that cannot be decoded, or is very long', async (path) => {
    for (const id of ['%', '%zz', '%ff', '%C3%28', '%ED%A0%80']) {
      expectProblem(await watcher.get(path.replace('{}', id)), [400, 422]);
    }
    expectProblem(await watcher.get(path.replace('{}', '1'.repeat(8000))), [400, 404]);
  });

  const lists = ['/pipeline', '/pipeline_type', '/pipeline_execution'].concat(
    ofExecution.slice(1).map((question) => `/pipeline_execution/{execution}${question}`),
  );

  it.each(lists)('%s answers 200 or 422 to odd parameters', async (path) => {
    const names = [
      'name',
      'pipeline_type_name',
      'pipeline_name',
      'active',
      'pipeline_id',
      'parent_id',
      'status',
      'root',
    ];
    const others = ['start_date_gte', 'start_date_lt', 'limit', 'cursor', 'max_depth', '__proto__', 'constructor'];
    const values = ['', '%00', '%ff', '%zz', '%', '%ED%A0%80', '9'.repeat(30), '1e400', 'NaN', '-1', '{}', "'", '💥'];
    for (const name of [...names, ...others]) {
      const queries = [...values.map((value) => `${name}=${value}`), name, `${name}[]=1`, `${name}=1&${name}=2`];
      const answers = await Promise.all(
        queries.map((query) => watcher.get(`${path.replace('{execution}', String(execution))}?${query}`)),
      );
      for (const answer of answers) if (answer.status !== 200) expectProblem(answer, [422]);
      if (name.startsWith('__') || name === 'constructor')
        expect(answers.map(({ status }) => status)).not.toContain(200);
    }
  });

  it('with thousands of parameters is refused with a short message', async () => {
    const query = Array.from({ length: 2000 }, (_, index) => `p${index}=`).join('&');
    const answer = await watcher.get(`/pipeline?${query}`);
    expectProblem(answer, [422]);
    expect(answer.body.errors).toHaveLength(20);
  });

  it('beyond the limit of the headers is refused', async () => {
    const answer = await watcher.get(`/pipeline?name=${'x'.repeat(64 * 1024)}`);
    expectProblem(answer, [414, 431]);
  });

  it('of no endpoint is 404', async () => {
    for (const path of ['/x', '/pipeline//1', '/pipeline/1/x', '/../etc/passwd', '/.env', '/pipeline/1/history/2']) {
      expectProblem(await watcher.get(path), [404]);
    }
  });
});

describe('bytes that are not HTTP', () => {
  /** Sends raw bytes, and returns the answer until the service closes the connection. */
  function raw(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(watcher.url);
      const socket = createConnection({ host: hostname, port: Number(port) }, () => socket.write(text));
      let answer = '';
      socket.setEncoding('utf8');
      socket.on('data', (data) => (answer += data));
      socket.on('end', () => resolve(answer));
      socket.on('error', reject);
    });
  }

  it.each([
    ['nonsense', 'hello\r\n\r\n'],
    ['an unknown method', 'FETCH / HTTP/1.1\r\nhost: localhost\r\n\r\n'],
    ['a header without a colon', 'GET / HTTP/1.1\r\nhost: localhost\r\nnonsense\r\n\r\n'],
    ['two lengths', 'POST /pipeline HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n'],
    ['a negative length', 'POST /pipeline HTTP/1.1\r\nhost: localhost\r\ncontent-length: -5\r\n\r\n'],
    [
      'a broken chunk',
      'POST /pipeline HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n\r\n',
    ],
    ['a header over 16 kB', `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`],
  ])('is answered with a problem document: %s', async (_, text) => {
    const answer = await raw(text);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head.toLowerCase()).toContain('content-type: application/problem+json');
    expect(head.toLowerCase()).toContain('x-request-id: ');
    const problem: Json = JSON.parse(body);
    expect(problem).toMatchObject({ status: Number(answer.slice(9, 12)), code: expect.any(String) });
    expect(problem.message).toBe(problem.detail);
  });
});

describe('metadata', () => {
  const odd = {
    constructor: { prototype: { polluted: true } },
    prototype: 1,
    toString: 'x',
    toJSON: 'x',
    hasOwnProperty: null,
    '': 'empty',
    ' spaced ': ' kept as it is ',
    '@type': 'x',
    $ref: '#',
    'a.b[0]': [1, [2, [3]], {}, [], null, true, 1e-7, -0.5, 1e21],
    length: 5,
    watermark: 12345.5,
    id: '1',
    unicode: '😀 \u2028 \u0001 é é',
  };
  const text = JSON.stringify(odd).replace('{', '{"__proto__": {"polluted": true, "__proto__": [1]}, ');
  const expected = JSON.parse(text) as object;
  const keysOf = (metadata: object): string[] => Object.keys(metadata).sort();

  it('of a pipeline is not changed, by POST and by PATCH', async () => {
    const answer = await watcher.send(
      'POST',
      '/pipeline',
      `{"name": "odd metadata", "pipeline_type_name": "test", "pipeline_metadata": ${text}}`,
      JSON_TYPE,
    );
    expect(answer.status).toBe(201);
    const { id } = answer.body;
    const stored = (await watcher.get(`/pipeline/${id}`)).body.pipeline_metadata;
    expect(stored).toEqual(expected);
    expect(keysOf(stored)).toEqual(keysOf(expected));

    await watcher.patch('/pipeline', { id, pipeline_metadata: null });
    const patched = await watcher.send('PATCH', '/pipeline', `{"id": ${id}, "pipeline_metadata": ${text}}`, JSON_TYPE);
    expect(keysOf(patched.body.pipeline_metadata)).toEqual(keysOf(expected));
    expect(patched.body.pipeline_metadata).toEqual(expected);
    expect(({} as Json).polluted).toBeUndefined();
  });

  it('of an execution is not changed, also when it is merged', async () => {
    const started = await watcher.send(
      'POST',
      '/start_pipeline_execution',
      `{"pipeline_id": ${pipeline}, "execution_metadata": ${text}}`,
      JSON_TYPE,
    );
    const { id } = started.body;
    expect((await watcher.get(`/pipeline_execution/${id}`)).body.execution_metadata).toEqual(expected);
    const ended = await watcher.send(
      'POST',
      '/end_pipeline_execution',
      `{"id": ${id}, "completed_successfully": true, "execution_metadata": {"__proto__": {"new": 1}, "constructor": 2}}`,
      JSON_TYPE,
    );
    const { execution_metadata: merged } = ended.body;
    expect(keysOf(merged)).toEqual(keysOf(expected));
    expect(Object.getOwnPropertyDescriptor(merged, '__proto__')?.value).toEqual({ new: 1 });
    expect(merged.constructor).toBe(2);
  });

  it('is the same configuration when it comes again, and another one when a hidden key changes', async () => {
    const register = (metadata: string): Promise<Answer> =>
      watcher.send(
        'POST',
        '/pipeline',
        `{"name": "hidden keys", "pipeline_type_name": "test", "pipeline_metadata": ${metadata}}`,
        JSON_TYPE,
      );
    const { body } = await register('{"__proto__": {"a": 1}}');
    const version = async (): Promise<number> => (await watcher.get(`/pipeline/${body.id}`)).body.config_version;
    await register('{"__proto__": {"a": 1}}');
    expect(await version()).toBe(1);
    await register('{"__proto__": {"a": 2}}');
    expect(await version()).toBe(2);
  });

  it('may nest 100 levels', async () => {
    const nest = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
    const send = (levels: number): Promise<Answer> =>
      watcher.send('PATCH', '/pipeline', `{"id": ${pipeline}, "pipeline_metadata": ${nest(levels)}}`, JSON_TYPE);
    expect((await send(100)).status).toBe(200);
    expectProblem(await send(101), [422]);
    await watcher.patch('/pipeline', { id: pipeline, pipeline_metadata: null });
  });
});
