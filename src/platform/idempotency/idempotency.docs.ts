import type { OpenAPIObject } from '@nestjs/swagger';

const DESCRIPTION =
  'Makes the request safe to repeat: its first answer is kept for 24 h and repeated to the same caller. ' +
  'With another request it is refused (422), while the first is under way too (409).';

/** Adds the Idempotency-Key, which every POST takes, to the OpenAPI document. */
export function describeIdempotency(document: OpenAPIObject): void {
  for (const { post } of Object.values(document.paths)) {
    if (!post) continue;
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
          description: '`true` where the answer is that of an earlier request with the same Idempotency-Key.',
          schema: { type: 'string', enum: ['true'] },
        },
      };
    }
  }
}
