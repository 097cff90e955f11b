/** The coordinator of the cluster that the tests run on, see docs/contributing/cluster.md; undefined: each has a server. */
export const COORDINATOR = process.env['TEST_COORDINATOR'];

/**
 * `describe` for tests that start, stop or kill a PostgreSQL, put triggers on big tables or migrate an empty database: on
 * a cluster that was given, they are skipped and say so.
 */
export function describeOwnServer(name: string, tests: () => void): void {
  if (COORDINATOR === undefined) describe(name, tests);
  else describe.skip(`${name} (needs a server of its own)`, tests);
}
