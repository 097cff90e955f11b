import { spawnSync } from 'node:child_process';

/**
 * Whether a program that a test needs is installed. A test that is skipped because of a missing program says so in the
 * output, in addition to Jest's report.
 */
export function hasTool(name: string): boolean {
  const { error } = spawnSync(name, ['--version'], { stdio: 'ignore' });
  if (error) process.stderr.write(`'${name}' is not installed: skipping the tests that need it.\n`);
  return !error;
}
