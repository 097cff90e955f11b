import { createDatabase, type TestDatabase } from '../support/database.js';
import { Service } from '../support/service.js';
import type { Json } from '../support/watcher.js';

/** The document of the built service: the compiler plugin that reads the docblocks is not part of the tests' build. */
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

/** Each field of each body, as `PipelineDto.name`. */
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

/** Whoever lacks something, by name: an empty list is what every test wants to see. */
const lacking = (all: [string, Json][], has: (value: Json, name: string) => boolean): string[] =>
  all.filter(([name, value]) => !has(value, name)).map(([name]) => name);

/** A field made of other objects shows their examples. */
const isMadeOfOthers = (field: Json): boolean =>
  '$ref' in field || 'allOf' in field || (field.type === 'array' && '$ref' in field.items);

describe('the OpenAPI document', () => {
  it('is one, and has every endpoint', () => {
    expect(document.openapi).toMatch(/^3\./);
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

  it('describes every field, with an example', () => {
    expect(lacking(fields(), ({ description }) => (description ?? '').length > 3)).toEqual([]);
    expect(lacking(fields(), (field) => isMadeOfOthers(field) || field.example !== undefined)).toEqual([]);
  });

  it('describes every parameter, with an example', () => {
    expect(lacking(parameters(), ({ description }) => (description ?? '').length > 3)).toEqual([]);
    const hasExample = ({ schema, example, description }: Json): boolean =>
      (schema.example ?? schema.enum ?? example) !== undefined || /example/i.test(description);
    expect(lacking(parameters(), hasExample)).toEqual([]);
  });

  it('says of every number how large it may be', () => {
    const numbers = [...fields(), ...parameters().map(([name, { schema }]): [string, Json] => [name, schema])].filter(
      ([, { type }]) => type === 'integer' || type === 'number',
    );
    expect(numbers.length).toBeGreaterThan(20);
    const formats: Record<string, string[]> = { integer: ['int32', 'int64'], number: ['double'] };
    expect(lacking(numbers, ({ type, format }) => formats[type]?.includes(format) ?? false)).toEqual([]);
  });

  it('says of every moment that it is one', () => {
    const moments = [...fields(), ...parameters().map(([name, { schema }]): [string, Json] => [name, schema])].filter(
      ([name]) => /(_date|_at|_date_gte|_date_lt|_insert|_update|_soft_delete)$/.test(name),
    );
    expect(moments.length).toBeGreaterThan(10);
    expect(lacking(moments, ({ format }) => format === 'date-time')).toEqual([]);
  });

  it('counts null among the values of a list that may be null', () => {
    const lists = fields().filter(([, { enum: values, nullable }]) => values && nullable);
    expect(lists.length).toBeGreaterThan(0);
    expect(lacking(lists, ({ enum: values }) => values.includes(null))).toEqual([]);
  });

  it('lists every status of an operation with its body', () => {
    for (const [name, { responses }] of operations()) {
      const statuses = Object.keys(responses);
      expect([name, statuses.some((status) => status.startsWith('2'))]).toEqual([name, true]);
      for (const [status, { description, content = {} }] of Object.entries<Json>(responses)) {
        expect([name, status, description.length > 3]).toEqual([name, status, true]);
        const types = Object.keys(content);
        if (status === '204') expect([name, types]).toEqual([name, []]);
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
  ])('%s may answer %j', (name, statuses) => {
    const [, operation] = operations().find(([other]) => other === name) ?? [];
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(statuses));
  });

  it.each([
    ['RegisterPipelineDto', ['name', 'pipeline_type_name']],
    ['PatchPipelineDto', []],
    ['CreatePipelineTypeDto', ['name']],
    ['PatchPipelineTypeDto', []],
    ['StartExecutionDto', ['pipeline_id']],
    ['EndExecutionDto', ['id', 'completed_successfully']],
    ['RegisteredPipelineDto', ['id', 'active', 'load_lineage', 'watermark']],
    ['StartedExecutionDto', ['id']],
  ])('%s requires %j', (schema, required) => {
    expect(document.components.schemas[schema].required ?? []).toEqual(expect.arrayContaining(required));
    expect(document.components.schemas[schema].required ?? []).toHaveLength(required.length);
  });

  it('requires what is always there, and nothing else: answers are whole', () => {
    for (const schema of [
      'PipelineDto',
      'PipelineTypeDto',
      'ExecutionDto',
      'RelativeDto',
      'TreeDto',
      'ConfigurationDto',
    ]) {
      const { properties, required } = document.components.schemas[schema];
      expect(new Set(required)).toEqual(new Set(Object.keys(properties)));
    }
    const { properties, required } = document.components.schemas.ProblemDto;
    expect(Object.keys(properties).filter((name) => !required.includes(name))).toEqual(['errors', 'details']);
  });

  it('asks for no parameter that may be left out', () => {
    const required = parameters().filter(([, parameter]) => parameter.required);
    expect(lacking(required, ({ in: place }) => place === 'path')).toEqual([]);
  });

  it('says where null may stand', () => {
    const mayBeNull = (schema: string): string[] =>
      Object.entries<Json>(document.components.schemas[schema].properties)
        .filter(([, field]) => field.nullable === true || (field.oneOf ?? []).some((one: Json) => one.nullable))
        .map(([name]) => name);
    expect(mayBeNull('RegisteredPipelineDto')).toEqual(['watermark']);
    expect(new Set(mayBeNull('PatchPipelineDto'))).toEqual(
      new Set([
        'pipeline_metadata',
        'watermark',
        'next_watermark',
        'freshness_number',
        'freshness_datepart',
        'timeliness_number',
        'timeliness_datepart',
      ]),
    );
  });
});

describe('the answers of the service', () => {
  /** Names of the fields that a body has and its schema lacks, or the other way round. */
  function strangers(body: Json, schema: string): string[] {
    const { properties, required } = document.components.schemas[schema];
    return [
      ...Object.keys(body).filter((name) => !(name in properties)),
      ...required.filter((name: string) => !(name in body)),
    ];
  }

  it('are what the document says', async () => {
    const send = async (method: string, path: string, body?: Json): Promise<Json> => {
      const init = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
      return (await fetch(`${service.url}${path}`, { method, ...init })).json();
    };
    const registered = await send('POST', '/pipeline', { name: 'documented', pipeline_type_name: 'test' });
    expect(strangers(registered, 'RegisteredPipelineDto')).toEqual([]);
    await send('POST', '/pipeline', { name: 'documented', pipeline_type_name: 'test', pipeline_metadata: {} });
    expect(strangers(await send('GET', `/pipeline/${registered.id}`), 'PipelineDto')).toEqual([]);
    const [change] = await send('GET', `/pipeline/${registered.id}/history`);
    expect(strangers(change, 'ConfigurationChangeDto')).toEqual([]);
    expect(strangers(change.new_configuration, 'ConfigurationDto')).toEqual([]);
    expect(strangers((await send('GET', '/pipeline_type'))[0], 'PipelineTypeDto')).toEqual([]);
    const started = await send('POST', '/start_pipeline_execution', { pipeline_id: registered.id });
    expect(strangers(started, 'StartedExecutionDto')).toEqual([]);
    await send('POST', '/start_pipeline_execution', { pipeline_id: registered.id, parent_id: started.id });
    expect(strangers(await send('GET', `/pipeline_execution/${started.id}`), 'ExecutionWithChildrenDto')).toEqual([]);
    expect(strangers((await send('GET', `/pipeline_execution/${started.id}/children`))[0], 'RelativeDto')).toEqual([]);
    expect(strangers(await send('GET', `/pipeline_execution/${started.id}/tree`), 'TreeDto')).toEqual([]);
    const ended = await send('POST', '/end_pipeline_execution', { id: started.id, completed_successfully: true });
    expect(strangers(ended, 'ExecutionDto')).toEqual([]);
    expect(strangers(await send('POST', '/pipeline', {}), 'ProblemDto')).toEqual([]);
    expect(strangers(await send('GET', '/health'), 'HealthDto')).toEqual([]);
  });
});
