import { Body, Controller, Get, Param, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../platform/auth/requires.js';
import { ApiAnswers, ApiId } from '../../platform/http/api.js';
import { IdPipe } from '../../platform/http/id.pipe.js';
import { ExecutionNotFoundError } from '../execution/execution.errors.js';
import { ImpactDto } from './impact.dto.js';
import { ReportLineageDto, RunLineageDto, RunLineageQuery } from './run-lineage.dto.js';
import { RunQuestionsService } from './run-questions.service.js';

const UNKNOWN = new ExecutionNotFoundError(42);

/** `/pipeline_execution/{id}/lineage`, `/impact`: what an execution read and wrote, and what depends on it. */
@ApiTags('lineage')
@Controller('pipeline_execution')
export class RunLineageController {
  constructor(private readonly questions: RunQuestionsService) {}

  /**
   * Get what an execution read and wrote, and which execution produced each input.
   *
   * Where the execution reported nothing, what its pipeline reads and writes stands in (`source`). With `depth` the
   * executions that produced the inputs are shown likewise, and so on.
   */
  @Get(':id/lineage')
  @Requires('read')
  @ApiId('The execution')
  @ApiAnswers({ ok: RunLineageDto, problems: [UNKNOWN] })
  getExecutionLineage(
    @Param('id', IdPipe) id: number,
    @Query() { depth = 0 }: RunLineageQuery,
  ): Promise<RunLineageDto> {
    return this.questions.lineage(id, depth);
  }

  /**
   * Report what an execution read and wrote.
   *
   * Replaces what it reported before. Unless it failed, its pipeline reads and writes these from now on, beside what it
   * declares, until three runs with datasets that ended on later days (UTC) do not. Outputs without an input, and inputs
   * without an output, count once the run has succeeded, until a later success reports datasets.
   */
  @Put(':id/lineage')
  @Requires('write')
  @ApiId('The execution')
  @ApiAnswers({ ok: RunLineageDto, body: true, problems: [UNKNOWN] })
  reportExecutionLineage(@Param('id', IdPipe) id: number, @Body() request: ReportLineageDto): Promise<RunLineageDto> {
    return this.questions.report(id, request);
  }

  /**
   * Get what depends on an execution.
   *
   * From what it wrote or, if it reported no output, from what its pipeline writes. Of a superseded attempt, the last one
   * counts. `ran_since` says which pipelines have started since it ended, and so may have read stale data.
   */
  @Get(':id/impact')
  @Requires('read')
  @ApiId('The execution')
  @ApiAnswers({ ok: ImpactDto, problems: [UNKNOWN] })
  getExecutionImpact(@Param('id', IdPipe) id: number): Promise<ImpactDto> {
    return this.questions.impact(id);
  }
}
