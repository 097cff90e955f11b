import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { variables } from '../src/platform/config/config.js';
import type { ErrorKind } from '../src/platform/errors/domain-error.js';

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

describe('docs/wire.md', () => {
  /** The status of each kind of refusal, as its table of codes has it. */
  const KINDS: Record<ErrorKind, number> = {
    malformed: 400,
    unauthenticated: 401,
    forbidden: 403,
    not_found: 404,
    method_not_allowed: 405,
    conflict: 409,
    too_large: 413,
    unsupported_media_type: 415,
    invalid: 422,
    failed_dependency: 424,
    too_many: 429,
    unavailable: 503,
  };
  const source = globSync('src/**/*.ts', { exclude: ['**/*.spec.ts'] })
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  /** `'kind', 'code'` of a refusal. */
  const refusals = [...source.matchAll(/'([a-z_]+)',\s*'([a-z_]+)'/g)]
    .filter(([, kind = '', code = '']) => Object.hasOwn(KINDS, kind) && (code === kind || !Object.hasOwn(KINDS, code)))
    .map(([, kind, code]) => `${KINDS[kind as ErrorKind]} ${code}`);
  /** `[status, 'code'` of requests that can't be read as HTTP. */
  const unreadable = [...source.matchAll(/\[\s*(4\d\d),\s*'([a-z_]+)'/g)].map(
    ([, status, code]) => `${status} ${code}`,
  );
  /** The codes of wrong fields: `super([{ field, message }], 'code')`. */
  const invalid = [...source.matchAll(/\}\],\s*'([a-z_]+)'|code = '([a-z_]+)'\) \{/g)].map(
    ([, code, usual]) => `422 ${code ?? usual}`,
  );
  const database = [...source.matchAll(/(?:lasting\(|code: )'(database_[a-z]+_?[a-z]*)'/g)].map(([, code]) => code);

  it('has every code of a refusal, with its status', () => {
    const rows = [...readFileSync('docs/wire.md', 'utf8').matchAll(/^\| (\d{3}) +\|([^|]*)\|/gm)];
    const documented = new Set(
      rows.flatMap(([, status, codes = '']) =>
        [...codes.matchAll(/`([a-z_]+)`/g)].map(([, code]) => `${status} ${code}`),
      ),
    );
    // OpenLineage clients repeat after 503, not after 429.
    const answered = new Set([...refusals, ...unreadable, ...invalid, '500 internal_error', '503 rate_limited']);
    expect(answered.size).toBeGreaterThan(50);
    expect([...answered].filter((code) => !documented.has(code)).toSorted()).toEqual([]);
    expect([...documented].filter((code) => !answered.has(code)).toSorted()).toEqual([]);
  });

  it('links to the states of the database, which have every code', () => {
    const text = readFileSync('docs/reliability.md', 'utf8');
    expect(database.length).toBeGreaterThan(8);
    expect(database.filter((code) => !text.includes(`\`${code}\``))).toEqual([]);
  });
});

it("docs/access.md has every route that changes something, in the row of the route's scope", () => {
  const controllers = globSync('src/**/*.controller.ts').map((file) => readFileSync(file, 'utf8'));
  const routes = controllers.flatMap((source) => {
    const [, base = ''] = /@Controller\((?:'([^']*)')?/.exec(source) ?? [];
    const methods = source.matchAll(/@(Post|Put|Patch|Delete)\((?:'([^']*)')?\)[^]*?@Requires\('(\w+)'/g);
    return [...methods].map(([, method = '', path = '', scope]) => {
      const full = [base, path].filter((part) => part !== '').join('/');
      return `${scope} ${method.toUpperCase()} /${full.replaceAll(/:(\w+)/g, '{$1}')}`;
    });
  });
  const table = readFileSync('docs/access.md', 'utf8').matchAll(/^\| `(write|admin)` +\|(.*)\|$/gm);
  const documented = [...table].flatMap(([, scope, cell = '']) => {
    let method = '';
    return [...cell.matchAll(/`(?:([A-Z]+) )?(\/[^`]*)`/g)].map(([, own, path]) => {
      method = own ?? method;
      return `${scope} ${method} ${path}`;
    });
  });
  const wanted = routes.filter((route) => !route.startsWith('login '));
  expect(wanted.length).toBeGreaterThan(30);
  // Its fields decide which scope it takes.
  expect(documented.toSorted()).toEqual([...wanted, 'admin PATCH /pipeline'].toSorted());
});
