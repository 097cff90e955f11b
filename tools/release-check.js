/**
 * Verifies that a release works without its repository: builds from a clean state, packs, installs the package
 * elsewhere without its development dependencies, starts it there by `npm start` on the embedded database, requests
 * /health, runs the migration command of the image, and stops it.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_WITHIN_MS = 60_000;
const STOPPED_WITHIN_MS = 10_000;

const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
const home = mkdtempSync(join(tmpdir(), 'watcher-release-'));
const folder = join(home, 'node_modules', name);

const npm = (cwd, ...args) =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

function check(holds, claim) {
  if (!holds) throw new Error(`not so: ${claim}`);
  console.log(`ok  ${claim}`);
}

function changelogKnowsTheVersion() {
  const changelog = readFileSync('CHANGELOG.md', 'utf8');
  return changelog.includes(`## [${version}]`) || changelog.includes('## [Unreleased]');
}

/** Files of an old build in dist would be packed too. */
function pack() {
  rmSync('dist', { recursive: true, force: true });
  npm('.', 'run', '--silent', 'build');
  const [packed] = JSON.parse(npm('.', 'pack', '--json', '--ignore-scripts', '--pack-destination', home));
  const paths = packed.files.map(({ path }) => path);
  check(paths.includes('dist/src/main.js'), 'the package holds the service');
  check(
    ['README.md', 'LICENSE', 'CHANGELOG.md'].every((file) => paths.includes(file)),
    'and the documents to read first',
  );
  const foreign = paths.filter((path) => /^(src|test|bench|node_modules|\.)|\.(spec|tsbuildinfo)/.test(path));
  check(foreign.length === 0, `and nothing that is not needed to run it ${foreign.join(' ')}`);
  console.log(`    ${packed.filename}: ${paths.length} files, ${Math.round(packed.size / 1024)} kB`);
  return join(home, packed.filename);
}

function install(archive) {
  writeFileSync(join(home, 'package.json'), '{"private": true}');
  npm(home, 'install', '--omit=dev', '--no-audit', '--no-fund', '--silent', archive);
  check(!existsSync(join(home, 'node_modules', 'typescript')), 'it installs without a compiler');
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

async function health(port, service) {
  for (const until = Date.now() + READY_WITHIN_MS; Date.now() < until && service.exitCode === null; await sleep(100)) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
    if (answer?.ok) return answer.json();
  }
  throw new Error('it did not answer');
}

/** In the same way as the Helm chart's Job. */
function migrate(dataDir) {
  const DATABASE_URL = readFileSync(join(dataDir, 'database.url'), 'utf8').trim();
  const cli = join(home, 'node_modules', 'typeorm', 'cli.js');
  const args = [cli, 'migration:run', '--dataSource', 'dist/ormconfig.js'];
  return execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env: { ...process.env, DATABASE_URL } });
}

async function run() {
  const port = await freePort();
  const dataDir = join(home, 'data');
  const environment = { ...process.env, PORT: String(port), WATCHER_DATA_DIR: dataDir, LOG_LEVEL: 'warn' };
  delete environment.DATABASE_URL;
  const begun = Date.now();
  // A separate process group: stopping it also stops all processes that npm starts.
  const service = spawn('npm', ['start', '--silent'], {
    cwd: folder,
    env: environment,
    stdio: 'inherit',
    detached: true,
  });
  try {
    const report = await health(port, service);
    check(report.status === 'ok', `it is ready ${((Date.now() - begun) / 1000).toFixed(1)} s after npm start`);
    check(report.version === version, `it says that it is ${version}`);
    check(migrate(dataDir).includes('No migrations are pending'), 'the migration command runs');
    const stopped = once(service, 'exit');
    service.kill('SIGTERM');
    const outcome = await Promise.race([stopped, sleep(STOPPED_WITHIN_MS, undefined, { ref: false })]);
    check(outcome?.[0] === 0, 'it stops with 0 on SIGTERM');
  } finally {
    if (service.exitCode === null && service.signalCode === null) process.kill(-Number(service.pid), 'SIGKILL');
  }
}

try {
  check(changelogKnowsTheVersion(), 'the changelog has a place for the version');
  install(pack());
  await run();
} finally {
  rmSync(home, { recursive: true, force: true });
}
