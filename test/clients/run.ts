import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const start = promisify(execFile);

/** Runs a program to its end and gives what it printed; fails with what it complained of. */
export async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    return (await start(program, args, { cwd, maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    const { message, stdout, stderr } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`${message.split('\n', 1)[0]}\n${stdout}\n${stderr}`, { cause: error });
  }
}
