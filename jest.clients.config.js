import everyday from './jest.config.js';

/**
 * Tests of the client for TypeScript (clients/typescript), and of those that openapi-generator makes for Go, Python and
 * Java: `npm run test:clients`. Each of the latter is generated from the document of the built service, compiled, and run
 * against it. They are separate from the other tests, because they need Java, Maven and the compiler of the language, and
 * download the dependencies of the clients.
 *
 * @type {import('jest').Config}
 */
export default {
  ...everyday,
  testMatch: ['<rootDir>/test/clients/**/*.test.ts'],
  roots: ['<rootDir>/test'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/test/clients/global-setup.ts',
  maxWorkers: 2,
  // The first run downloads the generator and the dependencies of the clients.
  testTimeout: 600_000,
};
