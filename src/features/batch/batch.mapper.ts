import { Logger } from '@nestjs/common';
import { DomainError } from '../../platform/errors/domain-error.js';
import { ANSWER_BYTES, toJson } from '../../platform/http/json-text.js';
import { problem, statusOf } from '../../platform/http/problem.filter.js';
import { currentRequestId } from '../../platform/observability/request-context.js';
import type { BatchReportDto, BatchResultDto } from './batch.dto.js';
import { type Result, UnexpectedError } from './batch-run.js';

const logger = new Logger('BatchService');

/** The results of a batch; bodies that would make the answer too large have only their id. */
export function reportOf(results: readonly Result[]): BatchReportDto {
  let bytes = 0;
  return {
    results: results.map((result) => {
      const shown = resultOf(result);
      const length = Buffer.byteLength(toJson(shown));
      if (bytes + length > ANSWER_BYTES && shown.status < 300) return { ...shown, body: idOf(shown.body) };
      bytes += length;
      return shown;
    }),
  };
}

function resultOf(result: Result): BatchResultDto {
  const request = { url: '/batch', id: currentRequestId() ?? '' };
  if (result instanceof UnexpectedError) {
    logger.error({ err: result.cause, request_id: request.id }, 'unexpected error');
    return { status: 500, body: problem(500, undefined, request) };
  }
  if (!(result instanceof DomainError)) return { status: result.status, body: result.body };
  const status = statusOf(result.kind);
  return { status, body: problem(status, result, request) };
}

function idOf(body: object | null): object | null {
  return body && 'id' in body ? { id: body.id } : body;
}
