import { Controller, Delete, HttpCode, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '../../../platform/auth/requires.js';
import { ApiAnswers, ApiId } from '../../../platform/http/api.js';
import { IdPipe } from '../../../platform/http/id.pipe.js';
import { ExecutionNotFoundError, NotARootError, TreeRunningError } from '../../execution/execution.errors.js';
import { TreeDeletionService } from './tree-deletion.service.js';

/** Deletes single trees. */
@ApiTags('execution')
@Controller('pipeline_execution')
export class TreeDeletionController {
  constructor(private readonly trees: TreeDeletionService) {}

  /**
   * Delete a root execution that was a mistake, with everything below it and its incidents.
   *
   * It no longer counts in reports by day, unlike executions that are deleted because of their age. Refused with 409
   * `not_a_root` if the execution is below another, and `tree_running` if it or one below it has not ended.
   */
  @Delete(':id')
  @HttpCode(204)
  @Requires('admin')
  @ApiId('The root of the tree')
  @ApiAnswers({
    noContent: 'Deleted.',
    problems: [new ExecutionNotFoundError(7), new NotARootError(7), new TreeRunningError(7)],
  })
  deletePipelineExecution(@Param('id', IdPipe) id: number): Promise<void> {
    return this.trees.deleteTree(id);
  }
}
