// A step that finds its parent in the environment, and says what it found and what it hands on.
import { watcher } from 'watcher-client';

const variables = (environment) =>
  Object.fromEntries(
    Object.entries(environment).filter(([name]) => /_ID$|_PIPELINE$|_NAMESPACE$|_WATERMARK$/.test(name)),
  );
await watcher.run({ pipeline: 'outer', namespace: 'steps', type: 'test', nextWatermark: 5 }, (run) => {
  process.stdout.write(JSON.stringify({ found: variables(process.env), handed: variables(run.environment()) }));
});
