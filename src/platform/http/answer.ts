/** A body with its status, for an endpoint that has two (201 created, 200 found). */
export class Answer<T> {
  private constructor(
    readonly status: number,
    readonly body: T,
    /** Whether this repeats the answer to an earlier request with the same Idempotency-Key. */
    readonly isReplay = false,
  ) {}

  static created<T>(body: T): Answer<T> {
    return new Answer(201, body);
  }

  static found<T>(body: T): Answer<T> {
    return new Answer(200, body);
  }

  /** Something is left to do (202). */
  static accepted<T>(body: T): Answer<T> {
    return new Answer(202, body);
  }

  /** Without a body (204). */
  static done(): Answer<null> {
    return new Answer(204, null);
  }

  /** Repeats an answer, also the problem document of a refusal. */
  static replayed<T>(status: number, body: T): Answer<T> {
    return new Answer(status, body, true);
  }
}
