import everyday from './jest.config.js';

/**
 * The clients that openapi-generator makes for Go, Python and Java: `npm run test:clients`. Each is generated from the
 * document of the built service, compiled, and runs against it. Apart from the other tests, because they need Java, Maven
 * and the compiler of the language, and fetch what a client depends on.
 *
 * @type {import('jest').Config}
 */
export default {
  ...everyday,
  testMatch: ['<rootDir>/test/clients/**/*.test.ts'],
  roots: ['<rootDir>/test'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 2,
  // The first run fetches the generator and all that the clients need.
  testTimeout: 300_000,
};
