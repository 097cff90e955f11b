/**
 * Runs the commands and the SQL of README.md and docs/walkthrough.md and the examples against the built service, and
 * compares their output with that in the documents. `npm run examples`, after a build. Each document has a service of
 * its own; on the same service and database, as a reader would, it then runs the examples, twice.
 */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { withService } from './with-service.js';

/** The examples; those without `always` are left out on a machine without the language. */
const EXAMPLES = [
  { command: ['sh', 'examples/nightly.sh'], always: true },
  { command: [process.execPath, 'examples/nightly.ts'], always: true },
  { command: ['python3', 'examples/nightly.py'] },
  { command: ['go', 'run', 'examples/nightly.go'] },
];

/** How long a program may take; on its first run, Go compiles its standard library. */
const PATIENCE_MS = 180_000;

/** Output that differs from run to run. */
const VOLATILE = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Returns the output of a program; throws if it fails. */
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
  throw new Error(`${what} shows\n${expected}\nbut the actual output is\n${actual}`);
}

/** Runs the `sh` blocks of a document as one session of a shell; compares each with the block after it, its output. */
function walk(document, markdown, url) {
  const blocks = blocksOf(markdown);
  const steps = blocks.flatMap(({ language, code }, index) =>
    language === 'sh' ? [{ code: code.replaceAll('http://localhost:8000', url), answer: blocks[index + 1] }] : [],
  );
  const separator = '\u001E';
  const script = steps.map(({ code }) => `${code}\nprintf '${separator}'`).join('\n');
  const answers = output(['sh', '-euc', script]).split(separator);
  steps.forEach(({ code, answer }, index) => {
    if (!answer || answer.language === 'sh') return;
    compare(`${document}, after ${code.trim()}`, answer.code, answers[index] ?? '');
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

const readme = await readFile('README.md', 'utf8');
const tree = blocksOf(readme).find(({ language, code }) => language === 'text' && code.includes('nightly: '));
if (!tree) throw new Error('README.md shows no tree');
/** The examples that can run on this machine. */
const examples = EXAMPLES.filter(({ command: [program, ...args], always }) => {
  const isThere = always || spawnSync(program, [program === 'go' ? 'version' : '--version']).status === 0;
  if (!isThere) console.log(`${args.at(-1)}: skipped, ${program} is not installed`);
  return isThere;
}).map(({ command }) => command);

const examplesReadme = await readFile('examples/README.md', 'utf8');
const receiver = { RECEIVER_PORT: '19090', ALERT_WEBHOOK_SECRET: 'example' };

function hearIncidents(url) {
  const shown = blocksOf(examplesReadme).find(({ code }) => code.startsWith('opened '));
  if (!shown) throw new Error('examples/README.md shows no messages');
  const said = output([process.execPath, 'examples/incidents.ts'], { WATCHER_URL: url, ...receiver });
  compare('examples/README.md, for examples/incidents.ts,', shown.code, said);
  console.log('examples/incidents.ts: prints what examples/README.md shows');
}

function followTheData(url) {
  const shown = blocksOf(examplesReadme).find(({ code }) => code.startsWith('load shipments: '));
  if (!shown) throw new Error('examples/README.md shows no lineage');
  compare(
    'examples/README.md, for examples/lineage.ts,',
    shown.code,
    output([process.execPath, 'examples/lineage.ts'], { WATCHER_URL: url }),
  );
  console.log('examples/lineage.ts: prints what examples/README.md shows');
}

function askAboutTheNight(url) {
  const [shown, said] = [blocksOf(examplesReadme).at(-1).code, output(['sh', 'examples/ask.sh'], { WATCHER_URL: url })];
  // The times of the parts differ from machine to machine.
  compare('examples/README.md, for examples/ask.sh,', shown.split('\n\n', 1)[0], said.split('\n\n', 1)[0]);
  if (!/publish report$/m.test(said)) throw new Error(`examples/ask.sh does not say where the time went:\n${said}`);
  console.log('examples/ask.sh: finds the failure that examples/README.md shows, and where the time went');
}

/** Runs an example, which continues from a watermark; returns the watermark that it leaves. */
function runExample(command, url, watermark) {
  const next = watermark + 1200;
  const shown = tree.code.replace('none -> 1200', `${watermark || 'none'} -> ${next}`);
  compare(`README.md, for ${command.at(-1)},`, shown, output(command, { WATCHER_URL: url }));
  console.log(`${command.at(-1)}: prints what README.md shows, and takes the watermark to ${next}`);
  return next;
}

function runExamples(url) {
  let watermark = 0;
  for (const commands of [examples, examples.toReversed()]) {
    for (const command of commands) watermark = runExample(command, url, watermark);
    hearIncidents(url);
    followTheData(url);
    askAboutTheNight(url);
  }
}

const alerts = {
  ALERT_WEBHOOK_URL: `http://127.0.0.1:${receiver.RECEIVER_PORT}/`,
  ALERT_WEBHOOK_SECRET: receiver.ALERT_WEBHOOK_SECRET,
};
for (const document of ['README.md', 'docs/walkthrough.md']) {
  const markdown = await readFile(document, 'utf8');
  await withService(async (url, dataDir) => {
    const steps = walk(document, markdown, url);
    if (steps === 0) throw new Error(`${document} shows no command`);
    for (const { language, code } of blocksOf(markdown)) if (language === 'sql') await runSql(code, dataDir);
    console.log(`${document}: ${steps} steps and the SQL give what it shows`);
    runExamples(url);
    // README.md shows no ids, and gives the same on a service that has data.
    if (document === 'README.md') walk(document, markdown, url);
  }, alerts);
}
