/** One wrong field of a request. */
export class FieldProblemDto {
  /**
   * The field, by its name on the wire.
   * @example freshness_number
   */
  field!: string;

  /**
   * What the field must be.
   * @example must be a whole number from 1 to 100000
   */
  message!: string;
}

/** What went wrong, as RFC 9457 (`application/problem+json`) has it. */
export class ProblemDto {
  /**
   * A URI reference that names the kind of problem.
   * @example urn:watcher:problem:validation_failed
   */
  type!: string;

  /**
   * The status in words.
   * @example Unprocessable Entity
   */
  title!: string;

  /**
   * The HTTP status.
   * @example 422
   */
  status!: number;

  /**
   * What went wrong, for people.
   * @example name: must be text of 1 to 255 characters
   */
  detail!: string;

  /**
   * What went wrong, for programs: stable, snake_case.
   * @example validation_failed
   */
  code!: string;

  /**
   * The path that was asked for.
   * @example /pipeline
   */
  instance!: string;

  /**
   * The id of the request, as in the `X-Request-Id` header and in the service's log.
   * @example 0198a6b2-5a55-7ad0-8c3c-6f3d2f2f6d0e
   */
  request_id!: string;

  /**
   * The same as `detail`, under the name that clients of the original service read.
   * @example name: must be text of 1 to 255 characters
   */
  message!: string;

  /** The wrong fields, each with its own message; on 422 only. */
  errors?: FieldProblemDto[];
}
