import pg from 'pg';
import { mentionsBig, problemsOf } from './query-shapes.js';

/** What the services of this test file have sent, each statement once. */
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

/** From now on the statements that a service sends to this database are held to the rules, when the file has run. */
export function watchStatements(url: string): void {
  watched.add(new URL(url).pathname.slice(1));
}

/** What has been sent so far of statements about the big tables. */
export function sentStatements(): readonly string[] {
  return [...sent];
}

/** For a test file that itself sends, over the service's own connections, what the service would not. */
export function ignoreStatements(): void {
  isIgnoring = true;
}

afterAll(async () => {
  for (const statement of sent) {
    const problems = await problemsOf(statement);
    if (problems.length > 0) throw new Error(`${problems.join('; ')}:\n${statement}`);
  }
});
