import { ApiProperty } from '@nestjs/swagger';

/** One wrong field of a request. */
export class FieldProblemDto {
  /**
   * The name of the field in the request.
   * @example limit
   */
  field!: string;

  /**
   * The rule that the field violates.
   * @example "must be a whole number from 1 to 1000"
   */
  message!: string;
}

/** A problem document by RFC 9457 (`application/problem+json`). */
export class ProblemDto {
  /**
   * A URI that identifies the kind of problem.
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
   * An explanation for people.
   * @example "limit: must be a whole number from 1 to 1000"
   */
  @ApiProperty()
  detail!: string;

  /**
   * The reason for programs: stable, in snake_case.
   * @example validation_failed
   */
  @ApiProperty()
  code!: string;

  /**
   * The path of the request.
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

  /** The wrong fields, each with its message; only with 422. */
  @ApiProperty()
  errors?: FieldProblemDto[];

  /** The same list as `errors`, under the name that clients of the original service read. */
  @ApiProperty()
  details?: FieldProblemDto[];
}
