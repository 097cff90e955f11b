/**
 * `npm run dev`: compiles in watch mode, and restarts the service after each compilation without errors.
 *
 * Each start waits for the previous service to shut down, so the port is free again and the embedded PostgreSQL is
 * stopped. `nest start --watch` and `node --watch` kill whole process trees or repeat signals, which PostgreSQL treats
 * as a crash.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const COMPILER = ['node_modules/@nestjs/cli/bin/nest.js', 'build', '--watch', '--preserveWatchOutput'];
const SERVICE = ['--enable-source-maps', 'dist/src/main.js'];

/** In a separate process group: Ctrl+C reaches this process only, which then stops the others in order. */
const run = (args, stdout) => spawn(process.execPath, args, { detached: true, stdio: ['ignore', stdout, 'inherit'] });

const isRunning = (child) => child !== undefined && child.exitCode === null && child.signalCode === null;

/** SIGINT, not SIGTERM: there is no load balancer to wait for. */
async function stop(child) {
  if (!isRunning(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  await ended;
}

let service;
let isStopping = false;

async function restart() {
  await stop(service);
  if (!isStopping) service = run(SERVICE, 'inherit');
}

const compiler = run(COMPILER, 'pipe');
/** Compilations may finish faster than the service stops: the restarts are queued. */
let restarted = Promise.resolve();
createInterface({ input: compiler.stdout }).on('line', (line) => {
  console.log(line);
  if (line.includes('Found 0 errors')) restarted = restarted.then(restart);
});
compiler.once('exit', (code) => void end(code ?? 1));

async function end(code) {
  if (isStopping) return;
  isStopping = true;
  await restarted;
  await Promise.all([stop(service), stop(compiler)]);
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(0));
