/**
 * The embedded database cannot do what was asked. The message is one line for people: what is wrong, and what
 * to do about it. Show it without a stack.
 */
export class EmbeddedServerError extends Error {
  override readonly name = 'EmbeddedServerError';
}

/** Whether an error of the system, of Node or of PostgreSQL carries this code. */
export function hasCode(error: unknown, code: string): boolean {
  // Not instanceof: in Jest, Node's own errors come from outside the test's world and are of another Error.
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

/** What an error says, for a line of ours. */
export function reasonOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}
