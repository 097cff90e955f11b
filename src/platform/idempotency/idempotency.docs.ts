import type { OpenAPIObject } from '@nestjs/swagger';

const DESCRIPTION =
  'Makes the request safe to repeat: the service keeps its first answer for 24 h and returns it again to the same caller.  ' +
  'The service refuses another request with the same key (422), and any request while the first is in progress (409).';

/** Adds the Idempotency-Key header, which every POST accepts but for those of some paths, to the OpenAPI document. */
export function describeIdempotency(document: OpenAPIObject, unrepeatable: ReadonlySet<string>): void {
  for (const [path, { post }] of Object.entries(document.paths)) {
    if (!post || unrepeatable.has(path)) continue;
    post.parameters = [
      ...(post.parameters ?? []),
      {
        name: 'Idempotency-Key',
        in: 'header',
        required: false,
        description: DESCRIPTION,
        schema: { type: 'string', minLength: 1, maxLength: 255, example: '8e03978e-40d5-43dd-bc93-6894a57f9324' },
      },
    ];
    post.responses['409'] ??= { ...post.responses['422'], description: 'The request conflicts with the state.' };
    for (const [status, response] of Object.entries(post.responses)) {
      if (!response || !status.startsWith('2') || '$ref' in response) continue;
      response.headers = {
        ...response.headers,
        'Idempotency-Replayed': {
          description: '`true` if the answer is that of an earlier request with the same Idempotency-Key.',
          schema: { type: 'string', enum: ['true'] },
        },
      };
    }
  }
}
