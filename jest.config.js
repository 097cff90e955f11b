import { registerHooks } from 'node:module';

/**
 * The tests run as ES modules (`node --experimental-vm-modules`), compiled file by file by swc: Nest 12 is ESM only.
 *
 * What swc does not do is the @nestjs/swagger compiler plugin. A test of the OpenAPI document asks the built service.
 */

// Jest loads the global set-up and tear-down with Node's own loader, past its moduleNameMapper: here the `.js` of an
// import is led to its `.ts`.
registerHooks({
  resolve(specifier, context, next) {
    const isSource = /^\.{1,2}\/.*\.js$/.test(specifier) && context.parentURL?.endsWith('.ts');
    return next(isSource ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
});

/** @type {import('jest').Config} */
export default {
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.test.ts'],
  roots: ['<rootDir>/src', '<rootDir>/test'],
  // These kill what the others stand on, or need more than Node: see jest.faults.config.js and jest.clients.config.js.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/faults/', '<rootDir>/test/clients/'],
  testEnvironment: 'node',
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',

  extensionsToTreatAsEsm: ['.ts'],
  // nodenext wants `./x.js` in the source where `x.ts` lies on disk. `js` comes first, for packages that ship both.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  moduleFileExtensions: ['js', 'ts', 'json', 'node'],
  transform: {
    // The same as tsconfig.json says to tsc, and for the same reasons.
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

  // Jest would leave one core free, which on a machine with two leaves no parallel test at all.
  maxWorkers: '100%',
  // A real database on a busy machine; a test that hangs still ends.
  testTimeout: 30_000,
};
