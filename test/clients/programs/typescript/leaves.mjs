// Leaves while one run is open, and the end of another one is on its way.
import { watcher } from 'watcher-client';

await watcher.run({ pipeline: 'left open', type: 'test' });
const told = await watcher.run({ pipeline: 'just told', type: 'test' });
told.succeed();
if (process.argv[2] === 'exit') process.exit(3);
if (process.argv[2] === 'throw') throw new Error('not caught');
