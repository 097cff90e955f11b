/**
 * Chooses the Node for the scripts of package.json: the caller's if it is 24.11 or a newer LTS, else the one that npm
 * installed with the dependencies. Any Node that starts npm parses this file, so it uses no syntax newer than Node 16.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** The first LTS release of the oldest line that the service and its dependencies run on. */
const OLDEST = [24, 11];
const isWindows = process.platform === 'win32';

/** Packages of npm that contain Node for this machine, as in package.json. */
const PACKAGES = [`node-${isWindows ? 'win' : process.platform}-${process.arch}`];
PACKAGES.push(PACKAGES[0].replace(/^node-/, 'node-bin-'));

/** The path of the Node to run. Throws, with a one-line message, if there is none. */
export function chooseNode(environment = process.env) {
  const installed = nodeOfNpm();
  const callers = [nodeOnPath(environment), environment.npm_node_execpath].filter(
    (node, index, all) =>
      node !== undefined && existsSync(node) && !isSame(node, installed) && all.indexOf(node) === index,
  );
  const versions = [];
  for (const node of callers) {
    const version = versionOf(node);
    if (isLongTerm(version)) return node;
    versions.push(version);
  }
  // On some systems npm's newest Node is older than that; it runs the service and is used for want of another.
  if (installed !== undefined && versionOf(installed).startsWith(`${OLDEST[0]}.`)) return installed;
  const found = versions.length > 0 ? `found Node ${versions.join(' and ')}` : 'found none';
  throw new Error(
    `Node ${OLDEST.join('.')}, or a newer LTS, is required, ${found}, and npm has installed none that runs here: ` +
      'install one from https://nodejs.org, or with npm: npm ci --include=optional',
  );
}

/** Whether the Node of this process is one that `chooseNode` could return. */
export function isChosen() {
  const installed = nodeOfNpm();
  return isLongTerm(process.versions.node) || (installed !== undefined && isSame(process.execPath, installed));
}

/** The first Node on the caller's PATH, before npm prepends the commands of the packages. */
function nodeOnPath({ PATH = '', Path = PATH }) {
  const folders = Path.split(delimiter).filter(
    (folder) => folder !== '' && !/node_modules[\\/]\.bin$|node-gyp-bin$/.test(folder),
  );
  return folders.map((folder) => join(folder, isWindows ? 'node.exe' : 'node')).find((file) => existsSync(file));
}

export function nodeOfNpm() {
  const { resolve } = createRequire(import.meta.url);
  for (const name of PACKAGES) {
    try {
      const file = join(dirname(resolve(`${name}/package.json`)), 'bin', isWindows ? 'node.exe' : 'node');
      if (existsSync(file)) return file;
    } catch {
      // For another platform, or not installed.
    }
  }
  return undefined;
}

function isSame(one, other) {
  return other !== undefined && realpathSync(one) === realpathSync(other);
}

/** The version, such as `24.21.0`; empty if the program does not run. */
function versionOf(node) {
  if (isSame(node, process.execPath)) return process.versions.node;
  const { status, stdout } = spawnSync(node, ['--version'], { encoding: 'utf8', timeout: 20_000, windowsHide: true });
  return status === 0 ? stdout.trim().replace(/^v/, '') : '';
}

/** Even-numbered lines of Node become LTS. */
function isLongTerm(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major === OLDEST[0] ? minor >= OLDEST[1] : major > OLDEST[0] && major % 2 === 0;
}

/**
 * A file of a package, `node_modules/…`, here or in a folder above: as a dependency, Watcher is installed beside its
 * own.
 */
export function locate(argument) {
  if (!argument.startsWith('node_modules/')) return argument;
  for (let folder = process.cwd(); dirname(folder) !== folder; folder = dirname(folder)) {
    if (existsSync(join(folder, argument))) return join(folder, argument);
  }
  return argument;
}

/**
 * Replaces this process by a program, if the system supports it, so that signals and exit codes are the program's own.
 */
export function become(node, args) {
  // Node marks it as experimental and prints a warning without a listener; a service must not begin with a warning.
  process.removeAllListeners('warning');
  if (typeof process.execve === 'function' && !isWindows) process.execve(node, [node, ...args], process.env);
  runAsChild(node, args);
}

/** Runs a program as a child process, forwards signals to it, and exits as it exits. */
export function runAsChild(node, args) {
  const child = spawn(node, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // The console of Windows has signalled the child already, and `kill` would end it at once.
      if (!isWindows) child.kill(signal);
    });
  }
  child.once('error', (error) => {
    process.stderr.write(`watcher: ${node} cannot be run: ${error.message}\n`);
    process.exit(1);
  });
  child.once('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]));
}
