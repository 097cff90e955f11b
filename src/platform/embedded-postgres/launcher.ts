import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { lchown, readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The system user that runs the server when this process is root. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** The exit status and the output of a program. */
export interface ProgramResult {
  readonly code: number | null;
  readonly output: string;
}

const running = new Set<ChildProcess>();
let hooked = false;
let isOver = false;

/** How long programs may take to end after they are signalled to end at once. */
const END_WITHIN_MS = 1500;

/**
 * Starts programs of PostgreSQL with the right user and environment, and ends them when this process exits normally.
 */
export class Launcher {
  /**
   * @param owner undefined: the user of this process
   * @param prefix a command line in front of each program, which then changes the user itself
   */
  constructor(
    private readonly owner?: Owner,
    private readonly prefix: readonly string[] = [],
  ) {}

  spawn(program: string, args: readonly string[], stdio: StdioOptions, detached = false): ChildProcess {
    if (isOver) throw new Error('the launcher has ended and starts no program');
    const [file = program, ...rest] = [...this.prefix, program, ...args];
    const child = spawn(file, rest, {
      stdio,
      windowsHide: true,
      // A separate process group keeps the terminal's Ctrl-C from the server, which must stop after the last request.
      detached: detached && process.platform !== 'win32',
      // The server's user may not be allowed to enter our working folder, and initdb reads its own.
      cwd: parse(program).root,
      // Not the environment of the service: PG* variables and locales in it would affect initdb.
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      ...(this.prefix.length === 0 ? this.owner : {}),
    });
    stopAtExit(child);
    return child;
  }

  /** Runs a program to its end, or until `signal` interrupts it. Rejects only if it can't be started. */
  run(
    program: string,
    args: readonly string[],
    { input = '', signal }: { readonly input?: string; readonly signal?: AbortSignal } = {},
  ): Promise<ProgramResult> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const child = this.spawn(program, args, 'pipe');
      signal?.addEventListener('abort', () => child.kill('SIGINT'), { once: true });
      let output = '';
      const collect = (chunk: Buffer): void => {
        output += chunk.toString('utf8');
      };
      child.stdout?.on('data', collect);
      child.stderr?.on('data', collect);
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, output }));
      // A program that fails early does not read its input; its exit code reports the failure.
      child.stdin?.on('error', () => undefined).end(input);
    });
  }

  /** Transfers a file or folder, with its contents, to the server's user, as PostgreSQL requires. */
  async own(path: string): Promise<void> {
    if (this.owner === undefined) return;
    const { uid, gid } = this.owner;
    await lchown(path, uid, gid);
    const entries = await readdir(path, { recursive: true }).catch(() => []);
    for (const entry of entries) await lchown(join(path, entry), uid, gid);
  }
}

/**
 * Also runs on an uncaught exception and process.exit(). It does not run on kill -9; the next start handles that case.
 */
function stopAtExit(child: ChildProcess): void {
  if (!hooked) {
    hooked = true;
    process.once('exit', () => {
      for (const each of running) each.kill('SIGINT');
    });
  }
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
}

/**
 * Kills every program and prevents further starts. PostgreSQL's immediate shutdown (SIGQUIT) loses no committed row;
 * the next start recovers.
 */
export async function endPrograms(): Promise<void> {
  isOver = true;
  const ended = [...running].map((child) => new Promise((resolve) => child.once('exit', resolve)));
  for (const child of running) child.kill('SIGQUIT');
  await Promise.race([Promise.all(ended), sleep(END_WITHIN_MS, undefined, { ref: false })]);
  for (const child of running) child.kill('SIGKILL');
}
