import { STATUS_CODES } from 'node:http';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { asDomainError } from '../database/database-errors.js';
import { DomainError, type ErrorKind } from '../errors/domain-error.js';
import type { ProblemDto } from './problem.dto.js';

/** The media type of RFC 9457. */
export const PROBLEM_JSON = 'application/problem+json; charset=utf-8';

declare module 'fastify' {
  interface FastifyRequest {
    /** The reason of a refusal or failure, for the log; has names of fields, never their values. */
    refusal: Pick<DomainError, 'code' | 'fields'> | null;
  }
}

const INTERNAL_ERROR = 'internal_error';

const STATUS: Record<ErrorKind, number> = {
  malformed: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  too_large: 413,
  unsupported_media_type: 415,
  invalid: 422,
  failed_dependency: 424,
  too_many: 429,
  unavailable: 503,
};

/** The framework's own refusals, by status; any other 4xx counts as malformed. */
const FRAMEWORK_ERRORS: Record<number, readonly [ErrorKind, string]> = {
  404: ['not_found', 'route_not_found'],
  413: ['too_large', 'body_too_large'],
  415: ['unsupported_media_type', 'unsupported_media_type'],
  422: ['invalid', 'validation_failed'],
  503: ['unavailable', 'unavailable'],
};

/** The `Retry-After` of a 503, in seconds. */
const RETRY_AFTER_SECONDS = '1';

/** Turns every error into an answer: `application/problem+json` by RFC 9457. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** Also handles errors before a controller, such as a URL that cannot be decoded. */
  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const refusal = this.refusalOf(error, request, reply);
    request.refusal = { code: refusal?.code ?? INTERNAL_ERROR, fields: refusal?.fields ?? [] };
    if (!refusal) this.logger.error({ err: error, request_id: request.id }, 'unexpected error');
    const status = refusal ? STATUS[refusal.kind] : 500;
    if (status === 503 || status === 429) void reply.header('retry-after', RETRY_AFTER_SECONDS);
    void reply
      .code(status)
      .header('content-type', PROBLEM_JSON)
      .send(JSON.stringify(problem(status, refusal, request)));
  }

  private refusalOf(error: unknown, request: FastifyRequest, reply: FastifyReply): DomainError | undefined {
    if (error instanceof DomainError) return error;
    const fromDatabase = asDomainError(error);
    if (fromDatabase) return fromDatabase;
    const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown }).statusCode;
    if (typeof status !== 'number' || status < 400 || (status > 499 && status !== 503)) return undefined;
    const allowed = status === 404 ? request.server.methodsAt(pathOf(request)) : [];
    // A method that the path takes found its route, which has nothing at this path: a file that is missing.
    if (allowed.length > 0 && !allowed.includes(request.method)) {
      void reply.header('allow', allowed.join(', '));
      return new DomainError(
        'method_not_allowed',
        'method_not_allowed',
        `${pathOf(request)} takes ${allowed.join(', ')}, not ${request.method}.`,
      );
    }
    const [kind, code] = FRAMEWORK_ERRORS[status] ?? (['malformed', 'bad_request'] as const);
    return new DomainError(kind, code, (error as Error).message);
  }
}

/** The status of a kind of refusal. */
export function statusOf(kind: ErrorKind): number {
  return STATUS[kind];
}

/** The problem document of a refusal, or of an unexpected error. */
export function problem(
  status: number,
  refusal: Pick<DomainError, 'code' | 'detail' | 'fields'> | undefined,
  request: Pick<FastifyRequest, 'url' | 'id'>,
): ProblemDto {
  const code = refusal?.code ?? INTERNAL_ERROR;
  const detail = refusal?.detail ?? 'An unexpected error occurred in the service; the log has it under the request id.';
  return {
    type: `urn:watcher:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    code,
    instance: pathOf(request),
    request_id: request.id,
    message: detail,
    ...(refusal?.fields && { errors: [...refusal.fields], details: [...refusal.fields] }),
  };
}

function pathOf({ url }: Pick<FastifyRequest, 'url'>): string {
  return url.split('?', 1)[0] ?? '/';
}
