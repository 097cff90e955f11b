/**
 * What comes from others: `npm run supply-chain`.
 *
 * Every package of the lock file that wants to run something when it is installed is named in `allowScripts` of
 * package.json, allowed or not, so that a new one is somebody's decision. And no package has a known vulnerability that
 * is rated high or worse, as far as the registry at hand answers that question: some mirrors don't.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
const problems = [];

const { allowScripts = {} } = readJson('package.json');
const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
for (const [path, { hasInstallScript }] of Object.entries(readJson('package-lock.json').packages)) {
  if (hasInstallScript && !(nameOf(path) in allowScripts)) {
    problems.push(`${nameOf(path)} has an install script: decide in allowScripts of package.json`);
  }
}

// By a shell: on Windows npm is a script that only a shell can run.
const audit = spawnSync('npm audit --json', { shell: true, encoding: 'utf8', timeout: 120_000 });
const report = JSON.parse(audit.stdout || '{}');
if (report.vulnerabilities) {
  for (const { name, severity, range } of Object.values(report.vulnerabilities)) {
    if (severity === 'high' || severity === 'critical')
      problems.push(`${name} ${range} has a ${severity} vulnerability`);
  }
} else {
  console.log(`npm audit: not answered by this registry (${report.statusCode ?? audit.error?.message ?? 'no report'})`);
}

for (const problem of problems) console.error(problem);
if (problems.length === 0) console.log('supply chain: nothing that nobody decided');
process.exitCode = problems.length === 0 ? 0 : 1;
