import { readFile } from 'node:fs/promises';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { Service } from '../support/service.js';
import type { Json } from '../support/watcher.js';

/** The document of the built service: the build of the tests lacks the compiler plugin that reads the docblocks. */
let document: Json;
let database: TestDatabase;
let service: Service;

beforeAll(async () => {
  database = await createDatabase();
  service = await Service.start({ DATABASE_URL: database.url });
  document = await (await fetch(`${service.url}/docs-json`)).json();
});
afterAll(async () => {
  await service.kill();
  await database.drop();
});

/** Each operation, as `POST /pipeline`. */
function operations(): [string, Json][] {
  return Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, operation]): [string, Json] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
}

/** Each field of each body, as `Pipeline.name`. */
function fields(): [string, Json][] {
  return Object.entries<Json>(document.components.schemas).flatMap(([schema, { properties }]) =>
    Object.entries<Json>(properties ?? {}).map(([name, field]): [string, Json] => [`${schema}.${name}`, field]),
  );
}

/** Each parameter, as `GET /pipeline ?limit`. */
function parameters(): [string, Json][] {
  return operations().flatMap(([operation, { parameters: given = [] }]) =>
    given.map((parameter: Json): [string, Json] => [`${operation} ?${parameter.name}`, parameter]),
  );
}

/** The names of the entries that violate a rule; every test expects an empty list. */
const lacking = (all: [string, Json][], has: (value: Json, name: string) => boolean): string[] =>
  all.filter(([name, value]) => !has(value, name)).map(([name]) => name);

/** A field of objects has the examples of their fields. */
const isMadeOfOthers = (field: Json): boolean =>
  '$ref' in field ||
  (field.anyOf ?? []).some((one: Json) => '$ref' in one) ||
  (field.type === 'array' && '$ref' in field.items);

const typesOf = ({ type }: Json): string[] => (type === undefined ? [] : [type].flat());

/** Whether null is among the values. */
const takesNull = (field: Json): boolean =>
  typesOf(field).includes('null') || (field.anyOf ?? []).some((one: Json) => one.type === 'null');

/** Every object of the document, with its path; without values, such as examples. */
function objects(node: unknown = document, path = ''): [string, Json][] {
  if (typeof node !== 'object' || node === null) return [];
  const inside = Object.entries(node)
    .filter(([key]) => !['example', 'examples', 'default'].includes(key))
    .flatMap(([key, value]) => objects(value, `${path}/${key}`));
  return Array.isArray(node) ? inside : [[path, node as Json], ...inside];
}

/** Keywords of common languages, and members that every class has there. */
const RESERVED = new Set(
  `this self super class def del from import in is not and or pass raise return yield lambda global with as new enum
   function var let const void delete default switch case func map chan range package go select interface struct goto
   final native public private protected static abstract boolean int long double float char byte short throw throws`.split(
    /\s+/,
  ),
);

