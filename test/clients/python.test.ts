import { join } from 'node:path';
import { PROGRAMS, withClient } from './generator.js';
import { ROUND_TRIP } from './round-trip.js';
import { download, run } from './run.js';

it('a client generated for Python can be imported, and makes the round trip', async () => {
  await withClient(['-g', 'python', '--package-name', 'watcher'], async (folder) => {
    await run('python3', ['-m', 'venv', 'venv'], folder);
    const python = join(folder, 'venv', 'bin', 'python');
    await download(
      python,
      ['-m', 'pip', 'install', '--quiet', '--no-compile', '--requirement', 'requirements.txt'],
      folder,
    );
    await run(python, ['-m', 'compileall', '-q', 'watcher'], folder);
    const program = `import sys; sys.path.insert(0, "."); exec(open(sys.argv[1]).read())`;
    expect(JSON.parse(await run(python, ['-c', program, join(PROGRAMS, 'main.py')], folder))).toEqual(ROUND_TRIP);
  });
});
