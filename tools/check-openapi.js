/**
 * Reads the OpenAPI document of the built service as the author of a client would, and names what is missing in it.
 * `npm run openapi`, after a build.
 */
import { withService } from './with-service.js';

/** Fields and parameters that hold a moment, by how they are named. */
const MOMENT = /(_date|_at|_date_gte|_date_lt|_insert|_update|_soft_delete)$/;

/** What is missing in one operation. */
function* missingInOperation({ summary, parameters = [], responses }) {
  if (!summary || summary.includes('\n')) yield 'needs a summary of one paragraph';
  for (const { name, in: place, description = '', required = false, schema } of parameters) {
    if (!description) yield `${name} needs a description`;
    if (schema?.example === undefined && !schema?.enum && !description.includes('Example: ')) {
      yield `${name} needs an example`;
    }
    if (required !== (place === 'path')) yield `${name} is required, or not, against what its place says`;
  }
  for (const [status, { description, content }] of Object.entries(responses)) {
    if (!description) yield `${status} needs a description`;
    if (!content && status !== '204') yield `${status} needs a body`;
  }
}

/** What is missing in one property of a schema. */
function* missingInProperty(name, { description, example, type, format, nullable, enum: values, ...schema }) {
  const isReference = schema.$ref ?? schema.allOf ?? schema.items?.$ref;
  if (!description) yield 'needs a description';
  if (example === undefined && !isReference) yield 'needs an example';
  if ((type === 'integer' || type === 'number') && !format) yield 'needs a format: int32, int64 or double';
  if (MOMENT.test(name) && format !== 'date-time') yield 'is a moment, and needs the format date-time';
  if (values && nullable && !values.includes(null)) yield 'may be null, so its enum needs null';
}

function missingIn({ paths, components }) {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      [...missingInOperation(operation)].map((what) => `${method.toUpperCase()} ${path}: ${what}`),
    ),
  );
  const properties = Object.entries(components.schemas).flatMap(([schema, { properties = {} }]) =>
    Object.entries(properties).flatMap(([name, property]) =>
      [...missingInProperty(name, property)].map((what) => `${schema}.${name}: ${what}`),
    ),
  );
  return [...operations, ...properties];
}

await withService(async (url) => {
  const response = await fetch(`${url}/docs-json`);
  if (!response.ok) throw new Error(`/docs-json: ${response.status}`);
  const missing = missingIn(await response.json());
  console.log(missing.length === 0 ? 'The OpenAPI document says everything.' : missing.join('\n'));
  process.exitCode = missing.length === 0 ? 0 : 1;
});
