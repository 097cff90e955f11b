/**
 * Holds README.md to its word: the table of variables is compared with the configuration, and its walkthrough, its SQL
 * and the examples run against the built service, to compare what they print with what it shows.
 * `npm run examples`, after a build. All of it runs on one service and one database, as a reader's would, and the examples twice.
 */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { withService } from './with-service.js';

/** The examples; those without `always` are left out on a machine that lacks the language. */
const EXAMPLES = [
  { command: ['sh', 'examples/nightly.sh'], always: true },
  { command: [process.execPath, 'examples/nightly.ts'], always: true },
  { command: ['python3', 'examples/nightly.py'] },
  { command: ['go', 'run', 'examples/nightly.go'] },
];

/** How long a program may take; Go compiles its standard library on a machine that never did. */
const PATIENCE_MS = 180_000;

/** What nobody can foresee. */
const VOLATILE = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** What a program prints; throws where it fails. */
function output([program, ...args], env = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: PATIENCE_MS,
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${error ?? `${stderr}${stdout}`}`);
  return stdout;
}

/** The code blocks of a text, in their order. */
function blocksOf(markdown) {
  return [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, code]) => ({ language, code }));
}

function compare(what, shown, real) {
  const [expected, actual] = [shown, real].map((text) => text.replaceAll(VOLATILE, 'ID').trim());
  if (expected === actual) return;
  throw new Error(`${what} shows\n${expected}\nbut really it is\n${actual}`);
}

/** Every `sh` block of the walkthrough is followed by what it prints; all of them are one session of a shell. */
function walk(markdown, url) {
  const blocks = blocksOf(markdown);
  const steps = blocks.flatMap(({ language, code }, index) =>
    language === 'sh' ? [{ code: code.replaceAll('http://localhost:8000', url), answer: blocks[index + 1] }] : [],
  );
  const separator = '\u001E';
  const script = steps.map(({ code }) => `${code}\nprintf '${separator}'`).join('\n');
  const answers = output(['sh', '-euc', script]).split(separator);
  steps.forEach(({ code, answer }, index) => {
    if (!answer || answer.language === 'sh') return;
    compare(`README.md, after ${code.trim()}`, answer.code, answers[index] ?? '');
  });
  return steps.length;
}

async function runSql(statements, dataDir) {
  const client = new pg.Client({ connectionString: await readFile(join(dataDir, 'database.url'), 'utf8') });
  await client.connect();
  try {
    await client.query(statements);
  } finally {
    await client.end();
  }
}

/** The variables in the table are there, with the defaults that they really have; docs/configuration.md has them all. */
async function compareVariables(markdown) {
  const { variables } = await import('../dist/src/config/config.js');
  const known = new Map(Object.values(variables).map(({ name, fallback }) => [name, fallback]));
  const rows = new Map(
    [...markdown.matchAll(/^\| `(\w+)` +\| (.*?) +\|/gm)].map(([, name, fallback]) => [name, fallback]),
  );
  for (const [name, shown] of rows) {
    if (!known.has(name)) throw new Error(`there is no variable ${name}, of which README.md speaks`);
    const fallback = known.get(name);
    if (fallback !== undefined) compare(`README.md, as the default of ${name},`, shown, `\`${fallback}\``);
  }
  return rows.size;
}

/** The part of a text under a heading, up to the next one of the same height. */
function section(markdown, heading) {
  const [, text] = markdown.split(`\n## ${heading}\n`);
  if (text === undefined) throw new Error(`README.md has no '${heading}'`);
  return text.split('\n## ', 1)[0];
}

const readme = await readFile('README.md', 'utf8');
const [tree] = blocksOf(section(readme, 'Examples')).filter(({ language }) => language === 'text');
if (!tree) throw new Error('README.md shows no tree');
const variableCount = await compareVariables(section(readme, 'Configuration'));
console.log(`README.md: ${variableCount} variables and their defaults are as it says`);

/** The examples that can run here. */
const examples = EXAMPLES.filter(({ command: [program, ...args], always }) => {
  const isThere = always || spawnSync(program, [program === 'go' ? 'version' : '--version']).status === 0;
  if (!isThere) console.log(`${args.at(-1)}: left out, there is no ${program} here`);
  return isThere;
}).map(({ command }) => command);

const examplesReadme = await readFile('examples/README.md', 'utf8');
const receiver = { RECEIVER_PORT: '19090', ALERT_WEBHOOK_SECRET: 'example' };

function hearIncidents(url) {
  const shown = blocksOf(examplesReadme).find(({ code }) => code.startsWith('opened '));
  if (!shown) throw new Error('examples/README.md shows no messages');
  const said = output([process.execPath, 'examples/incidents.ts'], { WATCHER_URL: url, ...receiver });
  compare('examples/README.md, for examples/incidents.ts,', shown.code, said);
  console.log('examples/incidents.ts: hears what examples/README.md shows');
}

function askAboutTheNight(url) {
  const [shown, said] = [blocksOf(examplesReadme).at(-1).code, output(['sh', 'examples/ask.sh'], { WATCHER_URL: url })];
  // How long each part takes is another story on each machine.
  compare('examples/README.md, for examples/ask.sh,', shown.split('\n\n', 1)[0], said.split('\n\n', 1)[0]);
  if (!/publish report$/m.test(said)) throw new Error(`examples/ask.sh does not say where the time went:\n${said}`);
  console.log('examples/ask.sh: finds the failure that examples/README.md shows, and where the time went');
}

/** The watermark that the next run of an example continues from. */
let watermark = 0;

function runExample(command, url) {
  const next = watermark + 1200;
  const shown = tree.code.replace('none -> 1200', `${watermark || 'none'} -> ${next}`);
  compare(`README.md, for ${command.at(-1)},`, shown, output(command, { WATCHER_URL: url }));
  console.log(`${command.at(-1)}: prints what README.md shows, and takes the watermark to ${next}`);
  watermark = next;
}

const alerts = {
  ALERT_WEBHOOK_URL: `http://127.0.0.1:${receiver.RECEIVER_PORT}/`,
  ALERT_WEBHOOK_SECRET: receiver.ALERT_WEBHOOK_SECRET,
};
await withService(async (url, dataDir) => {
  const steps = walk(`${section(readme, 'A walk through it')}${section(readme, 'Ask the tree')}`, url);
  for (const { language, code } of blocksOf(readme)) if (language === 'sql') await runSql(code, dataDir);
  console.log(`README.md: ${steps} steps and the SQL give what it shows`);

  for (const command of examples) runExample(command, url);
  hearIncidents(url);
  askAboutTheNight(url);
  for (const command of examples.toReversed()) runExample(command, url);
  hearIncidents(url);
  askAboutTheNight(url);
}, alerts);
