/**
 * Checks the dependencies: `npm run supply-chain`.
 *
 * Every package of the lock file with an install script must be listed in `allowScripts` of package.json, allowed or
 * not, so that each new one requires a decision. And no package may have a known vulnerability rated high or worse, as
 * far as the registry provides an audit: some mirrors don't.
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

// Through a shell: on Windows npm is a script that only a shell can run.
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
if (problems.length === 0) console.log('supply chain: no undecided install script and no severe vulnerability');
process.exitCode = problems.length === 0 ? 0 : 1;