describe('the OpenAPI document', () => {
  it('is one, and has every endpoint', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(operations().map(([name]) => name)).toEqual(
      expect.arrayContaining([
        'POST /pipeline',
        'PATCH /pipeline',
        'GET /pipeline',
        'GET /pipeline/{id}',
        'GET /pipeline/{id}/history',
        'POST /pipeline_type',
        'PATCH /pipeline_type',
        'GET /pipeline_type',
        'GET /pipeline_type/{id}',
        'POST /start_pipeline_execution',
        'POST /end_pipeline_execution',
        'GET /pipeline_execution',
        'GET /pipeline_execution/{id}',
        'GET /pipeline_execution/{id}/children',
        'GET /pipeline_execution/{id}/downstream',
        'GET /pipeline_execution/{id}/upstream',
        'GET /pipeline_execution/{id}/tree',
        'GET /pipeline_execution/{id}/root_cause',
        'GET /pipeline_execution/{id}/blocking',
        'GET /pipeline_execution/{id}/critical_path',
        'GET /pipeline_execution/{id}/rollup',
        'GET /pipeline_execution/{id}/compare/{other_id}',
        'POST /session',
        'GET /session',
        'DELETE /session',
        'GET /',
        'GET /health',
        'GET /health/live',
        'GET /health/ready',
      ]),
    );
  });

  it('gives every operation a name of its own and a summary of one line', () => {
    expect(lacking(operations(), ({ summary }) => /^[^\n]{10,}$/.test(summary ?? ''))).toEqual([]);
    const ids = operations().map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is the committed one; `npm run openapi:write` updates that', async () => {
    const file = await readFile(new URL('../../openapi/watcher.json', import.meta.url), 'utf8');
    const committed: Json = JSON.parse(file);
    expect(committed.servers).toEqual([{ url: 'http://localhost:8000' }]);
    expect({ ...document, servers: committed.servers }).toEqual(committed);
  });

  it('names the server that the request named', async () => {
    expect(document.servers).toEqual([{ url: service.url }]);
    const { port } = new URL(service.url);
    const other: Json = await (await fetch(`http://localhost:${port}/docs-json`)).json();
    expect(other.servers).toEqual([{ url: `http://localhost:${port}` }]);
  });

  it('groups the operations, and describes each group', () => {
    const tags: Json[] = document.tags;
    expect(tags[0]?.name).toBe('pipeline');
    expect(tags.at(-1)?.name).toBe('operations');
    const described = tags.map(({ name, description }): [string, string] => [name, description]);
    expect(described.filter(([, description]) => !/^[A-Z][^.]{20,}\.$/.test(description))).toEqual([]);
    const names = tags.map(({ name }) => name);
    expect(lacking(operations(), ({ tags: [tag, ...others] }) => others.length === 0 && names.includes(tag))).toEqual(
      [],
    );
    expect(names.filter((name) => !operations().some(([, operation]) => operation.tags.includes(name)))).toEqual([]);
  });

  it('has names that are valid in generated clients', () => {
    expect(lacking(operations(), ({ operationId }) => /^[a-z]+([A-Z][a-z]+)*$/.test(operationId))).toEqual([]);
    const models = Object.keys(document.components.schemas);
    expect(models.filter((name) => !/^([A-Z][a-z]+)+$/.test(name) || name.endsWith('Dto'))).toEqual([]);
    // The runtime of a generated client has a class of this name.
    expect(models).not.toContain('Configuration');
    expect(fields().filter(([name]) => RESERVED.has(name.split('.')[1] ?? ''))).toEqual([]);
  });

  it('has one named type for each list of values, and one for watermarks', () => {
    const inline = objects().filter(([path, { enum: values }]) => values?.length > 1 && !/schemas\/\w+$/.test(path));
    expect(inline.map(([path]) => path)).toEqual([]);
    const choices = objects().filter(([, { anyOf = [], oneOf = [] }]) => anyOf.length + oneOf.length > 2);
    expect(choices.map(([path]) => path)).toEqual(['/components/schemas/Watermark']);
  });

  it('gives each value of a list a name that no other list has', () => {
    const lists = Object.entries<Json>(document.components.schemas).filter(([, { enum: values }]) => values);
    expect(lists.length).toBeGreaterThan(5);
    const names = lists.flatMap(([, list]) => list['x-enum-varnames'] as string[]);
    expect(names).toContain('EXECUTION_STATUS_RUNNING');
    expect(names.length).toBe(lists.flatMap(([, list]) => list.enum as string[]).length);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has nothing that OpenAPI 3.1 has removed', () => {
    expect(objects().filter(([, object]) => 'nullable' in object)).toEqual([]);
  });

  it('has no Idempotency-Key for a login, whose answer is not kept', () => {
    const posts = operations().filter(([name]) => name.startsWith('POST'));
    const takesKey = ({ parameters: given = [] }: Json): boolean =>
      given.some(({ name }: Json) => name === 'Idempotency-Key');
    expect(lacking(posts, takesKey)).toEqual(['POST /session']);
  });

  it('names the scope that an operation requires', () => {
    const scopes = operations().flatMap(([, { security = [] }]) => security.flatMap(({ key }: Json) => key));
    expect(new Set(scopes)).toEqual(new Set(['read', 'write', 'admin']));
  });

  it('links the ids that a POST answers with to the operations that take them', () => {
    const byId = new Map(operations().map(([, operation]) => [operation.operationId as string, operation]));
    const linked = (name: string, status: string): string[] => {
      const links: [string, Json][] = Object.entries(byId.get(name)?.responses[status].links ?? {});
      return links.map(([link, { operationId, parameters = {}, requestBody }]) => {
        const target = byId.get(operationId);
        if (!target) throw new Error(`${name} links to ${operationId}, which is not there`);
        const known = target.parameters?.map((parameter: Json) => parameter.name) ?? [];
        expect([link, Object.keys(parameters).filter((parameter) => !known.includes(parameter))]).toEqual([link, []]);
        if (requestBody) {
          const body = target.requestBody.content['application/json'].schema.$ref.split('/').at(-1);
          expect([link, requestBody]).toEqual([link, '$response.body']);
          expect([link, Object.keys(document.components.schemas[body].properties)]).toEqual([
            link,
            expect.arrayContaining(['id']),
          ]);
        }
        return link;
      });
    };
    for (const status of ['200', '201']) {
      expect(linked('registerPipeline', status)).toEqual(
        expect.arrayContaining(['start', 'patch', 'getPipeline', 'getPipelineHistory', 'listPipelineExecutions']),
      );
      expect(linked('createPipelineType', status)).toEqual(expect.arrayContaining(['patch', 'getPipelineType']));
      expect(linked('startPipelineExecution', status)).toEqual(
        expect.arrayContaining(['end', 'startChild', 'getPipelineExecution', 'getExecutionTree', 'compareExecutions']),
      );
    }
  });

  it.each([
    ['POST /pipeline', '201', ['X-Request-Id', 'Ignored-Fields', 'Idempotency-Replayed']],
    ['POST /pipeline', '204', ['X-Request-Id', 'Ignored-Fields', 'Idempotency-Replayed', 'Preference-Applied']],
    ['PATCH /pipeline', '200', ['X-Request-Id', 'Ignored-Fields']],
    ['GET /pipeline', '200', ['X-Request-Id', 'Link']],
    ['GET /pipeline', '401', ['X-Request-Id', 'WWW-Authenticate']],
    ['GET /pipeline', '503', ['X-Request-Id', 'Retry-After']],
  ])('%s says which headers come with a %s', (name, status, headers) => {
    const [, operation] = operations().find(([other]) => other === name) ?? [];
    expect(Object.keys(operation.responses[status].headers)).toEqual(expect.arrayContaining(headers));
  });

  it('describes every field, with an example', () => {
    expect(lacking(fields(), ({ description }) => (description ?? '').length > 3)).toEqual([]);
    expect(lacking(fields(), (field) => isMadeOfOthers(field) || field.example !== undefined)).toEqual([]);
  });

  it('describes every parameter, with an example', () => {
    expect(lacking(parameters(), ({ description }) => (description ?? '').length > 3)).toEqual([]);
    const hasExample = ({ schema, example, description }: Json): boolean =>
      (schema.example ?? schema.$ref ?? schema.items?.$ref ?? example) !== undefined || /example/i.test(description);
    expect(lacking(parameters(), hasExample)).toEqual([]);
  });

  it('gives the range of every number', () => {
    const formats: Record<string, string[]> = { integer: ['int32', 'int64'], number: ['double'] };
    const numbers = objects(document.components.schemas, 'schemas')
      .concat(parameters().map(([name, { schema }]): [string, Json] => [name, schema]))
      .filter(([, object]) => typesOf(object).some((type) => type in formats));
    expect(numbers.length).toBeGreaterThan(20);
    const isSized = (object: Json): boolean => formats[typesOf(object)[0] ?? '']?.includes(object.format) ?? false;
    expect(lacking(numbers, isSized)).toEqual([]);
  });

  it('gives every moment its format', () => {
    const moments = [...fields(), ...parameters().map(([name, { schema }]): [string, Json] => [name, schema])].filter(
      ([name]) => /(_date|_at|_date_gte|_date_lt|_insert|_update|_soft_delete)$/.test(name),
    );
    expect(moments.length).toBeGreaterThan(10);
    expect(lacking(moments, ({ format, items }) => (items?.format ?? format) === 'date-time')).toEqual([]);
  });

  it('takes null for every field of a POST that may be left out', () => {
    const posted = operations()
      .filter(([name, { requestBody }]) => name.startsWith('POST') && requestBody)
      .map(([, { requestBody }]) => requestBody.content['application/json'].schema)
      .map(({ $ref, items }) => ($ref ?? items.$ref).split('/').at(-1) as string);
    expect(posted).toEqual(expect.arrayContaining(['RegisterPipelineRequest', 'EndExecutionRequest']));
    for (const name of posted) {
      const { properties, required = [] } = document.components.schemas[name];
      const nulls = Object.keys(properties).filter((field) => takesNull(properties[field]));
      expect([name, ...nulls]).toEqual([name, ...Object.keys(properties).filter((field) => !required.includes(field))]);
    }
  });

  it('lists every status of an operation with its body', () => {
    for (const [name, { responses }] of operations()) {
      const statuses = Object.keys(responses);
      expect([name, statuses.some((status) => status.startsWith('2'))]).toEqual([name, true]);
      for (const [status, { description, content = {} }] of Object.entries<Json>(responses)) {
        expect([name, status, description.length > 3]).toEqual([name, status, true]);
        const types = Object.keys(content);
        if (['204', '302', '304'].includes(status)) expect([name, types]).toEqual([name, []]);
        else if (status >= '400') expect([name, status, types]).toEqual([name, status, ['application/problem+json']]);
        else expect([name, status, types.length]).toEqual([name, status, 1]);
      }
    }
  });

  it.each([
    ['POST /pipeline', ['200', '201', '204', '400', '413', '415', '422', '503']],
    ['PATCH /pipeline', ['200', '204', '400', '404', '409', '413', '415', '422', '503']],
    ['GET /pipeline', ['200', '422', '503']],
    ['GET /pipeline/{id}', ['200', '404', '422', '503']],
    ['POST /start_pipeline_execution', ['200', '201', '204', '400', '404', '413', '415', '422', '503']],
    ['POST /end_pipeline_execution', ['200', '204', '400', '404', '409', '413', '415', '422', '503']],
    ['GET /pipeline_execution/{id}/tree', ['200', '404', '422', '503']],
    ['POST /session', ['204', '400', '401', '403', '413', '415', '422', '429', '503']],
    ['DELETE /session', ['204', '403', '429', '503']],
  ])('%s may answer %j', (name, statuses) => {
    const [, operation] = operations().find(([other]) => other === name) ?? [];
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(statuses));
  });

  it.each([
    ['RegisterPipelineRequest', ['name', 'pipeline_type_name']],
    ['PatchPipelineRequest', []],
    ['CreatePipelineTypeRequest', ['name']],
    ['PatchPipelineTypeRequest', []],
    ['StartExecutionRequest', ['pipeline_id']],
    ['EndExecutionRequest', ['id']],
    ['RegisteredPipeline', ['id', 'active', 'load_lineage', 'watermark']],
    ['StartedExecution', ['id']],
  ])('%s requires %j', (schema, required) => {
    expect(document.components.schemas[schema].required ?? []).toEqual(expect.arrayContaining(required));
    expect(document.components.schemas[schema].required ?? []).toHaveLength(required.length);
  });

  it('requires the fields that are always present, and no others: answers are complete', () => {
    for (const schema of [
      'Pipeline',
      'PipelineType',
      'Execution',
      'RelatedExecution',
      'ExecutionTree',
      'PipelineConfiguration',
    ]) {
      const { properties, required } = document.components.schemas[schema];
      expect(new Set(required)).toEqual(new Set(Object.keys(properties)));
    }
    const { properties, required } = document.components.schemas.Problem;
    expect(Object.keys(properties).filter((name) => !required.includes(name))).toEqual(['errors', 'details']);
  });

  it('requires no optional parameter', () => {
    const required = parameters().filter(([, parameter]) => parameter.required);
    const needed = ['GET /search ?q', 'GET /lineage-graph ?source_address_id'];
    const isNeeded = ({ in: place }: Json, name: string): boolean => place === 'path' || needed.includes(name);
    expect(lacking(required, isNeeded)).toEqual([]);
  });

  it('shows where null is allowed', () => {
    const mayBeNull = (schema: string): string[] =>
      Object.entries<Json>(document.components.schemas[schema].properties)
        .filter(([, field]) => takesNull(field))
        .map(([name]) => name);
    expect(mayBeNull('RegisteredPipeline')).toEqual(['watermark']);
    expect(new Set(mayBeNull('PatchPipelineRequest'))).toEqual(
      new Set([
        'pipeline_metadata',
        'watermark',
        'next_watermark',
        'freshness_number',
        'freshness_datepart',
        'timeliness_number',
        'timeliness_datepart',
        'freshness_warn_number',
        'freshness_warn_datepart',
        'timeliness_warn_number',
        'timeliness_warn_datepart',
        'schedule',
        'schedule_timezone',
        'start_grace_number',
        'start_grace_datepart',
        'lost_after_number',
        'lost_after_datepart',
        'retention_number',
        'retention_datepart',
        'last_target_insert',
        'last_target_update',
        'last_target_soft_delete',
      ]),
    );
  });
});

