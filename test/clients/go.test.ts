import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PROGRAMS, withClient } from './generator.js';
import { ROUND_TRIP } from './round-trip.js';
import { download, run } from './run.js';

it('a client generated for Go compiles, and makes the round trip', async () => {
  const module = ['--git-host', 'example.com', '--git-user-id', 'team', '--git-repo-id', 'watcher'];
  await withClient(['-g', 'go', '--package-name', 'watcher', ...module], async (folder) => {
    await mkdir(join(folder, 'main'));
    await copyFile(join(PROGRAMS, 'main.go'), join(folder, 'main', 'main.go'));
    await download('go', ['mod', 'download'], folder);
    await run('go', ['vet', '.', './main'], folder);
    expect(JSON.parse(await run('go', ['run', './main'], folder))).toEqual(ROUND_TRIP);
  });
});
