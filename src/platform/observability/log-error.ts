/** How many causes of an error are logged. */
const MAX_CAUSES = 3;

/**
 * The logged fields of an error. Only listed fields: the errors of the database contain the parameters of their
 * statement, and its `detail` a row, both of which are users' data.
 */
export function errorFields(error: unknown, depth = 0): Record<string, unknown> {
  if (typeof error !== 'object' || error === null) return { message: String(error) };
  const { code, constraint, driverError, message, queue, routine, stack, table, ...rest } = error as Partial<Error> &
    Record<string, unknown>;
  const cause = error instanceof Error ? (error.cause ?? driverError) : (rest.cause ?? driverError);
  const errors = error instanceof AggregateError ? error.errors.slice(0, MAX_CAUSES) : [];
  return {
    type: error.constructor?.name ?? 'Object',
    // Libraries pass on copies of errors that are not instances of Error.
    message: typeof message === 'string' ? message : 'an object without a message',
    ...Object.fromEntries(
      Object.entries({ stack, code, constraint, table, routine, queue }).filter(([, v]) => typeof v === 'string'),
    ),
    ...(cause !== undefined && depth < MAX_CAUSES && { cause: errorFields(cause, depth + 1) }),
    ...(errors.length > 0 && depth < MAX_CAUSES && { errors: errors.map((each) => errorFields(each, depth + 1)) }),
  };
}
