import { ApiProperty } from '@nestjs/swagger';
import { CutText, Id, ID, Ids, INSTANT, Measure, MEASURE, Optional } from '../../../platform/http/fields.js';

/** The most executions of one request. */
const MOST_IDS = 1000;
/** The most characters of a message. */
const MAX_MESSAGE = 1000;

/** A sign of life: of one execution (`id`), or of many (`ids`). */
export class HeartbeatDto {
  /**
   * The execution. Give either `id` or `ids`.
   * @example 42
   */
  @Optional()
  @Id()
  id?: number;

  /**
   * Up to 1,000 executions, for a sender that speaks for many.
   * @example [42, 43]
   */
  @Optional()
  @Ids(MOST_IDS)
  ids?: readonly number[];

  /**
   * How far the execution is, from 0 on, in the caller's own unit, such as a fraction, per cent or rows. Without it, the
   * last value is kept.
   * @example 0.4
   */
  @Optional()
  @Measure()
  progress?: number;

  /**
   * What the execution is doing; truncated to 1,000 characters. Without it, the last message is kept.
   * @example "loaded 40 of 100 files"
   */
  @Optional()
  @CutText(MAX_MESSAGE)
  message?: string;
}

/** The executions of a heartbeat that are not running. */
export class HeartbeatReportDto {
  /**
   * Those that have ended or are lost: their workers should stop.
   * @example [43]
   */
  @ApiProperty({ type: 'array', items: ID })
  ended!: number[];

  /**
   * The ids of no execution.
   * @example []
   */
  @ApiProperty({ type: 'array', items: ID })
  unknown!: number[];
}

/** The last heartbeat of a running execution. */
export class LastHeartbeatDto {
  /**
   * When it was received (UTC). Heartbeats within 15 seconds of it are not stored.
   * @example 2026-01-31T02:04:30.000Z
   */
  @ApiProperty(INSTANT)
  at!: string;

  /**
   * How far the execution is, in the unit of its author; null if it never said.
   * @example 0.4
   */
  @ApiProperty({ ...MEASURE, nullable: true })
  progress!: number | null;

  /**
   * What the execution is doing; null if it never said.
   * @example "loaded 40 of 100 files"
   */
  @ApiProperty({ type: 'string', nullable: true })
  message!: string | null;
}
