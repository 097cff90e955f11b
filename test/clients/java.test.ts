import { readdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { PROGRAMS, withClient } from './generator.js';
import { checkPage, readPage } from './page.js';
import { ROUND_TRIP } from './round-trip.js';
import { download, run } from './run.js';

it('a client generated for Java compiles, makes the round trip, and runs the program of its page', async () => {
  const page = await readPage('java');
  await withClient(page.options, async (folder, url) => {
    await writeFile(join(folder, 'LoadOrders.java'), page.program);
    // What the client needs, by its own pom; javac alone is quicker than Maven's life cycle with its plugins.
    const copy = ['dependency:copy-dependencies', '-DincludeScope=compile', '-DoutputDirectory=lib'];
    await download('mvn', ['-q', '-B', ...copy], folder);
    const sources = await javaFiles(join(folder, 'src', 'main', 'java'));
    const classes = ['classes', join('lib', '*')].join(delimiter);
    const compile = ['-encoding', 'UTF-8', '-nowarn', '-d', 'classes', '-cp', classes];
    await run('javac', [...compile, ...sources, join(PROGRAMS, 'Main.java'), 'LoadOrders.java'], folder);
    expect(JSON.parse(await run('java', ['-cp', classes, 'Main'], folder))).toEqual(ROUND_TRIP);
    await checkPage(url, ['java', '-cp', classes, 'LoadOrders'], folder);
  });
});

async function javaFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter(({ name }) => name.endsWith('.java')).map(({ parentPath, name }) => join(parentPath, name));
}
