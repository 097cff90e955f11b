import { ApiProperty } from '@nestjs/swagger';
import { ID, MEASURE, NAME } from '../../../platform/http/fields.js';
import { RelatedExecutionDto } from '../hierarchy.dto.js';

/** A step on the way from one execution down to another. */
export class RootCauseStepDto {
  /**
   * The execution.
   * @example 42
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * The name of its pipeline.
   * @example "load customers"
   */
  @ApiProperty(NAME)
  pipeline_name!: string;
}

/** A failed execution with no failed execution below it: where the trouble began. `depth` is 0 for the one asked about. */
export class RootCauseDto extends RelatedExecutionDto {
  /** The way from the execution that was asked about down to this one, both included. */
  @ApiProperty()
  path!: RootCauseStepDto[];
}

/** A running execution with no running execution below it: what is waited for. `depth` is 0 for the one asked about. */
export class BlockingExecutionDto extends RelatedExecutionDto {
  /**
   * How long it has been running, in seconds.
   * @example 540
   */
  @ApiProperty(MEASURE)
  elapsed_seconds!: number;

  /**
   * What its pipeline usually takes, in seconds: the median duration of its last 20 successes (of fewer, where there are
   * no more), newest start first; null where it never succeeded.
   * @example 600
   */
  @ApiProperty(MEASURE)
  typical_duration_seconds!: number | null;

  /**
   * `typical_duration_seconds` less `elapsed_seconds`; 0 once that is past, null where nothing is typical.
   * @example 60
   */
  @ApiProperty(MEASURE)
  expected_remaining_seconds!: number | null;
}
