import { ApiProperty } from '@nestjs/swagger';
import { COUNT, ID, INSTANT, MEASURE } from '../../platform/http/fields.js';
import { PipelineDto } from './pipeline.dto.js';

const STATUS = { type: 'string', pattern: '^(expected|running|succeeded|failed|aborted|skipped|lost)$' } as const;

/** The execution of a pipeline that started last. */
export class LastExecutionDto {
  /**
   * Its id.
   * @example 42
   */
  @ApiProperty(ID)
  id!: number;

  /**
   * The root of its tree.
   * @example 41
   */
  @ApiProperty(ID)
  root_id!: number;

  /**
   * Its status, as in an execution.
   * @example succeeded
   */
  @ApiProperty(STATUS)
  status!: string;

  /**
   * Its start (UTC).
   * @example 2026-01-31T02:00:00.000Z
   */
  @ApiProperty(INSTANT)
  start_date!: string;

  /**
   * Its end (UTC); null while it runs.
   * @example 2026-01-31T02:10:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  end_date!: string | null;
}

/** How a pipeline is doing. */
export class PipelineStatusDto {
  /** The execution that started last; null if it never ran. */
  @ApiProperty({ type: LastExecutionDto, nullable: true })
  last_execution!: LastExecutionDto | null;

  /**
   * The statuses of its last 30 executions, newest first.
   * @example ["succeeded", "failed"]
   */
  @ApiProperty({ type: 'array', items: STATUS, maxItems: 30 })
  recent_statuses!: string[];

  /**
   * Their durations in milliseconds; null while they run.
   * @example [600000, 60000]
   */
  @ApiProperty({ type: 'array', items: { ...MEASURE, nullable: true }, maxItems: 30 })
  recent_duration_ms!: (number | null)[];

  /**
   * When its data becomes stale (UTC), or became so; null without a threshold, or if it is not checked.
   * @example 2026-02-01T02:10:00.000Z
   */
  @ApiProperty({ ...INSTANT, nullable: true })
  stale_at!: string | null;

  /**
   * The number of its open incidents.
   * @example 0
   */
  @ApiProperty(COUNT)
  open_incidents!: number;
}

/** A pipeline of a list. */
export class ListedPipelineDto extends PipelineDto {
  /** How it is doing; only with `include=status`. */
  @ApiProperty()
  status?: PipelineStatusDto;
}
