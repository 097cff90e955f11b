// A workflow that runs a step of its own, and one in another process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watcher } from 'watcher-client';

const said = await watcher.run({ pipeline: 'nightly/main', type: 'workflow' }, async (run) => {
  await watcher.run({ pipeline: 'inner', type: 'test' }, () => undefined);
  const child = spawn(process.execPath, ['step.mjs'], { env: run.environment(), stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`step.mjs ended with ${code}`);
  return { id: run.id, runId: run.runId, step: JSON.parse(Buffer.concat(chunks).toString()) };
});
process.stdout.write(JSON.stringify(said));
