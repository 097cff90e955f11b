import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { publicUrl } from '../platform/http/public-url.js';
import { SECURITY_SCHEME } from '../platform/auth/requires.js';
import { linkOperations } from './openapi-links.js';
import { shapeDocument } from './openapi-shape.js';
import { describeIdempotency } from '../platform/idempotency/idempotency.docs.js';

const DESCRIPTION = `
The service that data pipelines report to. A pipeline registers itself (\`POST /pipeline\`), reads whether it is active
and from which watermark to load, and reports each execution's start (\`POST /start_pipeline_execution\`) and end
(\`POST /end_pipeline_execution\`). An execution may name its parent; the executions of a workflow then form a tree that
can be queried.

JSON, snake_case. Times: ISO 8601 in (UTC where no offset is given), UTC out. In a POST, null means "not given".
Unknown fields of a body are ignored and named in the header \`Ignored-Fields\`, or refused with
\`Prefer: handling=strict\`; unknown query parameters are refused. Types are not coerced. A method that the
path does not support is answered with 405 and \`Allow\`. Bodies may be compressed with gzip or deflate.
Lists are paged: follow the \`Link: <...>; rel="next"\` header.
Errors are problem documents (RFC 9457): test \`code\` in programs, show \`detail\` to people.
Every response carries \`X-Request-Id\`: the caller's, if it sent one.`;

/** The groups of operations, in the order in which the author of a pipeline needs them. */
const TAGS = {
  pipeline: 'Register, read and change pipelines and their types.',
  execution: 'Report the start and the end of each execution, and read executions.',
  batch: 'Send many registrations, starts, ends and heartbeats in one request.',
  hierarchy: 'Read the ancestors and descendants of an execution, and find where a failure or a delay began.',
  monitoring: 'Check freshness and timeliness, and read incidents and the alerts that were sent.',
  lineage: 'Declare what pipelines read and write, and ask what feeds a dataset and what depends on it.',
  openlineage: 'Receive the events of producers that speak OpenLineage: Airflow, dbt, Spark, Flink, Trino and others.',
  retention: 'See how long executions are kept, and delete what is too old.',
  changes: 'Ask what has changed, every few seconds, for a page that shows it.',
  overview: 'What runs, what is wrong, and what happened in the last hours.',
  search: 'Find pipelines and executions by what people know of them.',
  session: 'Log people in, so that pages in a browser need no key.',
  'python-watcher': 'The endpoints of the older Python service, for its clients; deprecated.',
  operations: 'Monitor the service itself: liveness, readiness, metrics.',
};

/** POST requests whose answer must not be kept: it has the token of a session. */
const UNREPEATABLE: ReadonlySet<string> = new Set(['/session']);

/** The address of `npm start`: the server in a document that is not requested over HTTP. */
const DEFAULT_SERVER = 'http://localhost:8000';

/**
 * Serves Swagger UI at `/docs` and the OpenAPI document at `/docs-json`. Its server is the address
 * of the request, path prefix included, so that a client generated from it needs no other setting.
 */
export function serveDocs(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => createDocument(app), {
    patchDocumentOnRequest: (request, _reply, document) => ({
      ...document,
      servers: [{ url: serverOf(request as FastifyRequest) }],
    }),
  });
}

function createDocument(app: NestFastifyApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('Watcher')
    .setDescription(DESCRIPTION.trim())
    .setVersion('1')
    .setOpenAPIVersion('3.1.0')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer(DEFAULT_SERVER)
    .addSecurity(SECURITY_SCHEME, {
      type: 'http',
      scheme: 'bearer',
      description: 'An API key of this service, or a JWT of its issuer. Required once a key is configured.',
    });
  for (const [name, description] of Object.entries(TAGS)) builder.addTag(name, description);
  // Generated clients name their methods after it: the method's name, without the controller's.
  const operationIdFactory = (_controller: string, method: string): string => method;
  const document = SwaggerModule.createDocument(app, builder.build(), { operationIdFactory });
  describeIdempotency(document, UNREPEATABLE);
  linkOperations(document);
  return shapeDocument(document);
}

/** The address of the service as the client sees it, with the path prefix of a proxy. */
function serverOf(request: FastifyRequest): string {
  const { origin = DEFAULT_SERVER, prefix } = publicUrl(request);
  return `${origin}${prefix}`;
}
