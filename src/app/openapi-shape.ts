import type { OpenAPIObject } from '@nestjs/swagger';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
type Schema = Exclude<Schemas[string], { $ref: string }>;
type SchemaOrReference = Schemas[string] & { description?: string };
type Fields = Record<string, unknown>;

const SCHEMAS = '#/components/schemas/';
/** Keys whose values are data and must not be rewritten, although they may look like schemas. */
const DATA = new Set(['example', 'examples', 'default', 'enum']);

/** Improves the generated document for readers and for client generators. */
export function shapeDocument(generated: OpenAPIObject): OpenAPIObject {
  const hoisted: Schemas = {};
  const document = rewrite(renameModels(generated), (schema) => reference(hoist(schema, hoisted))) as OpenAPIObject;
  const schemas: Schemas = { ...document.components?.schemas, ...hoisted };
  operationsOf(document).forEach(shapeOperation);
  acceptNull(document, schemas);
  for (const [name, schema] of Object.entries(schemas)) {
    if ('$ref' in schema) continue;
    if (schema.properties) schema.properties = Object.fromEntries(inReadingOrder(schema));
    if (schema.enum) Object.assign(schema, { 'x-enum-varnames': schema.enum.map((value) => constant(name, value)) });
  }
  const sorted = Object.entries(schemas).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...document,
    paths: inOrderOfTags(document),
    components: { ...document.components, schemas: Object.fromEntries(sorted) },
  };
}

function operationsOf(document: OpenAPIObject): Operation[] {
  return Object.values(document.paths).flatMap(({ get, post, put, patch, delete: del }) =>
    [get, post, put, patch, del].filter((operation) => operation !== undefined),
  );
}

/** Renames models: `PipelineDto` to `Pipeline`, and the body `PatchPipelineDto` to `PatchPipelineRequest`. */
function renameModels(document: OpenAPIObject): OpenAPIObject {
  const bodies = new Set(operationsOf(document).map((operation) => bodyOf(operation)));
  const nameOf = (model: string): string => model.replace(/Dto$/, bodies.has(model) ? 'Request' : '');
  const schemas = Object.entries(document.components?.schemas ?? {}).map(([model, schema]) => [nameOf(model), schema]);
  const renamed = { ...document, components: { ...document.components, schemas: Object.fromEntries(schemas) } };
  return rewrite(renamed, (schema) =>
    typeof schema['$ref'] === 'string' && schema['$ref'].startsWith(SCHEMAS)
      ? { ...schema, $ref: SCHEMAS + nameOf(schema['$ref'].slice(SCHEMAS.length)) }
      : schema,
  ) as OpenAPIObject;
}

/** The name of the model of an operation's request body, or of its items. */
function bodyOf({ requestBody }: Operation): string | undefined {
  const schema = requestBody && 'content' in requestBody ? requestBody.content['application/json']?.schema : undefined;
  const model = schema && 'items' in schema ? schema.items : schema;
  return model && '$ref' in model ? model.$ref.slice(SCHEMAS.length) : undefined;
}

/** Copies the document and applies `change` to each object, innermost first. */
function rewrite(node: unknown, change: (object: Fields) => Fields): unknown {
  if (Array.isArray(node)) return node.map((item) => rewrite(item, change));
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.entries(node).map(([key, value]) => [key, DATA.has(key) ? value : rewrite(value, change)]);
  return change(Object.fromEntries(copy) as Fields);
}

/** Moves an `anyOf` with a title to a schema of that name; else generators create a type for each field. */
function hoist(schema: Fields, hoisted: Schemas): Fields {
  const { title, ...rest } = schema;
  if (typeof title !== 'string' || !Array.isArray(rest['anyOf'])) return schema;
  hoisted[title] = rest;
  return { $ref: SCHEMAS + title };
}

/** Unwraps an `allOf` of one reference: since OpenAPI 3.1, `$ref` may have a description beside it. */
function reference(schema: Fields): Fields {
  const { allOf, ...rest } = schema;
  if (!Array.isArray(allOf) || allOf.length !== 1 || !('$ref' in allOf[0])) return schema;
  delete rest['type'];
  return { ...rest, ...allOf[0] };
}

function shapeOperation(operation: Operation): void {
  // The generator uses the whole docblock as the summary; only its first paragraph belongs there.
  const [summary = '', ...description] = (operation.summary ?? '').split(/\n\s*\n/);
  operation.summary = summary.replaceAll('\n', ' ');
  if (description.length > 0) operation.description = description.join('\n\n');
  // Swagger UI fills its form with the examples; a list filtered by all of them at once is empty.
  for (const parameter of operation.parameters ?? []) {
    if ('$ref' in parameter || parameter.required || !parameter.schema) continue;
    const { example, ...schema } = parameter.schema as Schema;
    parameter.schema = schema;
    if (example !== undefined) parameter.description = `${parameter.description ?? ''} Example: \`${example}\`.`;
  }
}

/** In a POST, null means "not given": every optional field accepts it. */
function acceptNull({ paths }: OpenAPIObject, schemas: Schemas): void {
  const bodies = new Set(Object.values(paths).map(({ post }) => post && bodyOf(post)));
  for (const name of bodies) {
    const schema = name === undefined ? undefined : schemas[name];
    if (!schema || '$ref' in schema) continue;
    const { properties = {}, required = [] } = schema;
    for (const [field, property] of Object.entries(properties)) {
      if (!required.includes(field)) properties[field] = orNull(property);
    }
  }
}

function takesNull(schema: SchemaOrReference): boolean {
  if ('$ref' in schema) return false;
  const types: unknown[] = [schema.type].flat();
  return types.includes('null') || (schema.anyOf ?? []).some(takesNull);
}

function orNull(schema: SchemaOrReference): SchemaOrReference {
  if ('$ref' in schema) {
    const { $ref, ...beside } = schema;
    return { ...beside, anyOf: [{ $ref }, { type: 'null' }] };
  }
  if (takesNull(schema)) return schema;
  if (schema.anyOf) return { ...schema, anyOf: [...schema.anyOf, { type: 'null' }] };
  if (schema.type === undefined) return schema;
  const nullable = { ...schema, type: [schema.type, 'null'].flat() };
  return schema.enum ? { ...nullable, enum: [...schema.enum, null] } : nullable;
}

/**
 * The name of an enum value in generated clients: `EXECUTION_STATUS_RUNNING`. Go has one namespace for the constants of
 * all enums, hence the prefix, as in protobuf.
 */
function constant(list: string, value: unknown): string {
  return `${list.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_')}_${String(value)}`.toUpperCase();
}

/** The properties: `id`, `name`, then required, then optional ones, each group as declared. */
function inReadingOrder({ properties = {}, required = [] }: Schema): [string, SchemaOrReference][] {
  const rank = (name: string): number => (name === 'id' ? 0 : name === 'name' ? 1 : required.includes(name) ? 2 : 3);
  return Object.entries(properties).toSorted(([a], [b]) => rank(a) - rank(b));
}

/** The paths in the order of their tags, within a tag as declared. */
function inOrderOfTags({ paths, tags = [] }: OpenAPIObject): OpenAPIObject['paths'] {
  const names = tags.map(({ name }) => name);
  const rank = ({ get, post, put, patch, delete: del }: OpenAPIObject['paths'][string]): number =>
    names.indexOf((get ?? post ?? put ?? patch ?? del)?.tags?.[0] ?? '');
  return Object.fromEntries(Object.entries(paths).toSorted(([, a], [, b]) => rank(a) - rank(b)));
}
