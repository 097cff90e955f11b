import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { variables } from '../src/platform/config/config.js';

const DOCUMENTS = globSync(['*.md', 'docs/**/*.md', 'deploy/*.md', 'examples/*.md', 'clients/*/README.md']);
/** `[text](target)`, images included. */
const LINK = /\]\(([^)\s]+)\)/g;
const VARIABLE = /\b(?:WATCHER|OIDC|ALERT|SLACK)_[A-Z_]*[A-Z]\b/g;
/** The examples, docker-compose.yml and the clients read these, not the service. */
const OTHERS = ['WATCHER_URL', 'WATCHER_API_KEY', 'WATCHER_PORT'];
/** What the clients read, and what a run hands to the processes inside it. */
const OF_CLIENTS = ['KEY', 'SPOOL', 'SPOOL_LIMIT', 'TIMEOUT'];
const OF_RUNS = ['EXECUTION_ID', 'RUN_ID', 'PIPELINE', 'NAMESPACE', 'PARENT_ID', 'WATERMARK', 'REPORT'];

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
    const clients = [...OF_CLIENTS, ...OF_RUNS].map((name) => `WATCHER_${name}`);
    const known = new Set([...OTHERS, ...clients, ...Object.values(variables).map(({ name }) => name)]);
    expect([...text.matchAll(VARIABLE)].map(([name]) => name).filter((name) => !known.has(name))).toEqual([]);
  });
});
