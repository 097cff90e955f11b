/**
 * Verifies that a release works without its repository: `npm run release:check`, after which dist-release has the files.
 *
 * Writes all artefacts from a clean state as tools/release-artefacts.js does, and tries each where a user would: installs
 * the service without its development dependencies, starts it by `npm start` on the embedded database, requests /health,
 * runs the migration command of the image and stops it; installs and imports the clients; renders the packaged chart.
 * Checks that the versions agree, and that the Dockerfile copies what exists.
 *
 * `-- --tag v1.2.3` checks the tag of a release too, and that nothing waits under Unreleased. `-- --complete` fails where
 * a tool is missing; without it the part is reported and left out.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { helm } from './helm.js';
import {
  ARTEFACTS,
  CHART,
  OUT,
  PYTHON_CLIENT,
  pythonIn,
  run,
  SUMS,
  ToolMissing,
  TYPESCRIPT_CLIENT,
  version,
  withFolder,
  writeArtefacts,
} from './release-artefacts.js';

const READY_WITHIN_MS = 60_000;
const STOPPED_WITHIN_MS = 10_000;

const complete = process.argv.includes('--complete');
const tag = process.argv.includes('--tag') ? process.argv[process.argv.indexOf('--tag') + 1] : undefined;

const home = mkdtempSync(join(tmpdir(), 'watcher-release-'));
const folder = join(home, 'node_modules', 'watcher');
const pathOf = (part) => join(OUT, ARTEFACTS[part].file);
const problems = [];

function check(holds, claim) {
  if (!holds) throw new Error(`not so: ${claim}`);
  console.log(`ok  ${claim}`);
}

/** Runs a part; a problem in it does not keep the others from being checked. */
async function part(name, work) {
  console.log(`\n${name}`);
  try {
    await work();
  } catch (error) {
    if (error instanceof ToolMissing && !complete) console.log(`    left out: no ${error.message} here`);
    else problems.push(`${name}: ${error.message}`);
  }
}

function isWritten(artefact) {
  const is = existsSync(pathOf(artefact));
  if (!is) console.log('    not written, so not tried');
  return is;
}

const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);
const versionIn = (json) => json && JSON.parse(json).version;

function versions() {
  const chart = parse(readFileSync(`${CHART}/Chart.yaml`, 'utf8'));
  const changelog = readFileSync('CHANGELOG.md', 'utf8');
  const pyproject = read(`${PYTHON_CLIENT}/pyproject.toml`);
  const found = {
    'package-lock.json': versionIn(read('package-lock.json')),
    'console/package.json': versionIn(read('console/package.json')),
    [`${CHART}/Chart.yaml, version`]: chart.version,
    [`${CHART}/Chart.yaml, appVersion`]: chart.appVersion,
    [`${PYTHON_CLIENT}/pyproject.toml`]: /^\[project\][^[]*^version\s*=\s*"([^"]+)"/ms.exec(pyproject)?.[1],
    [`${TYPESCRIPT_CLIENT}/package.json`]: versionIn(read(`${TYPESCRIPT_CLIENT}/package.json`)),
    'the newest version in CHANGELOG.md': /^## \[(\d[^\]]*)\]/m.exec(changelog)?.[1],
  };
  const others = Object.entries(found).filter(([, one]) => one !== version);
  check(
    others.length === 0,
    `each is ${version} ${others.map(([file, one]) => `(${file}: ${one ?? 'none'})`).join(' ')}`.trim(),
  );
  if (tag === undefined) return;
  check(tag === `v${version}`, `the tag ${tag} is that of ${version}`);
  const unreleased = /^## \[Unreleased\]\n(.*?)^## /ms.exec(changelog)?.[1] ?? '';
  check(unreleased.trim() === '', 'nothing waits under Unreleased in CHANGELOG.md');
}

function dockerfile() {
  const ignored = readFileSync('.dockerignore', 'utf8').split('\n');
  const sent = ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  const lines = readFileSync('Dockerfile', 'utf8').split('\n');
  const sources = lines
    .filter((line) => /^COPY (?!--from)/.test(line))
    .flatMap((line) => line.split(/\s+/).slice(1, -1));
  const lost = sources.filter(
    (source) => !existsSync(source) || !sent.some((one) => source === one || source.startsWith(`${one}/`)),
  );
  check(lost.length === 0, `what it copies exists and is sent to the builder ${lost.join(' ')}`.trim());
  const bases = lines.filter((line) => line.startsWith('FROM ')).map((line) => line.replace(/--platform=\S+ /, ''));
  const floating = bases.filter((line) => !/^FROM \S+@sha256:[0-9a-f]{64}( |$)/.test(line));
  check(floating.length === 0, `its bases have digests ${floating.join(' ')}`.trim());
}

/** The files of the artefacts; a part that was left out or failed has none. */
function artefacts() {
  const { failed, leftOut } = writeArtefacts({ complete });
  for (const { part, reason } of leftOut) console.log(`    ${part}: left out, ${reason}`);
  problems.push(...failed.map(({ part, reason }) => `${part}: ${reason}`));
  const written = readdirSync(OUT).filter((file) => file !== SUMS);
  const expected = Object.values(ARTEFACTS).map(({ file }) => file);
  const foreign = written.filter((file) => !expected.includes(file));
  check(foreign.length === 0, `only the expected files are written ${foreign.join(' ')}`.trim());
  if (spawnSync('sha256sum', ['--version']).error) return console.log('    no sha256sum here: sums not checked');
  check(run('sha256sum', ['--check', SUMS], { cwd: OUT }).split(': OK').length > written.length, `${SUMS} is right`);
}

