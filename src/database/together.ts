type Results<Statements extends readonly unknown[]> = {
  -readonly [Index in keyof Statements]: Awaited<Statements[Index]>;
};

/**
 * Waits for all of what was sent over one connection without waiting for one another, and throws the error of the first
 * in this order: those behind it fail because of it, since PostgreSQL refuses them. Unlike after `Promise.all` nothing
 * is under way any more when it throws.
 */
export async function together<const Statements extends readonly unknown[]>(
  statements: Statements,
): Promise<Results<Statements>> {
  const settled = await Promise.allSettled(statements);
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  }) as Results<Statements>;
}
