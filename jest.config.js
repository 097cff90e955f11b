import { registerHooks } from 'node:module';
import { availableParallelism } from 'node:os';

/**
 * The tests run as ES modules (`node --experimental-vm-modules`), compiled file by file by swc: Nest 12 is ESM only.
 *
 * swc does not run the @nestjs/swagger compiler plugin. A test of the OpenAPI document queries the built service.
 */

// Jest loads the global set-up and tear-down with Node's own loader, which ignores its moduleNameMapper: this hook
// resolves the `.js` of an import to its `.ts`.
registerHooks({
  resolve(specifier, context, next) {
    const isSource = /^\.{1,2}\/.*\.js$/.test(specifier) && context.parentURL?.endsWith('.ts');
    return next(isSource ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
});

/** @type {import('jest').Config} */
export default {
  testMatch: ['<rootDir>/{src,console/src}/**/*.spec.ts', '<rootDir>/test/**/*.test.ts'],
  roots: ['<rootDir>/src', '<rootDir>/console/src', '<rootDir>/test'],
  // These kill processes that the other tests need, or need more than Node: see jest.faults.config.js,
  // jest.clients.config.js and jest.console.config.js.
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/test/faults/',
    '<rootDir>/test/clients/',
    '<rootDir>/test/console/',
  ],
  testEnvironment: 'node',
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',

  extensionsToTreatAsEsm: ['.ts'],
  // nodenext requires `./x.js` in the source for the file `x.ts`. `js` comes first, for packages that ship both.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  moduleFileExtensions: ['js', 'ts', 'json', 'node'],
  transform: {
    // The same settings as in tsconfig.json, for the same reasons.
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          // Nest names providers, and TypeORM tables, after the class.
          keepClassNames: true,
        },
      },
    ],
  },

  // For `npm run test:coverage`: the service's source in the process of the tests. What a test runs as a process of its
  // own (start and end of the service, the commands, the faults) is not counted.
  coverageProvider: 'v8',
  coverageReporters: ['text-summary'],
  collectCoverageFrom: ['src/**/*.ts', '!src/**/*.spec.ts'],

  // Tests mostly wait, for timers and for processes that start: one more than there are cores. A worker keeps memory of
  // the files that it has run, and slows down with it.
  maxWorkers: availableParallelism() + 1,
  workerIdleMemoryLimit: '1GB',
  testSequencer: '<rootDir>/test/support/longest-first.js',
  // Allows for a real database on a busy machine; a test that hangs still ends.
  testTimeout: 120_000,
};
