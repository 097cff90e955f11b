/**
 * Reports the arrows of `tools/layers.js` that no import of `src` needs: `npm run layers` runs this after the rules.
 * An unused arrow describes a dependency that does not exist.
 */
import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { MODULES } from './layers.js';

const IMPORT = /(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g;

const byLength = Object.entries(MODULES).toSorted(([, a], [, b]) => b.path.length - a.path.length);
const moduleOf = (file) => byLength.find(([, { path }]) => file.startsWith(`${path}/`))?.[0];

/** The innermost listed folder of a module's file; `.` outside of them, undefined for the wiring. */
const folderOf = (name, file) => {
  const { path, wiring = [], folders = {} } = MODULES[name];
  const inside = file.slice(path.length + 1);
  if (wiring.includes(inside)) return undefined;
  const around = Object.keys(folders).filter((folder) => inside.startsWith(`${folder}/`));
  return around.toSorted((a, b) => b.length - a.length)[0] ?? '.';
};

const used = new Set();
for (const found of globSync('src/**/*.ts')) {
  const file = found.replaceAll('\\', '/');
  const from = moduleOf(file);
  if (from === undefined) continue;
  for (const [, specifier] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    const target = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
    const to = moduleOf(target);
    used.add(from === to ? `${from}: ${folderOf(from, file)} -> ${folderOf(to, target)}` : `${from} -> ${to}`);
  }
}

const allowed = Object.entries(MODULES).flatMap(([name, { imports, folders = {} }]) => [
  ...Object.keys(imports).map((other) => `${name} -> ${other}`),
  ...Object.entries(folders).flatMap(([folder, others]) =>
    Object.keys(others).map((other) => `${name}: ${folder} -> ${other}`),
  ),
]);
const unused = allowed.filter((arrow) => !used.has(arrow));
for (const arrow of unused) console.error(`tools/layers.js allows ${arrow}, which no import needs: remove it`);
process.exitCode = unused.length > 0 ? 1 : 0;
