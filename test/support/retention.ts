import { eventually } from './eventually.js';
import type { Json, Watcher } from './watcher.js';

const DAY_MS = 86_400_000;
const loaded = Date.now();

/** The moment so many days before the start of the tests. */
export const daysAgo = (days: number): string => new Date(loaded - days * DAY_MS).toISOString();

/** A run that started so many days ago and took ten seconds; returns its id. */
export async function oldRun(
  on: Watcher,
  pipeline: number,
  days: number,
  { start = {}, end = {} }: { start?: Json; end?: Json } = {},
): Promise<number> {
  const id = await on.begin(pipeline, { start_date: daysAgo(days), ...start });
  const ended = new Date(Date.parse(daysAgo(days)) + 10_000).toISOString();
  const { status, body } = await on.end(id, { end_date: ended, ...end });
  if (status !== 200) throw new Error(`an end: ${status} ${JSON.stringify(body)}`);
  return id;
}

/** Asks for a run of the deletion by age and waits for its end; returns what `GET /retention` says then. */
export async function runRetention(on: Watcher): Promise<Json> {
  const before = (await on.get('/retention')).body.run_started_at;
  const { status, body } = await on.post('/retention', {});
  if (status !== 202) throw new Error(`POST /retention: ${status} ${JSON.stringify(body)}`);
  return eventually(async () => {
    const { body: state } = await on.get('/retention');
    expect(state.run_started_at).not.toBe(before);
    expect(state.run_ended_at).not.toBeNull();
    return state;
  });
}

/** The ids of all executions, ascending. */
export async function remaining(on: Watcher): Promise<number[]> {
  const rows = await on.database.sql<{ id: string }>('SELECT id FROM pipeline_execution ORDER BY id');
  return rows.map(({ id }) => Number(id));
}

/** What `v_pipeline_day` says, floating-point sums rounded. */
export function daySums(on: Watcher): Promise<Json[]> {
  return on.database.sql(
    `SELECT pipeline_id, day::text, executions, succeeded, failed, aborted, skipped, lost, total_rows, inserts, updates,
            soft_deletes, seconds::float8, max_seconds::float8, rows_reported, ln_seconds::float8,
            ln_seconds_squared::float8, ln_rows::float8, ln_rows_squared::float8
       FROM v_pipeline_day ORDER BY pipeline_id, day`,
  );
}

/** The sums are those of before. Sums of logarithms differ in their last digits with the order of the additions. */
export async function expectSameDays(on: Watcher, before: readonly Json[]): Promise<void> {
  const nearly = ([name, value]: [string, unknown]): [string, unknown] =>
    name.startsWith('ln_') && typeof value === 'number' ? [name, expect.closeTo(value, 3)] : [name, value];
  expect(await daySums(on)).toEqual(before.map((day) => Object.fromEntries(Object.entries(day).map(nearly))));
}
