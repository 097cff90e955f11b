import { Controller, Delete, HttpCode, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../../platform/auth/requires.js';
import { ApiAnswers, ApiId } from '../../../platform/http/api.js';
import { IdPipe } from '../../../platform/http/id.pipe.js';
import {
  PipelineHasExecutionsError,
  PipelineInOtherTreesError,
  PipelineNotFoundError,
} from '../../pipeline/pipeline.errors.js';
import { DeletePipelineQuery } from './pipeline-deletion.dto.js';
import { TreeDeletionService } from './tree-deletion.service.js';

/** Deletes pipelines that were a mistake. Here and not in the pipeline module, because it deletes trees. */
@ApiTags('pipeline')
@Controller('pipeline')
export class PipelineDeletionController {
  constructor(private readonly trees: TreeDeletionService) {}

  /**
   * Delete a pipeline that was a mistake, with its histories and incidents.
   *
   * A pipeline with executions is refused with 409 `pipeline_has_executions`. With `cascade=true` they are deleted too,
   * each with its whole tree, in transactions of 500 trees; if the deletion is interrupted, repeat it. A pipeline with
   * executions in trees of other pipelines is always refused, with 409 `pipeline_in_other_trees`. To keep the history,
   * archive the pipeline instead (PATCH).
   */
  @Delete(':id')
  @HttpCode(204)
  @Requires('admin')
  @ApiId('The pipeline')
  @ApiAnswers({
    noContent: 'Deleted.',
    problems: [new PipelineNotFoundError(7), new PipelineHasExecutionsError(7), new PipelineInOtherTreesError(7)],
  })
  deletePipeline(@Param('id', IdPipe) id: number, @Query() { cascade }: DeletePipelineQuery): Promise<void> {
    return this.trees.deletePipeline(id, cascade ?? false);
  }
}
