/**
 * What exact numbers cost: parses a body of 1 MB with one long number, and without, as a ratio to JSON.parse. The runs
 * alternate, so that load from other programs affects all of them.
 *
 *   npm run bench:json [-- --rounds 30]
 */
import { parseArgs } from 'node:util';
import type * as ExactJson from '../src/platform/values/exact-json.ts';
import { median } from './support/table.ts';

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '30' } } });

const module = new URL('../dist/src/platform/values/exact-json.js', import.meta.url).href;
const { parseJson } = (await import(module)) as typeof ExactJson;

const items = JSON.stringify(Array.from({ length: 60_000 }, (_, index) => ({ k: index })));
const plain = `{"id":1,"items":${items}}`;
const long = `{"id":1546130668394913823,"items":${items}}`;

const parsers: Record<string, () => unknown> = {
  'JSON.parse': () => JSON.parse(plain),
  'without a long number': () => parseJson(plain),
  'with a long number': () => parseJson(long),
};
const times = new Map(Object.keys(parsers).map((name) => [name, [] as number[]]));
for (let round = 0; round < Number(options.rounds); round++) {
  for (const [name, parse] of Object.entries(parsers)) {
    const begun = performance.now();
    parse();
    times.get(name)?.push(performance.now() - begun);
  }
}
const base = median(times.get('JSON.parse') ?? []);
for (const [name, all] of times) {
  console.log(`${name.padEnd(22)} ${median(all).toFixed(1)} ms  ${(median(all) / base).toFixed(2)}`);
}
