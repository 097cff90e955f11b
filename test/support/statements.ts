import pg from 'pg';
import { mentionsBig, problemsOf } from './query-shapes.js';

/** What the services of this test file have sent, each statement once. */
const sent = new Set<string>();
/** The names of their databases. */
const watched = new Set<string>();
let isPaused = false;

type Query = (
  this: pg.Client & { database?: string; connectionParameters?: Parameters_ },
  ...args: unknown[]
) => unknown;
interface Parameters_ {
  readonly application_name?: string;
}

const prototype = pg.Client.prototype as unknown as { query: Query };
const send = prototype.query;
prototype.query = function (...args) {
  const [query] = args;
  const text = typeof query === 'string' ? query : (query as { text?: string } | undefined)?.text;
  if (text !== undefined && !isPaused && this.database !== undefined && watched.has(this.database)) {
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

/** Does something over the service's own connections that the service would not do. */
export async function asStranger<T>(work: () => Promise<T>): Promise<T> {
  isPaused = true;
  try {
    return await work();
  } finally {
    isPaused = false;
  }
}

afterAll(async () => {
  for (const statement of sent) {
    const problems = await problemsOf(statement);
    if (problems.length > 0) throw new Error(`${problems.join('; ')}:\n${statement}`);
  }
});
