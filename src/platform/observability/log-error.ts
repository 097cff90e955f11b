/** How many causes of an error are worth a line. */
const MAX_CAUSES = 3;

/**
 * What the log says of an error. Only what is listed here: the errors of the database carry the parameters of their
 * statement, and its `detail` a row, which are what users sent us.
 */
export function errorFields(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code, constraint, table, routine, driverError } = error as Error & Record<string, unknown>;
  const cause = error.cause ?? driverError;
  return {
    type: error.constructor.name,
    message: error.message,
    stack: error.stack,
    ...Object.fromEntries(
      Object.entries({ code, constraint, table, routine }).filter(([, value]) => typeof value === 'string'),
    ),
    ...(cause !== undefined && depth < MAX_CAUSES && { cause: errorFields(cause, depth + 1) }),
  };
}
