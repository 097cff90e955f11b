/** `node tools/node.js …` runs `node …` on the Node chosen for the scripts; see runtime.js. */
import { become, chooseNode, locate } from './runtime.js';

let node;
try {
  node = chooseNode();
} catch (error) {
  process.stderr.write(`watcher: ${error.message}\n`);
  process.exit(1);
}
become(node, process.argv.slice(2).map(locate));
