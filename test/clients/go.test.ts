import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROGRAMS, withClient } from './generator.js';
import { checkPage, readPage } from './page.js';
import { ROUND_TRIP } from './round-trip.js';
import { download, run } from './run.js';

it('a client generated for Go compiles, makes the round trip, and runs the program of its page', async () => {
  const page = await readPage('go');
  await withClient(page.options, async (folder, url) => {
    await mkdir(join(folder, 'page'));
    await writeFile(join(folder, 'page', 'main.go'), page.program);
    await mkdir(join(folder, 'main'));
    await copyFile(join(PROGRAMS, 'main.go'), join(folder, 'main', 'main.go'));
    await download('go', ['mod', 'download'], folder);
    await run('go', ['vet', '.', './main', './page'], folder);
    expect(JSON.parse(await run('go', ['run', './main'], folder))).toEqual(ROUND_TRIP);
    expect(await run('gofmt', ['-l', 'page'], folder)).toBe('');
    await checkPage(url, ['go', 'run', './page'], folder);
  });
});
