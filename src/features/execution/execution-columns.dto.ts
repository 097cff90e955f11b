import { ApiProperty } from '@nestjs/swagger';
import { COUNT, ID, INSTANT, MEASURE } from '../../platform/http/fields.js';
import { type Status, STATUSES } from './execution-status.js';

/** The schema of a column. */
export const columnOf = (items: object) => ({ type: 'array', items }) as const;

/** Executions as columns of the same length. */
export class ExecutionColumnsDto {
  /**
   * The executions.
   * @example [42, 41]
   */
  @ApiProperty(columnOf(ID))
  id!: number[];

  /**
   * Their starts (UTC).
   * @example ["2026-01-31T02:00:00.000Z", "2026-01-30T02:00:00.000Z"]
   */
  @ApiProperty(columnOf(INSTANT))
  start!: string[];

  /**
   * Their durations in milliseconds; null while they run.
   * @example [600000, 540000]
   */
  @ApiProperty(columnOf({ ...MEASURE, nullable: true }))
  ms!: (number | null)[];

  /**
   * Their statuses.
   * @example ["succeeded", "failed"]
   */
  @ApiProperty({ enum: [...STATUSES], enumName: 'ExecutionStatus', isArray: true })
  status!: Status[];

  /**
   * The rows that they handled; null if not reported.
   * @example [1000, null]
   */
  @ApiProperty(columnOf({ ...COUNT, nullable: true }))
  rows!: (number | null)[];
}
