import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { describeIdempotency } from './idempotency/idempotency.docs.js';
import type { FastifyRequest } from 'fastify';
import { publicUrl } from './common/public-url.js';
import { SECURITY_SCHEME } from './common/access.js';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

const DESCRIPTION = `
The service that data pipelines report to. A pipeline registers itself (\`POST /pipeline\`), asks whether it is active
and from which watermark to load, and reports each execution's start (\`POST /start_pipeline_execution\`) and end
(\`POST /end_pipeline_execution\`). An execution may name its parent; then a workflow becomes a tree, which can be asked
what ran under what.

JSON, snake_case. Times: ISO 8601 in (UTC where no offset is given), UTC out. In a POST, null means "not given".
Unknown fields of a body are ignored and named in the header \`Ignored-Fields\`, or refused with \`Prefer: handling=strict\`; unknown
query parameters are refused. Types are not coerced. Lists are paged: follow the \`Link: <...>; rel="next"\` header.
Errors are problem documents (RFC 9457): branch on \`code\`, show \`detail\`. Every response carries \`X-Request-Id\`: the
caller's, if it sent one.`;

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Schema = Exclude<NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string], { $ref: string }>;

/** Serves Swagger UI at `/docs` and the OpenAPI document at `/docs-json`. */
export function serveDocs(app: NestFastifyApplication): void {
  const builder = new DocumentBuilder()
    .setTitle('Watcher')
    .setDescription(DESCRIPTION.trim())
    .setVersion('1')
    .setOpenAPIVersion('3.0.3')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/')
    .addSecurity(SECURITY_SCHEME, {
      type: 'http',
      scheme: 'bearer',
      description: 'A key of this service, or a JWT of its issuer. Needed once a key is configured.',
    });
  SwaggerModule.setup(
    'docs',
    app,
    () =>
      polish(
        SwaggerModule.createDocument(app, builder.build(), {
          operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
        }),
      ),
    {
      patchDocumentOnRequest: (request, _response, document) => ({
        ...document,
        servers: [{ url: publicUrl(request as FastifyRequest).prefix || '/' }],
      }),
    },
  );
}

/** What the generator leaves to do, for people who read the document and for programs that generate clients from it. */
function polish(document: OpenAPIObject): OpenAPIObject {
  describeIdempotency(document);
  const operations = Object.values(document.paths).flatMap(({ get, post, put, patch, delete: del }) =>
    [get, post, put, patch, del].filter((operation) => operation !== undefined),
  );
  operations.forEach(polishOperation);
  for (const schema of Object.values(document.components?.schemas ?? {})) {
    if ('$ref' in schema || !schema.properties) continue;
    schema.properties = Object.fromEntries(
      inReadingOrder(schema).map(([name, property]) => [name, nullable(property)]),
    );
  }
  return document;
}

function polishOperation(operation: Operation): void {
  // The generator takes a whole docblock for the summary: the first paragraph is one, the rest describes.
  const [summary = '', ...description] = (operation.summary ?? '').split(/\n\s*\n/);
  operation.summary = summary.replaceAll('\n', ' ');
  if (description.length > 0) operation.description = description.join('\n\n');
  // Swagger UI fills a form with the examples, and a list that is filtered by all of them at once is empty.
  for (const parameter of operation.parameters ?? []) {
    if ('$ref' in parameter || parameter.required || !parameter.schema || '$ref' in parameter.schema) continue;
    const { example, ...schema } = parameter.schema;
    parameter.schema = schema;
    if (example !== undefined) parameter.description = `${parameter.description ?? ''} Example: \`${example}\`.`;
  }
}

/** The properties with what names a thing first, then what is required; otherwise as they were declared. */
function inReadingOrder({
  properties = {},
  required = [],
}: Schema): [string, NonNullable<Schema['properties']>[string]][] {
  const rank = (name: string): number => (name === 'id' ? 0 : name === 'name' ? 1 : required.includes(name) ? 2 : 3);
  return Object.entries(properties).toSorted(([a], [b]) => rank(a) - rank(b));
}

/** In OpenAPI 3.0 `nullable` means nothing to an `enum` that lacks null, nor beside a `oneOf` without a type. */
function nullable<S extends Schema | { $ref: string }>(schema: S): S {
  if ('$ref' in schema || !schema.nullable) return schema;
  if (schema.enum) return { ...schema, enum: [...schema.enum, null] };
  if (!schema.oneOf) return schema;
  const [first, ...others] = schema.oneOf;
  return { ...schema, nullable: undefined, oneOf: [{ ...first, nullable: true }, ...others] };
}
