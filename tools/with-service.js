import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * Runs `work` with the URL and the data folder of a built service, started for it alone with additional `settings` on
 * a free port and an embedded database of its own; removes both afterwards.
 */
export async function withService(work, settings = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'watcher-tool-'));
  // Without the settings of this machine: the README assumes a new installation.
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, PORT: '0', WATCHER_DATA_DIR: dataDir, LOG_FORMAT: 'json', ...settings };
  const service = spawn(process.execPath, ['dist/src/main.js'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const errors = [];
  service.stderr.on('data', (chunk) => errors.push(chunk));
  const exit = new Promise((resolve) => service.once('close', resolve));
  let code;
  try {
    await work(await addressOf(service, errors), dataDir);
  } finally {
    service.kill('SIGTERM');
    code = await exit;
    await rm(dataDir, { recursive: true, force: true });
  }
  if (code !== 0) throw new Error(`the service ended with ${code}: ${Buffer.concat(errors).toString('utf8')}`);
}

/** Resolves to the URL when the service logs that it is ready. */
function addressOf(service, errors) {
  return new Promise((resolve, reject) => {
    createInterface({ input: service.stdout }).on('line', (line) => {
      const { msg, url } = JSON.parse(line);
      if (msg === 'ready') resolve(url);
    });
    service.once('close', () => reject(new Error(`no service: ${Buffer.concat(errors).toString('utf8')}`)));
  });
}
