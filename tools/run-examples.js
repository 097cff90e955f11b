/**
 * Runs the commands and the SQL of README.md and docs/walkthrough.md and the examples against the built service, and
 * compares their output with the output that the documents show. `npm run examples`, after a build. Every part gets a
 * service of its own.
 */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
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

function compareJson(what, shown, real) {
  const parse = (text) => JSON.parse(text.replaceAll(VOLATILE, 'ID'));
  if (!isDeepStrictEqual(parse(shown), parse(real))) compare(what, shown, real);
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
    const what = `${document}, after ${code.trim()}`;
    (answer.language === 'json' ? compareJson : compare)(what, answer.code, answers[index] ?? '');
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
// The second run continues where the first one ended.
const runs = [tree.code, tree.code.replace('none -> 1200', '1200 -> 2400')];

for (const document of ['README.md', 'docs/walkthrough.md']) {
  const markdown = await readFile(document, 'utf8');
  await withService(async (url, dataDir) => {
    const steps = walk(document, markdown, url);
    if (steps === 0) throw new Error(`${document} shows no command`);
    for (const { language, code } of blocksOf(markdown)) if (language === 'sql') await runSql(code, dataDir);
    console.log(`${document}: ${steps} steps and the SQL give what it shows`);
  });
}

for (const { command, always } of EXAMPLES) {
  const name = command.at(-1);
  if (!always && spawnSync(command[0], [command[0] === 'go' ? 'version' : '--version']).status !== 0) {
    console.log(`${name}: left out, there is no ${command[0]} here`);
    continue;
  }
  await withService((url) => {
    runs.forEach((shown) => compare(`README.md, for ${name},`, shown, output(command, { WATCHER_URL: url })));
    console.log(`${name}: prints what README.md shows, and continues from its watermark`);
  });
}

await withService(async (url) => {
  const env = { WATCHER_URL: url };
  output(['sh', 'examples/nightly.sh'], env);
  const [shown, said] = [
    blocksOf(await readFile('examples/README.md', 'utf8')).at(-1).code,
    output(['sh', 'examples/ask.sh'], env),
  ];
  // How long each part takes is another story on each machine.
  compare('examples/README.md, for examples/ask.sh,', shown.split('\n\n', 1)[0], said.split('\n\n', 1)[0]);
  if (!/publish report$/m.test(said)) throw new Error(`examples/ask.sh does not say where the time went:\n${said}`);
  console.log('examples/ask.sh: finds the failure that examples/README.md shows, and where the time went');
});

const receiver = { RECEIVER_PORT: '19090', ALERT_WEBHOOK_SECRET: 'example' };
await withService(
  async (url) => {
    const text = await readFile('examples/README.md', 'utf8');
    const shown = blocksOf(text).find(({ code }) => code.startsWith('opened '));
    if (!shown) throw new Error('examples/README.md shows no messages');
    const run = () => output([process.execPath, 'examples/incidents.ts'], { WATCHER_URL: url, ...receiver });
    for (let times = 0; times < 2; times++)
      compare('examples/README.md, for examples/incidents.ts,', shown.code, run());
    console.log('examples/incidents.ts: hears what examples/README.md shows, as often as it runs');
  },
  {
    ALERT_WEBHOOK_URL: `http://127.0.0.1:${receiver.RECEIVER_PORT}/`,
    ALERT_WEBHOOK_SECRET: receiver.ALERT_WEBHOOK_SECRET,
  },
);
