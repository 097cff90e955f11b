import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../platform/auth/requires.js';
import type { Answer } from '../../platform/http/answer.js';
import { ApiAnswers, ApiId, ApiPage } from '../../platform/http/api.js';
import { IdPipe } from '../../platform/http/id.pipe.js';
import type { Page } from '../../platform/http/page.js';
import { PipelineNotFoundError } from '../pipeline/pipeline.errors.js';
import { AnomalyDto, ListAnomaliesQuery, PipelineExpectationDto } from './anomaly.dto.js';
import { AnomalyNotFoundError } from './anomaly.errors.js';
import { AnomalyService } from './anomaly.service.js';
import { PipelineExpectationService } from './pipeline-expectation.service.js';

/** Runs that are unlike the earlier ones of their pipeline. */
@ApiTags('monitoring')
@Controller()
export class AnomalyController {
  constructor(
    private readonly anomalies: AnomalyService,
    private readonly expectations: PipelineExpectationService,
  ) {}

  /**
   * List anomalies, newest first.
   *
   * Each successful run is compared with the earlier ones of its pipeline a few seconds after its end, from the
   * eleventh on.
   */
  @Get('anomaly')
  @Requires('read')
  @ApiPage(AnomalyDto)
  listAnomalies(@Query() query: ListAnomaliesQuery): Promise<Page<AnomalyDto>> {
    return this.anomalies.list(query);
  }

  /** Get an anomaly. */
  @Get('anomaly/:id')
  @Requires('read')
  @ApiId('The anomaly')
  @ApiAnswers({ ok: AnomalyDto, problems: [new AnomalyNotFoundError(5)] })
  getAnomaly(@Param('id', IdPipe) id: number): Promise<AnomalyDto> {
    return this.anomalies.get(id);
  }

  /**
   * Dismiss an anomaly: the value was right.
   *
   * The run is no longer flagged, and the open incident of its metric is resolved. A second dismissal changes nothing.
   */
  @Post('anomaly/:id/dismiss')
  @HttpCode(200)
  @Requires('write')
  @ApiId('The anomaly')
  @ApiAnswers({ ok: AnomalyDto, problems: [new AnomalyNotFoundError(5)] })
  dismissAnomaly(@Param('id', IdPipe) id: number): Promise<Answer<AnomalyDto>> {
    return this.anomalies.dismiss(id);
  }

  /** Get what is usual for the runs of a pipeline: the bounds of a run that starts now, and when a run is slow. */
  @Get('pipeline/:id/expectation')
  @Requires('read')
  @ApiId('The pipeline')
  @ApiAnswers({ ok: PipelineExpectationDto, problems: [new PipelineNotFoundError(7)] })
  getPipelineExpectation(@Param('id', IdPipe) id: number): Promise<PipelineExpectationDto> {
    return this.expectations.get(id);
  }
}
