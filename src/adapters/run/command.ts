import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { storable } from './json.js';
import type { Outcome } from './report.js';

/** Signals that are handed on to the command. */
const HANDED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;
/** Signals that a terminal sends to every process in the foreground. */
const OF_TERMINAL: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT']);
/** Signals that ask a process to end. */
const ENDING: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']);

const COMMAND_NOT_FOUND = 127;
const COMMAND_NOT_EXECUTABLE = 126;
const TAIL_BYTES = 16_384;
/** How long the error output of processes that the command left behind is waited for. */
const LEFT_BEHIND_MS = 500;

/** Receives the signals sent to this process from its creation on, so that none of them ends it. */
export class Signals {
  /** The first signal that asked to end. */
  ending: NodeJS.Signals | undefined;
  /** Aborted by a signal that asks to end after the command has ended. */
  readonly hurry = new AbortController();
  private pass: ((signal: NodeJS.Signals) => void) | undefined;
  private isOver = false;

  constructor() {
    for (const signal of HANDED_ON) process.on(signal, () => this.receive(signal));
  }

  /** Hands signals on while the command runs; undefined once it has ended. */
  handTo(pass: ((signal: NodeJS.Signals) => void) | undefined): void {
    this.pass = pass;
    this.isOver = pass === undefined;
  }

  private receive(signal: NodeJS.Signals): void {
    if (ENDING.has(signal)) {
      if (this.isOver) this.hurry.abort();
      this.ending ??= signal;
    }
    this.pass?.(signal);
  }
}

/** Runs the command to its end. Its standard input and output are this process's, its error output is also kept. */
export async function runCommand(
  [program, ...args]: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv,
  signals: Signals,
): Promise<Outcome> {
  const child = spawn(program, args, { env, stdio: ['inherit', 'inherit', 'pipe'] });
  signals.handTo((signal) => {
    // What the terminal sends has reached the command already.
    if (!(OF_TERMINAL.has(signal) && isInForeground())) child.kill(signal);
  });
  const tail = new Tail();
  child.stderr.on('data', (chunk: Buffer) => {
    process.stderr.write(chunk);
    tail.add(chunk);
  });
  try {
    const closed = new Promise((resolve) => child.once('close', resolve));
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    const endDate = new Date();
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, LEFT_BEHIND_MS).unref())]);
    child.stderr.destroy();
    return outcomeOf(code, signal ?? undefined, endDate, signals.ending, tail.text);
  } catch (error) {
    return notRun(program, error as NodeJS.ErrnoException);
  } finally {
    signals.handTo(undefined);
  }
}

/** The outcome of a command that a signal prevented from running. */
export function prevented(signal: NodeJS.Signals): Outcome {
  const errorMessage = `${signal} was received before the command ran`;
  return { status: 'aborted', exitCode: exitCodeOf(signal), signal, endDate: new Date(), errorMessage };
}

function outcomeOf(
  code: number | null,
  signal: NodeJS.Signals | undefined,
  endDate: Date,
  ending: NodeJS.Signals | undefined,
  stderr: string,
): Outcome {
  const exitCode = code ?? (signal ? exitCodeOf(signal) : 1);
  if (exitCode === 0) return { status: 'succeeded', exitCode, signal, endDate, errorMessage: undefined };
  const how = signal ? `The command was ended by ${signal}.` : `The command ended with exit code ${exitCode}.`;
  return {
    // Whoever asked the command to end wanted it; anything else is a failure.
    status: ending === undefined ? 'failed' : 'aborted',
    exitCode,
    signal,
    endDate,
    errorMessage: stderr === '' ? how : stderr,
  };
}

function notRun(program: string, { code, message }: NodeJS.ErrnoException): Outcome {
  const isMissing = code === 'ENOENT';
  const errorMessage = isMissing ? `${program}: command not found` : `${program} can't be run: ${message}`;
  process.stderr.write(`watcher: ${errorMessage}\n`);
  const exitCode = isMissing ? COMMAND_NOT_FOUND : COMMAND_NOT_EXECUTABLE;
  return { status: 'failed', exitCode, signal: undefined, endDate: new Date(), errorMessage };
}

function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/** Whether this process is in the foreground of a terminal, whose Ctrl+C then reaches the command by itself. */
function isInForeground(): boolean {
  try {
    // The fields after the name in parentheses; its process group is the third, the terminal's the sixth.
    const fields = readFileSync('/proc/self/stat', 'latin1').split(') ').at(-1)?.split(' ') ?? [];
    return fields[2] === fields[5];
  } catch {
    return process.stdin.isTTY;
  }
}

/** The last bytes of an output. */
class Tail {
  private chunks: Buffer[] = [];
  private bytes = 0;
  private isCut = false;

  add(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    for (let first = this.chunks[0]; first && this.bytes - first.length >= TAIL_BYTES; first = this.chunks[0]) {
      this.chunks.shift();
      this.bytes -= first.length;
      this.isCut = true;
    }
  }

  /** As text that the service takes. It begins at a whole line where something was left out, if it has one. */
  get text(): string {
    return storable(this.read());
  }

  private read(): string {
    const bytes = Buffer.concat(this.chunks);
    const kept = bytes.subarray(-TAIL_BYTES);
    if (!this.isCut && kept.length === bytes.length) return kept.toString().trim();
    const line = kept.indexOf('\n') + 1;
    return `…\n${kept.subarray(line < kept.length ? line : 0).toString()}`.trim();
  }
}
