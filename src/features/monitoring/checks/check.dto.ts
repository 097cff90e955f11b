import { ApiProperty } from '@nestjs/swagger';
import { Count, Optional } from '../../../platform/http/fields.js';
import { OptionalBody } from '../../../platform/http/request-validation.pipe.js';

/** Nothing needs to be said; what older clients say is accepted. */
export class CheckDto extends OptionalBody {
  /**
   * Accepted and not needed: every open execution and every pipeline counts, however long ago it started or loaded.
   * @example 60
   */
  @Optional()
  @Count()
  lookback_minutes?: number;
}

/** What a check found. */
export class CheckReportDto {
  /**
   * Always `completed`; a check that fails is answered as a problem and has changed nothing.
   * @example completed
   */
  @ApiProperty({ type: 'string', enum: ['completed'] })
  status!: 'completed';

  /**
   * How many pipelines (freshness) or executions (timeliness) it was about: those with a threshold, active, not muted.
   * @example 120
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 0 })
  checked!: number;

  /**
   * How many incidents it opened.
   * @example 1
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 0 })
  opened!: number;

  /**
   * How many incidents it resolved.
   * @example 0
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 0 })
  resolved!: number;
}
