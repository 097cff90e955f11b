import { Optional, QueryFlag } from '../../../platform/http/fields.js';

/** What a deletion includes. */
export class DeletePipelineQuery {
  /**
   * True to delete the executions of the pipeline too, each with its whole tree.
   * @example true
   */
  @Optional()
  @QueryFlag()
  cascade?: boolean;
}
