import { ApiProperty } from '@nestjs/swagger';
import { COUNT, Flag, INSTANT, Optional } from '../../platform/http/fields.js';
import { OptionalBody } from '../../platform/http/request-validation.pipe.js';

const DAYS = { type: 'integer', format: 'int32', minimum: 1 } as const;

/** Whether to delete, or to count. */
export class RunRetentionDto extends OptionalBody {
  /**
   * True to count what would be deleted, and delete nothing.
   * @example true
   */
  @Optional()
  @Flag()
  dry_run?: boolean;
}

/** What is too old; null where a run was asked for, which deletes it later. */
export class RetentionReportDto {
  /**
   * Whether nothing is deleted.
   * @example true
   */
  @ApiProperty()
  dry_run!: boolean;

  /**
   * Trees that can be deleted; counted up to about 100,000.
   * @example 120
   */
  @ApiProperty({ ...COUNT, nullable: true })
  trees!: number | null;

  /**
   * Their executions.
   * @example 600
   */
  @ApiProperty({ ...COUNT, nullable: true })
  executions!: number | null;

  /**
   * Whether all were counted: false beyond 100,000 trees, or after 20 seconds.
   * @example true
   */
  @ApiProperty({ type: 'boolean', nullable: true })
  is_complete!: boolean | null;
}

/** The settings of the deletion by age, and what it has done. */
export class RetentionDto {
  /**
   * How many days trees are kept after their last sign of life, unless their pipeline or its type says otherwise; null: for
   * ever.
   * @example 90
   */
  @ApiProperty({ ...DAYS, nullable: true })
  retention_days!: number | null;

  /**
   * The same for trees whose root failed, where that is longer; null: no longer than others.
   * @example 180
   */
  @ApiProperty({ ...DAYS, nullable: true })
  failed_days!: number | null;

  /**
   * How many of the newest trees of each pipeline are kept, however old they are.
   * @example 20
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 0 })
  keep_last!: number;

  /**
   * How many days resolved incidents are kept.
   * @example 365
   */
  @ApiProperty(DAYS)
  incident_days!: number;

  /**
   * The schedule (cron, UTC); null: on request only.
   * @example 17 * * * *
   */
  @ApiProperty({ type: 'string', nullable: true })
  cron!: string | null;

  /**
   * When the last run began; null if there was none.
   * @example 2026-01-31T08:17:02.114Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  run_started_at!: string | null;

  /**
   * When it ended; null while it runs.
   * @example 2026-01-31T08:17:31.52Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  run_ended_at!: string | null;

  /**
   * When a run last left nothing behind that is too old.
   * @example 2026-01-31T08:17:31.52Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  succeeded_at!: string | null;

  /**
   * Trees that the last run has deleted, so far if it runs.
   * @example 120
   */
  @ApiProperty(COUNT)
  run_trees!: number;

  /**
   * Their executions.
   * @example 600
   */
  @ApiProperty(COUNT)
  run_executions!: number;

  /**
   * Trees that all runs have deleted.
   * @example 51200
   */
  @ApiProperty(COUNT)
  total_trees!: number;

  /**
   * Their executions.
   * @example 256000
   */
  @ApiProperty(COUNT)
  total_executions!: number;

  /**
   * Trees that were too old and still there at the end of the last run, counted up to 100,000. A dry run counts those of
   * now.
   * @example 0
   */
  @ApiProperty(COUNT)
  backlog!: number;

  /**
   * The start of the oldest tree; null if there is none.
   * @example 2025-10-31T08:00:00Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  oldest_start!: string | null;
}
