import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const start = promisify(execFile);
/** How often a download is tried: registries are out of reach for a moment now and then. */
const ATTEMPTS = 3;
const PAUSE_MS = 5000;

/**
 * Runs a program to its end, with `variables` beside those of this process, and gives what it printed; fails with what
 * it complained of.
 */
export async function run(
  program: string,
  args: readonly string[],
  cwd: string,
  variables: Record<string, string> = {},
): Promise<string> {
  try {
    return (await start(program, args, { cwd, maxBuffer: 1 << 26, env: { ...process.env, ...variables } })).stdout;
  } catch (error) {
    const { message, stdout, stderr } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`${message.split('\n', 1)[0]}\n${stdout}\n${stderr}`, { cause: error });
  }
}

/** The same for a program that downloads something: it is tried again when it fails. */
export async function download(program: string, args: readonly string[], cwd: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await run(program, args, cwd);
      return;
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await sleep(PAUSE_MS);
    }
  }
}
