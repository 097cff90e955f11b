import { ApiProperty } from '@nestjs/swagger';
import type { Datepart } from '../common/fields.js';
import {
  Clearable,
  Flag,
  Optional,
  THRESHOLD_DATEPART,
  THRESHOLD_NUMBER,
  ThresholdDatepart,
  ThresholdNumber,
} from '../common/fields.js';
import { PatchBody } from '../common/request-validation.pipe.js';

/** The two thresholds as a POST gives them: each is a pair, both of it or neither. */
export class GivenThresholds {
  /**
   * How long data may stay unchanged before it is stale, in `freshness_datepart`s. Both or neither.
   * @example 1
   */
  @Optional()
  @ThresholdNumber()
  freshness_number?: number;

  /**
   * The unit of `freshness_number`.
   * @example day
   */
  @Optional()
  @ThresholdDatepart()
  freshness_datepart?: Datepart;

  /**
   * How long an execution may take before it is late, in `timeliness_datepart`s. Both or neither.
   * @example 30
   */
  @Optional()
  @ThresholdNumber()
  timeliness_number?: number;

  /**
   * The unit of `timeliness_number`.
   * @example minute
   */
  @Optional()
  @ThresholdDatepart()
  timeliness_datepart?: Datepart;
}

/** The two thresholds as a PATCH changes them, and whether they are checked; null clears. */
export class ChangedThresholds extends PatchBody {
  /**
   * How long data may stay unchanged before it is stale, in `freshness_datepart`s. The row may not end up with half a
   * pair.
   * @example 1
   */
  @Clearable()
  @ThresholdNumber()
  freshness_number?: number | null;

  /**
   * The unit of `freshness_number`.
   * @example day
   */
  @Clearable()
  @ThresholdDatepart()
  freshness_datepart?: Datepart | null;

  /**
   * True: freshness is not checked.
   * @example false
   */
  @Optional()
  @Flag()
  mute_freshness_check?: boolean;

  /**
   * How long an execution may take before it is late, in `timeliness_datepart`s. The row may not end up with half a
   * pair.
   * @example 30
   */
  @Clearable()
  @ThresholdNumber()
  timeliness_number?: number | null;

  /**
   * The unit of `timeliness_number`.
   * @example minute
   */
  @Clearable()
  @ThresholdDatepart()
  timeliness_datepart?: Datepart | null;

  /**
   * True: timeliness is not checked.
   * @example false
   */
  @Optional()
  @Flag()
  mute_timeliness_check?: boolean;
}

/** The two thresholds as a row has them: null where it has none. */
export class ThresholdsDto {
  /**
   * How long data may stay unchanged before it is stale, in `freshness_datepart`s; null where no threshold is set.
   * @example 1
   */
  @ApiProperty(THRESHOLD_NUMBER)
  freshness_number!: number | null;

  /**
   * The unit of `freshness_number`.
   * @example day
   */
  @ApiProperty(THRESHOLD_DATEPART)
  freshness_datepart!: Datepart | null;

  /**
   * How long an execution may take before it is late, in `timeliness_datepart`s; null where no threshold is set.
   * @example 30
   */
  @ApiProperty(THRESHOLD_NUMBER)
  timeliness_number!: number | null;

  /**
   * The unit of `timeliness_number`.
   * @example minute
   */
  @ApiProperty(THRESHOLD_DATEPART)
  timeliness_datepart!: Datepart | null;
}

/** The two thresholds as a row has them, and whether they are checked. */
export class CheckedThresholdsDto extends ThresholdsDto {
  /**
   * True: freshness is not checked.
   * @example false
   */
  @ApiProperty()
  mute_freshness_check!: boolean;

  /**
   * True: timeliness is not checked.
   * @example false
   */
  @ApiProperty()
  mute_timeliness_check!: boolean;
}
