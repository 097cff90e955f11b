/**
 * Brings dist up to date before it is needed; npm calls it after an install and before start, test and migrations.
 *
 * Does nothing where there is nothing to build with (`npm ci --omit=dev`) or from (a package without src): what dist
 * holds is all there will be. Does nothing either when dist is newer than everything it was made of, so that a restart
 * of the service costs no compiler. `npm run build` compiles in any case.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, statSync, utimesSync, writeFileSync } from 'node:fs';

/** Written only after a build without errors, dated to its beginning: what changed meanwhile is newer. */
const STAMP = 'dist/.built';

/** The folders count too: their time moves when a file is deleted. */
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
  // As the script `build` does, without an npm in between.
  const { status } = spawnSync(process.execPath, ['node_modules/@nestjs/cli/bin/nest.js', 'build'], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1); // the compiler has said why
  writeFileSync(STAMP, '');
  utimesSync(STAMP, begun, begun);
}
