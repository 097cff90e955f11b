/**
 * The embedded database failed. The message is one line for the operator: the problem and its remedy. Show it without
 * a stack trace.
 */
export class EmbeddedServerError extends Error {
  override readonly name = 'EmbeddedServerError';
}

/** Whether an error of the system, of Node or of PostgreSQL carries this code. */
export function hasCode(error: unknown, code: string): boolean {
  // Not instanceof: under Jest, Node's own errors come from another realm and are instances of another Error.
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

/** The message of an error, for use in another message. */
export function reasonOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}
