import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { variables } from '../src/platform/config/config.js';

const DOCUMENTS = globSync(['*.md', 'docs/**/*.md', 'deploy/*.md', 'examples/*.md', 'clients/*/*.md']);
/** `[text](target)`, images included. */
const LINK = /\]\(([^)\s]+)\)/g;
const VARIABLE = /\b(?:WATCHER|OIDC|ALERT|SLACK)_[A-Z_]*[A-Z]\b/g;
/** The examples, docker-compose.yml and the clients read these, not the service. */
const OTHERS = [
  'WATCHER_URL',
  'WATCHER_API_KEY',
  'WATCHER_PORT',
  'WATCHER_KEY',
  'WATCHER_TIMEOUT',
  'WATCHER_SPOOL',
  'WATCHER_SPOOL_LIMIT',
  'WATCHER_EXECUTION_ID',
];

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
    expect([...text.matchAll(VARIABLE)].map(([name]) => name).filter((name) => !known.has(name))).toEqual([]);
  });
});
