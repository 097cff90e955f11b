/**
 * Takes out of node_modules what npm's Node brings for those who compile add-ons: 67 MB of C headers and a manual, a
 * tenth of the whole. npm calls it after an install; nothing here reads them.
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nodeOfNpm } from './runtime.js';

const node = nodeOfNpm();
for (const folder of node === undefined ? [] : ['include', 'share']) {
  rmSync(join(dirname(dirname(node)), folder), { recursive: true, force: true });
}
