import everyday from './jest.config.js';

/**
 * Tests of the console in a browser: `npm run test:console`. They are separate from the other tests, because they need
 * Chromium; CHROMIUM names its file where it is not found.
 *
 * @type {import('jest').Config}
 */
export default {
  ...everyday,
  testMatch: ['<rootDir>/test/console/**/*.test.ts'],
  roots: ['<rootDir>/test'],
  testPathIgnorePatterns: ['/node_modules/'],
  // Each worker has a browser and a service beside it.
  maxWorkers: 2,
};
