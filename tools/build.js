/**
 * Brings dist up to date before it is used; npm runs it after an install and before start, test and migrations.
 *
 * Does nothing without a compiler (`npm ci --omit=dev`) or without sources (a package without src): dist is then
 * complete as it is. Does nothing either if dist is newer than everything it was built from, so that a restart of the
 * service needs no compilation. `npm run build` always compiles.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, statSync, utimesSync, writeFileSync } from 'node:fs';

/** Written only after a build without errors, with the time of its beginning: files changed meanwhile are newer. */
const STAMP = 'dist/.built';

/** Folders count too: their time changes when a file is deleted. */
const SOURCES = [
  'src',
  'src/**',
  'ormconfig.ts',
  'package.json',
  'package-lock.json',
  'nest-cli.json',
  'tsconfig*.json',
];

const modified = (file) => statSync(file).mtimeMs;

const canBuild = existsSync('src/main.ts') && existsSync('node_modules/@nestjs/cli');
const isFresh = () => {
  const built = existsSync(STAMP) ? modified(STAMP) : 0;
  return globSync(SOURCES).every((file) => modified(file) < built);
};

if (canBuild && !isFresh()) {
  const begun = new Date();
  // Same as the script `build`, without an npm process in between.
  const { status } = spawnSync(process.execPath, ['node_modules/@nestjs/cli/bin/nest.js', 'build'], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1); // the compiler has printed the reason
  writeFileSync(STAMP, '');
  utimesSync(STAMP, begun, begun);
}
