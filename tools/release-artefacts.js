/**
 * Writes the files of a release and their SHA256SUMS into dist-release: `npm run release:artefacts`.
 *
 * The service and the TypeScript client as npm tarballs, the Python client as a wheel, `watcher-run`, the Helm chart, and
 * the packages that the service consists of (an SBOM in CycloneDX). Each has the version of package.json.
 *
 * A part whose tool is missing on this machine is reported and left out; with `--complete`, as the release workflow runs
 * it, this is an error. A part that the repository does not have is always one.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { helm } from './helm.js';

export const OUT = resolve('dist-release');
export const CHART = 'deploy/helm/watcher';
export const PYTHON_CLIENT = 'clients/python';
export const TYPESCRIPT_CLIENT = 'clients/typescript';
const SHELL_CLIENT = 'clients/sh/watcher-run';

/** A part that can't be made on this machine, for want of a tool. */
export class ToolMissing extends Error {}

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
export const { version } = readJson('package.json');

/** The file of each part of a release, and what writes it into OUT. */
export const ARTEFACTS = {
  service: { file: `watcher-${version}.tgz`, write: writeService },
  chart: { file: `watcher-chart-${version}.tgz`, write: writeChart },
  python: { file: `watcher_client-${version}-py3-none-any.whl`, write: writeWheel },
  typescript: { file: `watcher-client-${version}.tgz`, write: writeTypescript },
  shell: { file: 'watcher-run', write: writeShell },
  packages: { file: `watcher-${version}.cdx.json`, write: writePackages },
};
export const SUMS = 'SHA256SUMS';

export function run(program, args, options = {}) {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], ...options });
}

/** Runs `work` with a folder that is removed afterwards. */
export function withFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'watcher-release-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Python with venv, which wheels are built and tried in. */
export function pythonIn(folder) {
  if (spawnSync('python3', ['-c', 'import ensurepip, venv']).status !== 0) throw new ToolMissing('python3 with venv');
  run('python3', ['-m', 'venv', folder]);
  return join(folder, 'bin', 'python');
}

/** Files of an old build in dist would be packed too. */
function writeService() {
  rmSync('dist', { recursive: true, force: true });
  run('npm', ['run', '--silent', 'build']);
  run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', OUT]);
}

/** Renamed: Helm names it as npm names the tarball of the service. */
function writeChart() {
  withFolder((folder) => {
    try {
      helm('package', CHART, '--destination', folder);
    } catch (error) {
      if (error.code === 'ENOENT') throw new ToolMissing('helm');
      throw error;
    }
    copyFileSync(join(folder, `watcher-${version}.tgz`), join(OUT, ARTEFACTS.chart.file));
  });
}

function writeWheel() {
  needs(join(PYTHON_CLIENT, 'pyproject.toml'));
  withFolder((folder) => {
    const python = pythonIn(join(folder, 'venv'));
    // A copy: setuptools leaves its build in the folder, and would pack old files of it the next time.
    const source = join(folder, 'source');
    cpSync(PYTHON_CLIENT, source, {
      recursive: true,
      filter: (path) => !/[\\/](build|dist|[^\\/]*\.egg-info)$/.test(path),
    });
    const args = ['-m', 'pip', 'wheel', '--quiet', '--disable-pip-version-check', '--no-deps', '--wheel-dir', OUT, '.'];
    run(python, args, { cwd: source });
  });
}

function writeTypescript() {
  needs(join(TYPESCRIPT_CLIENT, 'package.json'));
  // What is up to date already is not built again.
  run(process.execPath, ['tools/build.js']);
  run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', OUT], { cwd: TYPESCRIPT_CLIENT });
}

function writeShell() {
  needs(SHELL_CLIENT);
  copyFileSync(SHELL_CLIENT, join(OUT, ARTEFACTS.shell.file));
}

/**
 * npm lists what an installation brings. What the console is made of comes on top: these are development dependencies,
 * which the release has in its built files.
 */
