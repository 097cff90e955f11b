import { ApiProperty } from '@nestjs/swagger';

/** One wrong field of a request. */
export class FieldProblemDto {
  /**
   * The field, by its name on the wire.
   * @example limit
   */
  field!: string;

  /**
   * What the field must be.
   * @example "must be a whole number from 1 to 1000"
   */
  message!: string;
}

/** What went wrong, as RFC 9457 (`application/problem+json`) has it. */
export class ProblemDto {
  /**
   * A URI reference that names the kind of problem.
   * @example urn:watcher:problem:validation_failed
   */
  @ApiProperty()
  type!: string;

  /**
   * The status in words.
   * @example "Unprocessable Entity"
   */
  @ApiProperty()
  title!: string;

  /**
   * The HTTP status.
   * @example 422
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 400, maximum: 599 })
  status!: number;

  /**
   * What went wrong, for people.
   * @example "limit: must be a whole number from 1 to 1000"
   */
  @ApiProperty()
  detail!: string;

  /**
   * What went wrong, for programs: stable, snake_case.
   * @example validation_failed
   */
  @ApiProperty()
  code!: string;

  /**
   * The path that was asked for.
   * @example /path
   */
  @ApiProperty()
  instance!: string;

  /**
   * The id of the request, as in the `X-Request-Id` header and in the service's log.
   * @example 0198a6b2-5a55-7ad0-8c3c-6f3d2f2f6d0e
   */
  @ApiProperty()
  request_id!: string;

  /**
   * The same as `detail`, under the name that clients of the original service read.
   * @example "limit: must be a whole number from 1 to 1000"
   */
  @ApiProperty()
  message!: string;

  /** The wrong fields, each with its own message; on 422 only. */
  @ApiProperty()
  errors?: FieldProblemDto[];

  /** The same list as `errors`, under the name that clients of the original service read. */
  @ApiProperty()
  details?: FieldProblemDto[];
}
