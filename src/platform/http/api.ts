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
  type ApiResponseOptions,
  getSchemaPath,
} from '@nestjs/swagger';
import { DomainError } from '../errors/domain-error.js';
import { ID } from './fields.js';
import { type FieldProblemDto, ProblemDto } from './problem.dto.js';
import { statusOf } from './problem.filter.js';

/** The answers of an endpoint, for the OpenAPI document. */
interface Answers {
  readonly created?: Type;
  readonly ok?: Type | [Type];
  /** When the endpoint answers without a body (204). */
  readonly noContent?: string;
  /** Whether the endpoint reads a body; if so, 400, 413, 415 and `Prefer` are documented. */
  readonly body?: boolean;
  /** The endpoint's own refusals; 422 and 503 are documented for all endpoints. */
  readonly problems: readonly Refusal[];
}

/** A refusal to document: a status of the platform, or an error of a feature, which serves as the example. */
type Refusal = number | DomainError;

const REQUEST_ID = {
  'X-Request-Id': {
    description: 'The id of the request: the value that the caller sent, if it is valid, else a new id.',
    schema: { type: 'string', example: '0198a6b2-5a55-7ad0-8c3c-6f3d2f2f6d0e' },
  },
} as const;

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 0, example: 1 } },
} as const;

const NEXT_PAGE = {
  Link: {
    description:
      'The next page, `<URL>; rel="next"` (RFC 8288); absent on the last one. A page may have fewer items than `limit`.',
    schema: { type: 'string', example: '<http://localhost:8000/list?limit=100&cursor=MTAw>; rel="next"' },
  },
} as const;

const PREFERENCE_APPLIED = {
  'Preference-Applied': {
    description: 'The preference that was applied.',
    schema: { type: 'string', example: 'return=minimal' },
  },
} as const;

const ETAG = {
  ETag: { description: 'The version of the answer (RFC 9110).', schema: { type: 'string' } },
} as const;

const IGNORED_FIELDS = {
  'Ignored-Fields': {
    description: 'The unknown fields of the body, separated by commas; absent where there are none.',
    schema: { type: 'string', example: 'freshness_nubmer' },
  },
} as const;

const CHALLENGE = {
  'WWW-Authenticate': {
    description: 'How to authenticate (RFC 6750).',
    schema: { type: 'string', example: 'Bearer realm="watcher"' },
  },
} as const;

/** The headers of a refusal. */
const EXTRA_HEADERS: Record<number, NonNullable<ApiResponseOptions['headers']>> = {
  401: CHALLENGE,
  403: CHALLENGE,
  429: RETRY_AFTER,
  503: RETRY_AFTER,
};

/** The condition of each status, with an example. */
const PROBLEMS: Record<number, { when: string; code: string; detail: string; errors?: FieldProblemDto[] }> = {
  400: {
    when: 'The body is missing, or not valid JSON.',
    code: 'malformed_json',
    detail: 'The body is not valid JSON: Unexpected end of JSON input',
  },
  401: {
    when: 'The request has no key, or an unknown one.',
    code: 'unauthenticated',
    detail: 'The key is not known here.',
  },
  403: {
    when: 'The scope of the key is too small; `detail` names the required scope.',
    code: 'insufficient_scope',
    detail: "This takes the scope 'write'; the key has 'read'.",
  },
  413: {
    when: 'The body, inflated, is larger than the limit.',
    code: 'body_too_large',
    detail: 'The body is larger than 1048576 bytes.',
  },
  415: {
    when: 'The body is not JSON, or its encoding is not gzip.',
    code: 'unsupported_media_type',
    detail: 'The body must be application/json.',
  },
  422: {
    when: 'The request is well-formed but not valid; `errors` names the fields.',
    code: 'validation_failed',
    detail: 'limit: must be a whole number from 1 to 1000',
    errors: [{ field: 'limit', message: 'must be a whole number from 1 to 1000' }],
  },
  429: {
    when: 'The caller has sent too many requests; try again after `Retry-After` seconds.',
    code: 'rate_limited',
    detail: 'More than 100 requests a second; slow down.',
  },
  503: {
    when: 'The service cannot answer now; try again after `Retry-After` seconds.',
    code: 'database_unavailable',
    detail: 'The database cannot be reached now; try again.',
  },
};

/** The condition of each status of a feature's errors. */
const WHEN: Record<number, string> = {
  404: 'The id or the name is unknown.',
  409: 'The request conflicts with the state.',
};

