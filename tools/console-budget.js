/**
 * Checks the size of the built console: `npm run console:budget`. What a browser reads first must be at most 150 kB, and
 * each part that it reads later at most 80 kB, compressed by gzip as the service sends them.
 */
import { globSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';

const FIRST_KB = 150;
const LATER_KB = 80;
const FOLDER = 'dist/console';

const kilobytes = (file) => statSync(`${file}.gz`).size / 1000;
const html = readFileSync(`${FOLDER}/index.html`, 'utf8');
const named = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, file]) => `${FOLDER}/${file}`);
const first = new Set(named);
const later = globSync(`${FOLDER}/assets/*.{js,css}`).filter((file) => !first.has(file));
const sum = kilobytes(`${FOLDER}/index.html`) + [...first].reduce((total, file) => total + kilobytes(file), 0);

console.log(`first load: ${sum.toFixed(1)} kB of ${FIRST_KB} kB`);
for (const file of later) console.log(`${basename(file)}: ${kilobytes(file).toFixed(1)} kB`);
const tooLarge = later.filter((file) => kilobytes(file) > LATER_KB);
if (sum > FIRST_KB || tooLarge.length > 0 || first.size === 0) {
  console.error(
    `over the budget: ${[...(sum > FIRST_KB ? ['the first load'] : []), ...tooLarge].join(', ') || 'no files'}`,
  );
  process.exitCode = 1;
}
