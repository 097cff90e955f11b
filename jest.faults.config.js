import everyday from './jest.config.js';

/**
 * The faults: `npm run test:faults`. They kill what the other tests stand on, so each file has a PostgreSQL of its own,
 * with full durability, and speaks to the built service as a process. They take minutes, bounded by the time-outs.
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
  // A file waits more than it works: two at a time fit on two cores.
  maxWorkers: 2,
  testTimeout: 60_000,
};
