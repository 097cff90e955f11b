/** A body that is answered with a status of its own, where one endpoint has two (201 created, 200 found). */
export class Answer<T> {
  private constructor(
    readonly status: number,
    readonly body: T,
    /** Whether it is the answer of an earlier request with the same Idempotency-Key. */
    readonly isReplay = false,
  ) {}

  static created<T>(body: T): Answer<T> {
    return new Answer(201, body);
  }

  static found<T>(body: T): Answer<T> {
    return new Answer(200, body);
  }

  /** Repeats an answer, a refusal's problem document included. */
  static replayed<T>(status: number, body: T): Answer<T> {
    return new Answer(status, body, true);
  }
}