function writePackages() {
  withFolder((folder) => {
    // npm names the root after its folder.
    const root = join(folder, 'watcher');
    mkdirSync(join(root, 'console'), { recursive: true });
    for (const file of ['package.json', 'package-lock.json', 'console/package.json']) {
      copyFileSync(file, join(root, file));
    }
    const args = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only', '--workspaces=false'];
    const document = JSON.parse(run('npm', args, { cwd: root, maxBuffer: 2 ** 26 }));
    const components = document.components.filter(({ name }) => name !== 'console' && name !== 'watcher-console');
    const known = new Set(components.map((component) => component['bom-ref']));
    const bundled = bundledComponents().filter((component) => !known.has(component['bom-ref']));
    document.components = [...components, ...bundled];
    const refs = new Set([document.metadata.component, ...document.components].map((one) => one['bom-ref']));
    document.dependencies = document.dependencies.filter(({ ref }) => refs.has(ref));
    for (const dependency of document.dependencies) {
      dependency.dependsOn = dependency.dependsOn?.filter((ref) => refs.has(ref));
    }
    writeFileSync(join(OUT, ARTEFACTS.packages.file), `${JSON.stringify(document, undefined, 2)}\n`);
  });
}

/** The packages in the built console: the dependencies of its source, without its bundler and types, and theirs. */
function bundledComponents() {
  const { packages } = readJson('package-lock.json');
  const { devDependencies } = readJson('console/package.json');
  const found = new Map();
  const queue = Object.keys(devDependencies).filter((name) => name !== 'vite' && !name.startsWith('@types/'));
  for (const name of queue) {
    const path = [`console/node_modules/${name}`, `node_modules/${name}`].find((path) => path in packages);
    if (!path) throw new Error(`${name} is not in package-lock.json`);
    if (found.has(path)) continue;
    found.set(path, componentOf(name, packages[path]));
    queue.push(...Object.keys(packages[path].dependencies ?? {}));
  }
  return [...found.values()];
}

function componentOf(name, { version: own, license, integrity }) {
  const [algorithm, digest] = integrity.split('-', 2);
  return {
    'bom-ref': `${name}@${own}`,
    type: 'library',
    name,
    version: own,
    scope: 'required',
    purl: `pkg:npm/${name.replace('@', '%40')}@${own}`,
    hashes: [{ alg: algorithm.replace('sha', 'SHA-'), content: Buffer.from(digest, 'base64').toString('hex') }],
    ...(license && { licenses: [{ license: { id: license } }] }),
  };
}

function needs(path) {
  if (!existsSync(path)) throw new Error(`${path} is missing, and every release has it`);
}

/** As sha256sum writes and reads it. */
function writeSums() {
  const lines = readdirSync(OUT)
    .filter((file) => file !== SUMS)
    .sort()
    .map(
      (file) =>
        `${createHash('sha256')
          .update(readFileSync(join(OUT, file)))
          .digest('hex')}  ${file}\n`,
    );
  const unfinished = join(OUT, `${SUMS}.new`);
  writeFileSync(unfinished, lines.join(''));
  renameSync(unfinished, join(OUT, SUMS));
}

/** Writes what can be written; returns the parts that could not, each with its reason. */
export function writeArtefacts({ complete }) {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT);
  const failed = [];
  const leftOut = [];
  for (const [part, { file, write }] of Object.entries(ARTEFACTS)) {
    try {
      write();
      needs(join(OUT, file));
    } catch (error) {
      if (error instanceof ToolMissing && !complete) leftOut.push({ part, reason: `no ${error.message} here` });
      else failed.push({ part, reason: error.message });
    }
  }
  writeSums();
  return { failed, leftOut };
}

/** The changes of this version, for the page of the release: links lead to the files of its tag. */
function notes() {
  const [, section] = readFileSync('CHANGELOG.md', 'utf8').split(`\n## [${version}]`, 2);
  if (!section) throw new Error(`CHANGELOG.md has no ${version}`);
  const text = section.split('\n## ', 1)[0].split('\n').slice(1).join('\n').trim();
  const { GITHUB_SERVER_URL = 'https://github.com', GITHUB_REPOSITORY } = process.env;
  if (!GITHUB_REPOSITORY) return text;
  return text.replaceAll(/\]\((?![a-z]+:)/g, `](${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/blob/v${version}/`);
}

if (import.meta.main) {
  if (process.argv.includes('--notes')) {
    console.log(notes());
  } else {
    const { failed, leftOut } = writeArtefacts({ complete: process.argv.includes('--complete') });
    process.stdout.write(readFileSync(join(OUT, SUMS), 'utf8'));
    for (const { part, reason } of leftOut) console.log(`${part}: left out, ${reason}`);
    for (const { part, reason } of failed) console.error(`${part}: ${reason}`);
    process.exitCode = failed.length === 0 ? 0 : 1;
  }
}
