import everyday from './jest.config.js';

/**
 * The fault tests: `npm run test:faults`. They kill processes that the other tests need, so each file has its own
 * PostgreSQL, with full durability, and talks to the built service as a process. They take minutes, bounded by
 * timeouts.
 *
 * @type {import('jest').Config}
 */
export default {
  ...everyday,
  testMatch: ['<rootDir>/test/faults/**/*.test.ts'],
  roots: ['<rootDir>/test'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: undefined,
  globalTeardown: undefined,
  // A file mostly waits: two at a time fit on two cores. A third would slow the others beyond the times they are bound to.
  maxWorkers: 2,
  testTimeout: 180_000,
};
