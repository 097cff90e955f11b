import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { publicUrl } from '../platform/http/public-url.js';
import { SECURITY_SCHEME } from '../platform/auth/requires.js';
import { linkOperations } from './openapi-links.js';
import { shapeDocument } from './openapi-shape.js';
import { describeIdempotency } from '../platform/idempotency/idempotency.docs.js';

const DESCRIPTION = `
The service that data pipelines report to. A pipeline registers itself (\`POST /pipeline\`), asks whether it is active
and from which watermark to load, and reports each execution's start (\`POST /start_pipeline_execution\`) and end
(\`POST /end_pipeline_execution\`). An execution may name its parent; then a workflow becomes a tree, which can be asked
what ran under what.

JSON, snake_case. Times: ISO 8601 in (UTC where no offset is given), UTC out. In a POST, null means "not given".
Unknown fields of a body are ignored and named in the header \`Ignored-Fields\`, or refused with
\`Prefer: handling=strict\`; unknown query parameters are refused. Types are not coerced. A path that takes other methods
than that of the request is answered with 405 and \`Allow\`. Bodies may be compressed with gzip.
Lists are paged: follow the \`Link: <...>; rel="next"\` header.
Errors are problem documents (RFC 9457): branch on \`code\`, show \`detail\`. Every response carries \`X-Request-Id\`: the
caller's, if it sent one.`;

/** The groups of operations, in the order in which a pipeline's author needs them. */
const TAGS = {
  pipeline: 'Register pipelines and their types, read them, change them by hand.',
  execution: 'Report the start and the end of each execution, and read executions.',
  hierarchy: 'Ask what an execution ran under, what ran under it, and where a failure or a delay began.',
  monitoring: 'Check freshness and timeliness, and read incidents and the alerts that were sent.',
  operations: 'Watch over the service itself: liveness, readiness, metrics.',
};

/** Where `npm start` listens: the server of a document that nobody has asked for over HTTP. */
const DEFAULT_SERVER = 'http://localhost:8000';

/**
 * Serves Swagger UI at `/docs` and the OpenAPI document at `/docs-json`. Its server is the address by which it was asked
 * for, a prefix of the path included, so that a client generated from it needs no other.
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
      description: 'A key of this service, or a JWT of its issuer. Needed once a key is configured.',
    });
  for (const [name, description] of Object.entries(TAGS)) builder.addTag(name, description);
  // Generated clients call an operation by its id, so it is the name of the controller's method alone.
  const operationIdFactory = (_controller: string, method: string): string => method;
  const document = SwaggerModule.createDocument(app, builder.build(), { operationIdFactory });
  describeIdempotency(document);
  linkOperations(document);
  return shapeDocument(document);
}

/** The address of the service as the client knows it, the path of a proxy included. */
function serverOf(request: FastifyRequest): string {
  const { origin = DEFAULT_SERVER, prefix } = publicUrl(request);
  return `${origin}${prefix}`;
}
