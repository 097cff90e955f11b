/**
 * Removes from node_modules the parts of npm's Node for compiling add-ons: 67 MB of C headers and a manual, a tenth of
 * the whole. npm runs it after an install; nothing here reads those files.
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nodeOfNpm } from './runtime.js';

const node = nodeOfNpm();
for (const folder of node === undefined ? [] : ['include', 'share']) {
  rmSync(join(dirname(dirname(node)), folder), { recursive: true, force: true });
}
