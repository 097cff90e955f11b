/** The coordinator of the cluster that the tests run on, see docs/contributing/cluster.md; undefined: each has a server. */
export const COORDINATOR = process.env['TEST_COORDINATOR'];

/**
 * `describe` for tests that start, stop or kill a PostgreSQL, put triggers on big tables or migrate an empty database: on
 * a cluster that was given, they are skipped.
 */
export const describeOwnServer = COORDINATOR === undefined ? describe : describe.skip;
