import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiExtraModels, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { Requires } from '../../platform/auth/requires.js';
import type { Answer } from '../../platform/http/answer.js';
import { ApiAnswers } from '../../platform/http/api.js';
import { LARGE_BODY_BYTES } from '../../platform/http/request-body.js';
import { LineageEventDto, MOST_EVENTS, ReceivedBatchDto, ReceivedEventDto } from './openlineage.dto.js';
import { OpenLineageService } from './openlineage.service.js';

const EXAMPLE = {
  eventType: 'START',
  eventTime: '2026-03-01T02:00:00.000Z',
  run: { runId: '0198cf0a-7c11-7d3e-9b51-6f0f4c2f9a10' },
  job: { namespace: 'prod', name: 'nightly.load' },
  producer: 'https://example.com/loader',
} as const;

/** Receives events of OpenLineage. */
@ApiTags('openlineage')
@Controller('api/v1/lineage')
export class OpenLineageController {
  constructor(private readonly events: OpenLineageService) {}

  /**
   * Receive an event of OpenLineage.
   *
   * The body is a run event, a job event or a dataset event of OpenLineage 1 or 2; an array is taken as a batch. The
   * result is the same for any order, repetition and batching of the same events. A malformed facet is skipped. Where a
   * repeat may mend a failure, the answer is 503. `Prefer: return=minimal` is ignored. The body may have 16 MB.
   */
  @Post()
  @HttpCode(200)
  @Requires('write', { bodyLimit: LARGE_BODY_BYTES, simpleAnswers: true })
  @ApiBody({ type: LineageEventDto, examples: { start: { summary: 'The start of a run', value: EXAMPLE } } })
  @ApiAnswers({ ok: ReceivedEventDto, body: true, problems: [] })
  receiveEvent(@Body() body: unknown): Promise<Answer<ReceivedEventDto | ReceivedBatchDto>> {
    return this.events.receive(body);
  }

  /**
   * Receive up to 1,000 events of OpenLineage.
   *
   * Each event is taken on its own: `failed_events` has those that were not, and whether they may be sent again. Where
   * all may be, the answer is 503. With an `Idempotency-Key`, all events are one transaction. The body may have 16 MB.
   */
  @Post('batch')
  @HttpCode(200)
  @Requires('write', { bodyLimit: LARGE_BODY_BYTES, simpleAnswers: true })
  @ApiExtraModels(LineageEventDto)
  @ApiBody({
    schema: { type: 'array', items: { $ref: getSchemaPath(LineageEventDto) }, maxItems: MOST_EVENTS },
    examples: { start: { summary: 'The start of a run', value: [EXAMPLE] } },
  })
  @ApiAnswers({ ok: ReceivedBatchDto, body: true, problems: [] })
  receiveEvents(@Body() body: unknown): Promise<Answer<ReceivedBatchDto>> {
    return this.events.receiveBatch(body);
  }
}
