import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

const DESCRIPTION = `
The service that data pipelines report to. A pipeline registers itself (\`POST /pipeline\`), asks whether it is active
and from which watermark to load, and reports each execution's start (\`POST /start_pipeline_execution\`) and end
(\`POST /end_pipeline_execution\`). An execution may name its parent; then a workflow becomes a tree, which can be asked
what ran under what.

JSON, snake_case. Times: ISO 8601 in (UTC where no offset is given), UTC out. In a POST, null means "not given".
Unknown fields are ignored, types are not coerced. Lists are paged: follow the \`Link: <...>; rel="next"\` header.
Errors are problem documents (RFC 9457): branch on \`code\`, show \`detail\`.`;

/** Serves Swagger UI at `/docs` and the OpenAPI document at `/docs-json`. */
export function serveDocs(app: NestFastifyApplication): void {
  const builder = new DocumentBuilder()
    .setTitle('Watcher')
    .setDescription(DESCRIPTION.trim())
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/');
  SwaggerModule.setup('docs', app, () =>
    SwaggerModule.createDocument(app, builder.build(), {
      operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
    }),
  );
}
