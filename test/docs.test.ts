import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { variables } from '../src/platform/config/config.js';

const DOCUMENTS = globSync(['*.md', 'docs/**/*.md', 'deploy/*.md', 'examples/*.md', 'clients/*/*.md']);
/** `[text](target)`, images included. */
const LINK = /\]\(([^)\s]+)\)/g;
const VARIABLE = /\b(?:WATCHER|OIDC|ALERT|SLACK)_[A-Z_]*[A-Z]\b/g;
/** docker-compose.yml reads this, not the service. */
const OTHERS = ['WATCHER_PORT'];
/** Variables of the clients, and of what runs inside a run. */
const OF_CLIENTS =
  /^WATCHER_(URL|KEY|TIMEOUT|SPOOL|SPOOL_LIMIT|PIPELINE|NAMESPACE|TYPE|HEARTBEAT|CONFIG|EXECUTION_ID|RUN_ID|PARENT_ID|WATERMARK|REPORT)$/;

/** A document without its code blocks and code spans. */
const proseOf = (text: string): string => text.replaceAll(/^```.*?^```$/gms, '').replaceAll(/`[^`\n]*`/g, 'code');

/** The fragment that GitHub generates for a heading. */
const fragmentOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

function fragmentsOf(file: string): Set<string> {
  const text = readFileSync(file, 'utf8').replaceAll(/^```.*?^```$/gms, '');
  return new Set([...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => fragmentOf(heading)));
}

it('finds the documents', () => {
  expect(DOCUMENTS).toEqual(expect.arrayContaining(['README.md', join('docs', 'wire.md')]));
});

describe.each(DOCUMENTS)('%s', (document) => {
  const text = readFileSync(document, 'utf8');

  it('has no broken relative links', () => {
    const targets = [...proseOf(text).matchAll(LINK)].map(([, target = '']) => target);
    const dead = targets.filter((target) => {
      if (/^[a-z]+:/.test(target)) return false;
      const [path = '', fragment] = target.split('#');
      const file = path === '' ? document : join(dirname(document), path);
      return !existsSync(file) || (fragment !== undefined && !fragmentsOf(file).has(fragment));
    });
    expect(dead).toEqual([]);
  });

  it('names variables that exist', () => {
    const known = new Set([...OTHERS, ...Object.values(variables).map(({ name }) => name)]);
    expect(
      [...text.matchAll(VARIABLE)].map(([name]) => name).filter((name) => !known.has(name) && !OF_CLIENTS.test(name)),
    ).toEqual([]);
  });
});

it('docs/reliability.md names tests that exist', () => {
  const rows = readFileSync('docs/reliability.md', 'utf8').match(/^\|.*$/gm) ?? [];
  const checks = rows.map((row) => row.split('|').at(-2) ?? '');
  const quoted = checks.flatMap((check) => [...check.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name));
  const files = checks.flatMap((check) => check.match(/`test\/[^`]+`/g) ?? []).map((file) => file.slice(1, -1));
  const tests = globSync('test/**/*.test.ts').map((file) => readFileSync(file, 'utf8'));
  expect(quoted.length).toBeGreaterThan(10);
  expect(quoted.filter((name) => !tests.some((test) => test.includes(`'${name.replace('…', '')}`)))).toEqual([]);
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
});
