import { spawnSync } from 'node:child_process';

/**
 * Whether a program that a test needs is on this machine. A test that is left out for want of one says so in the
 * output, beside Jest's own word of it.
 */
export function hasTool(name: string): boolean {
  const { error } = spawnSync(name, ['--version'], { stdio: 'ignore' });
  if (error) process.stderr.write(`There is no '${name}' on this machine: the tests that need it are left out.\n`);
  return !error;
}
