/**
 * Brings dist up to date before it is used; npm runs it after an install and before start, test and migrations.
 *
 * Does nothing without a compiler (`npm ci --omit=dev`) or without sources (a package without src): dist is then
 * complete as it is. Does nothing either if dist is newer than everything it was built from, so that a restart of the
 * service needs no compilation. `npm run build` always compiles.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, statSync, utimesSync, writeFileSync } from 'node:fs';

/**
 * A part of dist: what it is built from, and by what. Its stamp is written only after a build without errors, with the
 * time of its beginning: files changed meanwhile are newer. Folders count too: their time changes when a file is
 * deleted.
 */
const PARTS = [
  {
    stamp: 'dist/.built',
    sources: ['src', 'src/**', 'ormconfig.ts', 'nest-cli.json', 'tsconfig*.json'],
    needs: ['src/main.ts', 'node_modules/@nestjs/cli'],
    steps: [['node_modules/@nestjs/cli/bin/nest.js', 'build']],
  },
  {
    stamp: 'dist/.built-console',
    sources: ['console', 'console/*', 'console/public/**', 'console/src/**', 'openapi/watcher.json'],
    needs: ['console/index.html', 'node_modules/vite'],
    steps: [
      ['tools/api-types.js', 'console/generated'],
      ['node_modules/vite/bin/vite.js', 'build', '--config', 'console/vite.config.ts'],
      ['tools/compress-console.js'],
    ],
  },
  {
    stamp: 'dist/.built-client',
    sources: ['clients/typescript/*.json', 'clients/typescript/src/**', 'openapi/watcher.json'],
    needs: ['clients/typescript/package.json', 'node_modules/@hey-api/openapi-ts'],
    steps: [
      ['tools/api-types.js', 'clients/typescript/generated'],
      ['node_modules/typescript/bin/tsc', '--project', 'clients/typescript'],
    ],
  },
];
/** Whether to build what is fresh too. */
const ALL = process.argv.includes('--all');
/** What every part is built with. */
const TOOLS = ['package.json', 'package-lock.json'];

const modified = (file) => statSync(file).mtimeMs;

function isFresh({ stamp, sources }) {
  const built = existsSync(stamp) ? modified(stamp) : 0;
  return globSync([...sources, ...TOOLS], {
    exclude: ['console/generated'],
  }).every((file) => modified(file) < built);
}

for (const part of PARTS) {
  if (!part.needs.every((file) => existsSync(file)) || (!ALL && isFresh(part))) continue;
  const begun = new Date();
  for (const step of part.steps) {
    // Same as the script `build`, without an npm process in between.
    const { status } = spawnSync(process.execPath, step, { stdio: 'inherit' });
    if (status !== 0) process.exit(1); // the tool has printed the reason
  }
  writeFileSync(part.stamp, '');
  utimesSync(part.stamp, begun, begun);
}
