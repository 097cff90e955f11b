import { ApiProperty } from '@nestjs/swagger';
import { ID, MEASURE, NAME } from '../../../platform/http/fields.js';
import { RelatedExecutionDto } from '../hierarchy.dto.js';

/** A step on the path from one execution down to another. */
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

/** A root cause: a failed execution without a failed descendant. `depth` is 0 for the requested execution. */
export class RootCauseDto extends RelatedExecutionDto {
  /** The path from the requested execution down to this one, both included. */
  @ApiProperty()
  path!: RootCauseStepDto[];
}

/** A blocking execution: a running execution without a running descendant. `depth` is 0 for the requested execution. */
export class BlockingExecutionDto extends RelatedExecutionDto {
  /**
   * How long it has been running, in seconds.
   * @example 540
   */
  @ApiProperty(MEASURE)
  elapsed_seconds!: number;

  /**
   * The typical duration of its pipeline, in seconds: the median of its last 20 successes by start, or of all if there
   * are fewer; null if there are none.
   * @example 600
   */
  @ApiProperty(MEASURE)
  typical_duration_seconds!: number | null;

  /**
   * `typical_duration_seconds` minus `elapsed_seconds`, at least 0; null if there is no typical duration.
   * @example 60
   */
  @ApiProperty(MEASURE)
  expected_remaining_seconds!: number | null;
}
