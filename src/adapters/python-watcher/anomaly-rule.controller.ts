import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AnomalyRuleNotFoundError, AnomalyRuleTakenError } from '../../features/anomalies/anomaly.errors.js';
import { PipelineNotFoundError } from '../../features/pipeline/pipeline.errors.js';
import { Requires } from '../../platform/auth/requires.js';
import type { Answer } from '../../platform/http/answer.js';
import { ApiAnswers, ApiId, ApiPage } from '../../platform/http/api.js';
import { IdPipe } from '../../platform/http/id.pipe.js';
import { type Page, PageQuery } from '../../platform/http/page.js';
import {
  AnomalyRuleDto,
  AnomalyRuleIdDto,
  CreateAnomalyRuleDto,
  PatchAnomalyRuleDto,
  UnflagAnomalyDto,
} from './anomaly-rule.dto.js';
import { UnflagError } from './anomaly-rule.errors.js';
import { PythonAnomalyService } from './anomaly-rule.service.js';

/** The anomaly rules of the older service. Without a rule, rows and durations are judged all the same. */
@ApiTags('monitoring')
@Controller()
export class PythonAnomalyController {
  constructor(private readonly anomalies: PythonAnomalyService) {}

  /**
   * Get or create a rule for a metric of a pipeline.
   *
   * Of the older service. A rule changes the widths and the history by which the metric is judged, and messages about
   * the pipeline's anomalies are sent by every route. An existing one is answered with 200 and not changed.
   */
  @Post('anomaly_detection_rule')
  @Requires('write')
  @ApiOperation({ deprecated: true })
  @ApiAnswers({
    created: AnomalyRuleIdDto,
    ok: AnomalyRuleIdDto,
    body: true,
    problems: [new PipelineNotFoundError(7)],
  })
  createAnomalyRule(@Body() request: CreateAnomalyRuleDto): Promise<Answer<AnomalyRuleIdDto>> {
    return this.anomalies.getOrCreate(request);
  }

  /** List the rules of the older service, oldest first. */
  @Get('anomaly_detection_rule')
  @Requires('read')
  @ApiOperation({ deprecated: true })
  @ApiPage(AnomalyRuleDto)
  listAnomalyRules(@Query() query: PageQuery): Promise<Page<AnomalyRuleDto>> {
    return this.anomalies.list(query);
  }

  /** Get a rule of the older service. */
  @Get('anomaly_detection_rule/:id')
  @Requires('read')
  @ApiOperation({ deprecated: true })
  @ApiId('The rule')
  @ApiAnswers({ ok: AnomalyRuleDto, problems: [new AnomalyRuleNotFoundError()] })
  getAnomalyRule(@Param('id', IdPipe) id: number): Promise<AnomalyRuleDto> {
    return this.anomalies.get(id);
  }

  /** Change a rule of the older service. */
  @Patch('anomaly_detection_rule')
  @Requires('admin')
  @ApiOperation({ deprecated: true })
  @ApiAnswers({
    ok: AnomalyRuleDto,
    body: true,
    problems: [new AnomalyRuleNotFoundError(), new AnomalyRuleTakenError()],
  })
  patchAnomalyRule(@Body() request: PatchAnomalyRuleDto): Promise<AnomalyRuleDto> {
    return this.anomalies.patch(request);
  }

  /** Dismiss the anomalies of a run, as `POST /anomaly/{id}/dismiss` does one by one. */
  @Post('unflag_anomaly')
  @HttpCode(204)
  @Requires('write')
  @ApiOperation({ deprecated: true })
  @ApiAnswers({
    noContent: 'The metrics that were flagged are dismissed.',
    body: true,
    problems: [UnflagError.noExecution(42), UnflagError.noFlags(42), UnflagError.notFlagged(['updates'])],
  })
  unflagAnomaly(@Body() request: UnflagAnomalyDto): Promise<Answer<null>> {
    return this.anomalies.unflag(request);
  }
}
