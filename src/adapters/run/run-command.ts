import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prevented, runCommand, Signals } from './command.js';
import { jsonText } from './json.js';
import { type CommandReport, type Outcome, readReport } from './report.js';
import { Run } from './run.js';
import { RunOptionError } from './run-option.error.js';
import { RUN_USAGE, runOptions } from './run-options.js';

/** The exit code if the command was not run because of wrong options, as `env` and `timeout` have it. */
const WRONG_USAGE = 125;

/** `watcher run …`: runs a command and reports it. Resolves to the exit code. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  try {
    const options = await runOptions(args, process.env);
    if (!options) {
      process.stdout.write(RUN_USAGE);
      return 0;
    }
    // Writing to a closed terminal fails; the command must go on.
    process.stderr.on('error', () => undefined);
    const signals = new Signals();
    const run = new Run(options, signals.hurry.signal, warn);
    if (options.dryRun) {
      process.stdout.write(`${jsonText(run.describe(), 2)}\n`);
      return 0;
    }
    const exitCode = await reported(run, options.command, options.registration.name, signals);
    run.close();
    return exitCode;
  } catch (error) {
    if (!(error instanceof RunOptionError)) throw error;
    warn(`${error.message} (watcher run --help)`);
    return WRONG_USAGE;
  }
}

async function reported(
  run: Run,
  command: readonly [string, ...string[]],
  name: string,
  signals: Signals,
): Promise<number> {
  if (!(await run.start())) {
    warn(`the pipeline '${name}' is inactive; the command was not run`);
    return 0;
  }
  const [outcome, report] = signals.ending
    ? ([prevented(signals.ending), { fields: {} }] as const)
    : await withReport((file) => {
        run.beginHeartbeats();
        return runCommand(command, { ...process.env, ...run.environment(), WATCHER_REPORT: file }, signals);
      });
  await run.end(outcome, report);
  return outcome.exitCode;
}

/** What `work` resolves to, and what it wrote to the file that it is given. */
async function withReport(work: (file: string) => Promise<Outcome>): Promise<readonly [Outcome, CommandReport]> {
  const folder = await mkdtemp(join(tmpdir(), 'watcher-run-'));
  try {
    const file = join(folder, 'report.json');
    const outcome = await work(file);
    return [outcome, await readReport(file)];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function warn(message: string): void {
  process.stderr.write(`watcher: ${message}\n`);
}