/** The paths in a tarball, without npm's `package/` before each. */
const pathsIn = (archive) =>
  run('tar', ['-tzf', archive])
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''));

function install(archive, prefix) {
  writeFileSync(join(prefix, 'package.json'), '{"private": true, "type": "module"}');
  const args = ['install', '--omit=dev', '--no-audit', '--no-fund', '--silent', archive];
  run('npm', args, { cwd: prefix });
}

async function service() {
  if (!isWritten('service')) return;
  const paths = pathsIn(pathOf('service'));
  check(paths.includes('dist/src/main.js'), 'the package holds the service');
  check(
    ['README.md', 'LICENSE', 'CHANGELOG.md'].every((file) => paths.includes(file)),
    'and the documents to read first',
  );
  const foreign = paths.filter((path) => /^(src|test|bench|clients|node_modules|\.)|\.(spec|tsbuildinfo)/.test(path));
  check(foreign.length === 0, `and nothing that is not needed to run it ${foreign.join(' ')}`.trim());
  install(pathOf('service'), home);
  check(!existsSync(join(home, 'node_modules', 'typescript')), 'it installs without a compiler');
  await tryService();
}

function packages() {
  if (!isWritten('packages')) return;
  const { metadata, components } = JSON.parse(readFileSync(pathOf('packages'), 'utf8'));
  const names = components.map(({ name }) => name);
  check(metadata.component.name === 'watcher' && metadata.component.version === version, 'it describes this version');
  check(names.includes('fastify') && names.includes('react'), 'it lists the packages of service and console');
  const unused = names.filter((name) => ['jest', 'typescript', 'vite'].includes(name));
  check(unused.length === 0, `and no tools of the development ${unused.join(' ')}`.trim());
}

function chart() {
  if (!isWritten('chart')) return;
  const secret = ['--set', 'secret.existing=mine'];
  const repository = ['--set', 'image.repository=registry.example.com/watcher'];
  helm('lint', pathOf('chart'), '--strict', ...secret, ...repository);
  const rendered = helm('template', 'watcher', pathOf('chart'), ...secret, ...repository);
  check(rendered.includes(`image: registry.example.com/watcher:${version}\n`), 'it runs the image of this version');
  let refusal = '';
  try {
    helm('template', 'watcher', pathOf('chart'), ...secret);
  } catch (error) {
    refusal = String(error.stderr);
  }
  check(refusal.includes('Set image.repository'), 'without image.repository it says that it needs one');
}

function pythonClient() {
  if (!isWritten('python')) return;
  withFolder((venv) => {
    const python = pythonIn(venv);
    run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', pathOf('python')]);
    const program = 'import importlib.metadata, watcher_client; print(importlib.metadata.version("watcher-client"))';
    const said = run(python, ['-c', program], { cwd: venv }).trim();
    check(said === version, `it installs, and watcher_client can be imported (${said})`);
  });
}

function typescriptClient() {
  if (!isWritten('typescript')) return;
  const paths = pathsIn(pathOf('typescript'));
  check(
    paths.some((path) => path.endsWith('.d.ts')),
    'it has types',
  );
  const foreign = paths.filter((path) => /(^|\/)(node_modules|test)\/|\.(test|spec)\.|tsbuildinfo$/.test(path));
  check(foreign.length === 0, `and nothing that is not needed to use it ${foreign.join(' ')}`.trim());
  withFolder((elsewhere) => {
    install(pathOf('typescript'), elsewhere);
    const program = 'console.log(Object.keys(await import("watcher-client")).length)';
    const names = run(process.execPath, ['--input-type=module', '--eval', program], { cwd: elsewhere });
    check(Number(names) > 0, `it installs, and watcher-client can be imported (${names.trim()} names)`);
  });
}

function shellClient() {
  if (!isWritten('shell')) return;
  const shebang = readFileSync(pathOf('shell'), 'utf8').split('\n', 1)[0];
  check(/^#!\/(usr\/)?bin\/(env )?sh$/.test(shebang), `watcher-run is for any POSIX shell (${shebang})`);
  run('sh', ['-n', pathOf('shell')]);
  check(true, 'and its syntax is right');
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
  return run(process.execPath, args, { cwd: folder, env: { ...process.env, DATABASE_URL } });
}

async function tryService() {
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
  await part('Versions', versions);
  await part('Dockerfile', dockerfile);
  await part('Artefacts', artefacts);
  await part('Service', service);
  await part('SBOM', packages);
  await part('Chart', chart);
  await part('Python client', pythonClient);
  await part('TypeScript client', typescriptClient);
  await part('Shell client', shellClient);
} finally {
  rmSync(home, { recursive: true, force: true });
}
console.log('');
for (const problem of problems) console.error(`FAILED  ${problem}`);
console.log(problems.length === 0 ? `${version} can be released` : `${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
