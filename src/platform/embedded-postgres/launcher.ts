import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { lchown, readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The system user that the server runs as when we are root. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** How a program ended, and its output. */
export interface ProgramResult {
  readonly code: number | null;
  readonly output: string;
}

const running = new Set<ChildProcess>();
let hooked = false;
let isOver = false;

/** How long programs may take to end once they were told to end at once. */
const END_WITHIN_MS = 1500;

/** Starts programs of PostgreSQL: as whom, in which surroundings, and never outliving an orderly end of ours. */
export class Launcher {
  /**
   * @param owner undefined: whoever we are
   * @param prefix a command line in front of each program, which then changes the user itself
   */
  constructor(
    private readonly owner?: Owner,
    private readonly prefix: readonly string[] = [],
  ) {}

  spawn(program: string, args: readonly string[], stdio: StdioOptions, detached = false): ChildProcess {
    if (isOver) throw new Error('no program is started any more');
    const [file = program, ...rest] = [...this.prefix, program, ...args];
    const child = spawn(file, rest, {
      stdio,
      windowsHide: true,
      // A process group of its own keeps the terminal's Ctrl-C from the server: we stop it after the last request.
      detached: detached && process.platform !== 'win32',
      // The server's user may not be allowed into ours, and initdb looks at where it is.
      cwd: parse(program).root,
      // Not the environment of the service: PG* variables and locales in it would change what initdb makes.
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      ...(this.prefix.length === 0 ? this.owner : {}),
    });
    stopAtExit(child);
    return child;
  }

  /** Runs a program to its end, which `signal` brings about early. Rejects only if it cannot be started at all. */
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
      // A program that fails early does not read its input; its exit code says so already.
      child.stdin?.on('error', () => undefined).end(input);
    });
  }

  /** Makes a file or folder, and all in it, belong to the server's user; PostgreSQL insists on that. */
  async own(path: string): Promise<void> {
    if (this.owner === undefined) return;
    const { uid, gid } = this.owner;
    await lchown(path, uid, gid);
    const entries = await readdir(path, { recursive: true }).catch(() => []);
    for (const entry of entries) await lchown(join(path, entry), uid, gid);
  }
}

/** Also an uncaught exception and process.exit() end here; kill -9 does not, for which the next start cares. */
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
 * Ends every program at once, and lets none be started afterwards. PostgreSQL's immediate shutdown (SIGQUIT) loses no
 * committed row; the next start recovers.
 */
export async function endPrograms(): Promise<void> {
  isOver = true;
  const ended = [...running].map((child) => new Promise((resolve) => child.once('exit', resolve)));
  for (const child of running) child.kill('SIGQUIT');
  await Promise.race([Promise.all(ended), sleep(END_WITHIN_MS, undefined, { ref: false })]);
  for (const child of running) child.kill('SIGKILL');
}
