import { STATUS_CODES } from 'node:http';
import { applyDecorators, type Type } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiExtraModels,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiParam,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import { ProblemDto } from './problem.dto.js';

/** What an endpoint answers, for the OpenAPI document. */
interface Answers {
  readonly created?: Type;
  readonly ok?: Type;
  /** Whether the endpoint reads a body: then 400, 413, 415 and `Prefer` belong to it. */
  readonly body?: boolean;
  /** Statuses of this endpoint's own refusals, beyond those of every endpoint. */
  readonly problems: readonly number[];
}

const REQUEST_ID = {
  'X-Request-Id': {
    description: "The id of the request: the caller's, if it sent a sane one.",
    schema: { type: 'string' },
  },
} as const;

const DESCRIPTIONS: Record<number, string> = {
  400: 'The body is not valid JSON.',
  404: 'There is no such thing.',
  409: 'The request conflicts with the state.',
  413: 'The body is larger than the service takes.',
  415: 'The body is not JSON.',
  422: 'Well-formed but wrong: `errors` names the fields.',
  503: 'The database cannot be reached; try again after `Retry-After` seconds.',
};

function problem(status: number): MethodDecorator {
  return ApiResponse({
    status,
    description: DESCRIPTIONS[status] ?? STATUS_CODES[status] ?? 'Refused.',
    headers: {
      ...REQUEST_ID,
      ...(status === 503 && { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } } }),
    },
    content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemDto) } } },
  });
}

/** Documents every answer of an endpoint, its refusals included. */
export function ApiAnswers({ created, ok, body = false, problems }: Answers): MethodDecorator {
  const statuses = [...new Set([...(body ? [400, 413, 415] : []), ...problems, 422, 503])];
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ...(created ? [ApiCreatedResponse({ type: created, description: 'Created.', headers: REQUEST_ID })] : []),
    ...(ok ? [ApiOkResponse({ type: ok, description: created ? 'Found.' : 'Done.', headers: REQUEST_ID })] : []),
    ...(body && ok ? [ApiNoContentResponse({ description: '`Prefer: return=minimal` in place of a 200.' })] : []),
    ...(body && ok
      ? [
          ApiHeader({
            name: 'Prefer',
            required: false,
            description: '`return=minimal` (RFC 7240): 204 where a body would have followed a 200.',
            schema: { type: 'string', example: 'return=minimal' },
          }),
        ]
      : []),
    ...statuses.map(problem),
  );
}

/** Documents a paged list. */
export function ApiPage(item: Type, problems: readonly number[] = []): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ApiOkResponse({
      type: item,
      isArray: true,
      description: 'One page.',
      headers: {
        ...REQUEST_ID,
        Link: {
          description: 'The next page, `<URL>; rel="next"` (RFC 8288); absent on the last one.',
          schema: { type: 'string' },
        },
      },
    }),
    ...[...problems, 422, 503].map(problem),
  );
}

/** Documents the id in the path. */
export function ApiId(of: string): MethodDecorator {
  return ApiParam({ name: 'id', description: `${of}'s id.`, schema: { type: 'integer', format: 'int64', example: 1 } });
}
