import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiExtraModels, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { Caller } from '../../platform/auth/caller.js';
import { CurrentCaller } from '../../platform/auth/current-caller.js';
import { Requires } from '../../platform/auth/requires.js';
import type { Answer } from '../../platform/http/answer.js';
import { ApiAnswers } from '../../platform/http/api.js';
import { LARGE_BODY_BYTES } from '../../platform/http/request-body.js';
import { BatchOperationDto, BatchReportDto, MOST_OPERATIONS } from './batch.dto.js';
import { BatchService } from './batch.service.js';

/** Takes many reports in one request. */
@ApiTags('batch')
@Controller()
export class BatchController {
  constructor(private readonly batches: BatchService) {}

  /**
   * Perform up to 1,000 operations: registrations, starts, ends and heartbeats.
   *
   * Each operation has the fields of its endpoint, may have a `ref`, and may refer to an earlier one by that. It sees
   * the effects of all earlier ones. The answer has the result of each, in the order of the operations; a refused
   * operation does not affect the others, except those that refer to it, which are 424. Without an `Idempotency-Key`
   * the operations are not one transaction. With a key, all of them and the answer are, and the batch can be repeated
   * as a whole. The body may have 16 MB.
   */
  @Post('batch')
  @HttpCode(200)
  @Requires('write', { bodyLimit: LARGE_BODY_BYTES, items: BatchOperationDto })
  @ApiExtraModels(BatchOperationDto)
  @ApiBody({
    schema: { type: 'array', items: { $ref: getSchemaPath(BatchOperationDto) }, maxItems: MOST_OPERATIONS },
    examples: {
      run: {
        summary: 'A run from its registration to its end',
        value: [
          { op: 'register', ref: 'orders', name: 'Load Orders', pipeline_type_name: 'extraction' },
          { op: 'start', ref: 'run', pipeline_ref: 'orders' },
          { op: 'end', execution_ref: 'run', completed_successfully: true, inserts: 1000 },
        ],
      },
    },
  })
  @ApiAnswers({ ok: BatchReportDto, body: true, problems: [] })
  batch(@Body() operations: unknown, @CurrentCaller() caller: Caller): Promise<Answer<BatchReportDto>> {
    return this.batches.perform(operations, caller);
  }
}
