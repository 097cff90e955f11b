import pg from 'pg';
import { mentionsBig, problemsOf } from './query-shapes.js';

/** The statements that the services of this test file have sent, each once. */
const sent = new Set<string>();
/** The names of their databases. */
const watched = new Set<string>();
let isIgnoring = false;

type Query = (
  this: pg.Client & { database?: string; connectionParameters?: ConnectionParameters },
  ...args: unknown[]
) => unknown;
interface ConnectionParameters {
  readonly application_name?: string;
}

const prototype = pg.Client.prototype as unknown as { query: Query };
const send = prototype.query;
prototype.query = function (...args) {
  const [query] = args;
  const text = typeof query === 'string' ? query : (query as { text?: string } | undefined)?.text;
  if (text !== undefined && !isIgnoring && this.database !== undefined && watched.has(this.database)) {
    if (this.connectionParameters?.application_name === 'watcher' && mentionsBig(text)) sent.add(text);
  }
  return send.apply(this, args);
};

/** Checks all statements that a service sends to this database against the rules, at the end of the file. */
export function watchStatements(url: string): void {
  watched.add(new URL(url).pathname.slice(1));
}

/** The statements about the big tables sent so far. */
export function sentStatements(): readonly string[] {
  return [...sent];
}

/** For a test file that itself sends, on the service's own connections, statements that the service would not. */
export function ignoreStatements(): void {
  isIgnoring = true;
}

afterAll(async () => {
  for (const statement of sent) {
    const problems = await problemsOf(statement);
    if (problems.length > 0) throw new Error(`${problems.join('; ')}:\n${statement}`);
  }
});