/** Documents one refusal. */
function problem(refusal: Refusal): MethodDecorator {
  const status = refusal instanceof DomainError ? statusOf(refusal.kind) : refusal;
  const title = STATUS_CODES[status] ?? 'Refused';
  const known = PROBLEMS[status] ?? { when: WHEN[status] ?? `${title}.`, code: 'refused', detail: title };
  const { when, code, detail, errors } = refusal instanceof DomainError ? { ...known, ...textOf(refusal) } : known;
  const example = {
    type: `urn:watcher:problem:${code}`,
    title,
    status,
    detail,
    code,
    instance: '/path',
    request_id: REQUEST_ID['X-Request-Id'].schema.example,
    message: detail,
    ...(errors && { errors, details: errors }),
  } satisfies ProblemDto;
  return ApiResponse({
    status,
    description: when,
    headers: { ...REQUEST_ID, ...EXTRA_HEADERS[status] },
    content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemDto) }, example } },
  });
}

function textOf({ code, detail, fields }: DomainError) {
  return { code, detail, ...(fields && { errors: [...fields] }) };
}

/** Documents refusals. */
export function ApiProblems(...statuses: readonly number[]): MethodDecorator {
  return applyDecorators(ApiExtraModels(ProblemDto), ...statuses.map(problem));
}

/** Documents every answer of an endpoint, its refusals included. */
export function ApiAnswers({ created, ok, noContent, body = false, problems }: Answers): MethodDecorator {
  const refusals = [...new Set([...(body ? [400, 413, 415] : []), ...problems, 422, 503])];
  const headers = { ...REQUEST_ID, ...(body && IGNORED_FIELDS) };
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ...(created ? [ApiCreatedResponse({ type: created, description: 'Created.', headers })] : []),
    ...(noContent && !ok ? [ApiNoContentResponse({ description: noContent, headers })] : []),
    ...(ok ? [ApiOkResponse({ type: ok, description: created ? 'Found.' : 'Done.', headers })] : []),
    ...(body && ok
      ? [
          ApiNoContentResponse({
            description: `${noContent ? `${noContent} Also the` : 'The'} answer to \`Prefer: return=minimal\`, in place of a 200.`,
            headers: { ...headers, ...PREFERENCE_APPLIED },
          }),
        ]
      : []),
    ...(body ? [prefer(ok !== undefined)] : []),
    ...refusals.map(problem),
  );
}

function prefer(mayBeMinimal: boolean): MethodDecorator {
  const strict = '`handling=strict` (RFC 7240): 422 for unknown fields of the body.';
  const minimal = '`return=minimal`: 204 in place of a 200 with a body.';
  return ApiHeader({
    name: 'Prefer',
    required: false,
    description: mayBeMinimal ? `${strict} ${minimal}` : strict,
    schema: { type: 'string', example: mayBeMinimal ? 'handling=strict, return=minimal' : 'handling=strict' },
  });
}

/** Documents a paged list. */
export function ApiPage(item: Type, problems: readonly Refusal[] = []): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ApiOkResponse({
      type: item,
      isArray: true,
      description: 'One page.',
      headers: { ...REQUEST_ID, ...NEXT_PAGE },
    }),
    ...[...problems, 422, 503].map(problem),
  );
}

/** Documents a paged list whose pages are columns. */
export function ApiColumns(columns: Type, problems: readonly Refusal[] = []): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ApiOkResponse({ type: columns, description: 'One page.', headers: { ...REQUEST_ID, ...NEXT_PAGE } }),
    ...[...problems, 422, 503].map(problem),
  );
}

/** Documents a read with an entity tag. */
export function ApiTagged(ok: Type, problems: readonly Refusal[] = []): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'The `ETag` of the last answer.',
      schema: { type: 'string', example: '"MTc2OTg0NzYwMDAwMEA3NDg6NzQ4Og"' },
    }),
    ApiOkResponse({ type: ok, description: 'Done.', headers: { ...REQUEST_ID, ...ETAG } }),
    ApiResponse({ status: 304, description: 'Nothing has changed.', headers: { ...REQUEST_ID, ...ETAG } }),
    ...[...problems, 422, 503].map(problem),
  );
}

/** Documents an endpoint about the service itself, whose request has no parameters. */
export function ApiReport(ok: Type, problems: readonly Refusal[] = []): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ApiOkResponse({ type: ok, description: 'Done.', headers: REQUEST_ID }),
    ...problems.map(problem),
  );
}

/** Documents that some requests are led elsewhere. */
export function ApiRedirect(description: string): MethodDecorator {
  const location = { description: 'The address (RFC 9110).', schema: { type: 'string' } } as const;
  return ApiResponse({ status: 302, description, headers: { ...REQUEST_ID, Location: location } });
}

/** Documents an id in the path. */
export function ApiId(of: string, name = 'id'): MethodDecorator {
  return ApiParam({ name, description: `${of}'s id.`, schema: { ...ID, example: 1 } });
}
