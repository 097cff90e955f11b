/**
 * What `watcher run`, and `watcher-run` of `clients/sh`, add to a command. Each round runs `true` alone, Node with an
 * empty program, and `true` under both; the order rotates.
 *
 *   npm run bench:command [-- --rounds 31]
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openStage } from './support/stage.ts';
import { median, printTable, ratio, spread } from './support/table.ts';

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '31' } } });
const root = new URL('..', import.meta.url).pathname;

const stage = await openStage();
const run = ['run', '--pipeline', 'bench', '--', 'true'];
const commands: Record<string, readonly [string, ...string[]]> = {
  true: ['true'],
  'node, empty program': [process.execPath, '-e', ''],
  'watcher run true': [process.execPath, join(root, 'dist/src/cli.js'), ...run],
  'watcher-run true': ['sh', join(root, 'clients/sh/watcher-run'), ...run.slice(1)],
};
const times = new Map(Object.keys(commands).map((name) => [name, [] as number[]]));
const names = Object.keys(commands);
const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', WATCHER_URL: stage.url };
for (let round = -2; round < Number(options.rounds); round++) {
  for (const at of names.keys()) {
    const name = names[(at + round + names.length) % names.length] ?? '';
    const [program, ...args] = commands[name] ?? ['true'];
    const begun = performance.now();
    const { status } = spawnSync(program, args, { env, stdio: 'ignore' });
    if (status !== 0) throw new Error(`${name} ended with ${status}`);
    // The first rounds warm the file cache and the service up.
    if (round >= 0) times.get(name)?.push(performance.now() - begun);
  }
}
await stage.close();

const node = median(times.get('node, empty program') ?? []);
printTable(
  ['', 'ms', 'spread', 'to node'],
  [...times].map(([name, all]) => [name, median(all).toFixed(0), spread(all), ratio(median(all), node)]),
);
