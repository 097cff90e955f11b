import { ApiProperty } from '@nestjs/swagger';
import { ID, Optional, Text } from '../../platform/http/fields.js';

/** From which moment on changes are asked for. */
export class ChangesQuery {
  /**
   * The `cursor` of the last answer; without it, the answer has only a cursor, for changes from now on.
   * @example MTc2OTg0NzYwMDAwMEA3NDg6NzQ4Og
   */
  @Optional()
  @Text(1, 10_000)
  after?: string;
}

/** What has changed since a moment: hints of what to ask for again. */
export class ChangesDto {
  /**
   * The moment of this answer, for the next request. While nothing changes it stays the same for minutes.
   * @example MTc2OTg0NzYwMDAwMEA3NDg6NzQ4Og
   */
  cursor!: string;

  /**
   * True if anything may have changed, because too much has, or the cursor is more than ten minutes old; the lists are
   * then empty.
   * @example false
   */
  @ApiProperty()
  all!: boolean;

  /**
   * The roots of trees in which an execution started, ended, changed, moved, was deleted, or reported its lineage; at
   * most 200. May contain ids of executions that are no roots.
   * @example [41]
   */
  @ApiProperty({ type: 'array', items: ID, maxItems: 200 })
  roots!: number[];

  /**
   * The pipelines that changed, ran, read or write other datasets, or have a changed incident; at most 200.
   * @example [1]
   */
  @ApiProperty({ type: 'array', items: ID, maxItems: 200 })
  pipelines!: number[];

  /**
   * Whether an incident was opened, changed or resolved.
   * @example false
   */
  @ApiProperty()
  incidents!: boolean;
}