describe('the answers of the service', () => {
  /** Names of fields that are only in a body or only in its schema. */
  function strangers(body: Json, schema: string): string[] {
    const { properties, required } = document.components.schemas[schema];
    return [
      ...Object.keys(body).filter((name) => !(name in properties)),
      ...required.filter((name: string) => !(name in body)),
    ];
  }

  it('to null for every optional field are those to absent fields', async () => {
    const nothing = (schema: string): Json => {
      const { properties, required = [] } = document.components.schemas[schema];
      const optional = Object.keys(properties).filter((field) => !required.includes(field));
      return Object.fromEntries(optional.map((field) => [field, null]));
    };
    const post = async (path: string, schema: string, given: Json): Promise<Json> => {
      const response = await service.post(path, { ...nothing(schema), ...given });
      expect([path, response.status < 300]).toEqual([path, true]);
      return response.json();
    };
    const name = 'null for everything';
    const { id } = await post('/pipeline', 'RegisterPipelineRequest', { name, pipeline_type_name: 'test' });
    await post('/pipeline_type', 'CreatePipelineTypeRequest', { name });
    const started = await post('/start_pipeline_execution', 'StartExecutionRequest', { pipeline_id: id });
    const end = { id: started.id, completed_successfully: true };
    await post('/end_pipeline_execution', 'EndExecutionRequest', end);
    await post('/freshness', 'CheckRequest', {});
  });

  it('have cursors of the documented form', async () => {
    for (const name of ['page 1', 'page 2']) await service.post('/pipeline_type', { name });
    const link = (await fetch(`${service.url}/pipeline_type?limit=1`)).headers.get('link') ?? '';
    const cursor = new URL(/<(.*?)>/.exec(link)?.[1] ?? '').searchParams.get('cursor') ?? '';
    const cursors = parameters().filter(([name]) => name.endsWith('?cursor'));
    expect(cursors.length).toBeGreaterThan(5);
    expect(lacking(cursors, ({ schema }) => new RegExp(schema.pattern).test(cursor))).toEqual([]);
  });

  it('match the document', async () => {
    const send = async (method: string, path: string, body?: Json): Promise<Json> => {
      const init = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
      return (await fetch(`${service.url}${path}`, { method, ...init })).json();
    };
    const registered = await send('POST', '/pipeline', { name: 'documented', pipeline_type_name: 'test' });
    expect(strangers(registered, 'RegisteredPipeline')).toEqual([]);
    await send('POST', '/pipeline', { name: 'documented', pipeline_type_name: 'test', pipeline_metadata: {} });
    expect(strangers(await send('GET', `/pipeline/${registered.id}`), 'Pipeline')).toEqual([]);
    const [change] = await send('GET', `/pipeline/${registered.id}/history`);
    expect(strangers(change, 'PipelineConfigurationChange')).toEqual([]);
    expect(strangers(change.new_configuration, 'PipelineConfiguration')).toEqual([]);
    expect(strangers((await send('GET', '/pipeline_type'))[0], 'PipelineType')).toEqual([]);
    const started = await send('POST', '/start_pipeline_execution', { pipeline_id: registered.id });
    expect(strangers(started, 'StartedExecution')).toEqual([]);
    await send('POST', '/start_pipeline_execution', { pipeline_id: registered.id, parent_id: started.id });
    expect(strangers(await send('GET', `/pipeline_execution/${started.id}`), 'ExecutionWithChildren')).toEqual([]);
    expect(strangers((await send('GET', `/pipeline_execution/${started.id}/children`))[0], 'RelatedExecution')).toEqual(
      [],
    );
    expect(strangers(await send('GET', `/pipeline_execution/${started.id}/tree`), 'ExecutionTree')).toEqual([]);
    const ended = await send('POST', '/end_pipeline_execution', { id: started.id, completed_successfully: true });
    expect(strangers(ended, 'Execution')).toEqual([]);
    expect(strangers(await send('POST', '/pipeline', {}), 'Problem')).toEqual([]);
    expect(strangers(await send('GET', '/health'), 'Health')).toEqual([]);
    expect(strangers(await send('GET', '/session'), 'Session')).toEqual([]);
  });
});
