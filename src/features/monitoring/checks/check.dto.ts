import { ApiProperty } from '@nestjs/swagger';
import { Count, Optional } from '../../../platform/http/fields.js';
import { OptionalBody } from '../../../platform/http/request-validation.pipe.js';

/** No field is required; the fields of older clients are accepted. */
export class CheckDto extends OptionalBody {
  /**
   * Accepted and ignored: every open execution and every pipeline is checked, however long ago it started or loaded.
   * @example 60
   */
  @Optional()
  @Count()
  lookback_minutes?: number;
}

/** The result of a check. */
export class CheckReportDto {
  /**
   * Always `completed`; if a check fails, the service answers with a problem and has changed nothing.
   * @example completed
   */
  @ApiProperty({ type: 'string', enum: ['completed'] })
  status!: 'completed';

  /**
   * The number of pipelines (freshness) or executions (timeliness) checked: those with a threshold, active, not muted.
   * @example 120
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 0 })
  checked!: number;

  /**
   * The number of incidents opened.
   * @example 1
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 0 })
  opened!: number;

  /**
   * The number of incidents resolved.
   * @example 0
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 0 })
  resolved!: number;
}
