/**
 * Awaits statements of one transaction that do not depend on each other, so that the database works on one while the
 * next is made. All have been answered afterwards: nothing may be under way when the transaction is rolled back. Throws
 * the error of the first that failed, in the order given, which is the cause of the others: PostgreSQL refuses what
 * follows a failed statement.
 */
export async function together<const Work extends readonly Promise<unknown>[]>(
  ...work: Work
): Promise<{ -readonly [Index in keyof Work]: Awaited<Work[Index]> }> {
  await Promise.allSettled(work);
  const results: unknown[] = [];
  for (const statement of work) results.push(await statement);
  return results as { -readonly [Index in keyof Work]: Awaited<Work[Index]> };
}
