import { JudgingQueueService } from '../../src/features/anomalies/judging-queue.service.js';
import { SlowService } from '../../src/features/anomalies/slow.service.js';
import type { Json, Watcher } from '../support/watcher.js';

export const DAY_MS = 86_400_000;

/** A run to report: its start, and the fields of its end. */
export interface Run {
  readonly start: Date;
  readonly seconds?: number;
  readonly parent?: number;
  readonly [field: string]: unknown;
}

/** Reports a run of a pipeline that has ended; returns its id. */
export async function report(watcher: Watcher, pipeline: number, run: Run): Promise<number> {
  const { start, seconds = 60, parent, ...end } = run;
  const id = await watcher.begin(pipeline, {
    start_date: start.toISOString(),
    ...(parent !== undefined && { parent_id: parent }),
  });
  const answer = await watcher.end(id, { end_date: new Date(start.getTime() + seconds * 1000).toISOString(), ...end });
  if (answer.status !== 200) throw new Error(`end: ${answer.status} ${answer.text}`);
  return id;
}

/** One run a day, ending today at this hour: each value with the fields that `fieldsOf` gives; returns their ids. */
export async function daily<Value>(
  watcher: Watcher,
  pipeline: number,
  values: readonly Value[],
  fieldsOf: (value: Value) => Partial<Run>,
): Promise<number[]> {
  const ids: number[] = [];
  const last = Date.now() - 3_600_000;
  for (const [index, value] of values.entries()) {
    const start = new Date(last - (values.length - 1 - index) * DAY_MS);
    ids.push(await report(watcher, pipeline, { start, ...fieldsOf(value) }));
  }
  await judge(watcher);
  return ids;
}

/** Judges what has ended; the service does so by itself every two seconds. */
export async function judge(watcher: Watcher): Promise<void> {
  for (;;) {
    await watcher.app.get(JudgingQueueService).judgeAll();
    const [row] = await watcher.database.sql('SELECT count(*)::int AS n FROM execution_to_judge');
    if (row?.n === 0) return;
  }
}

export function checkSlow(watcher: Watcher, now?: Date): Promise<void> {
  return watcher.app.get(SlowService).check(now);
}

export async function incidents(watcher: Watcher, query: string): Promise<Json[]> {
  return (await watcher.get(`/incident?${query}`)).body;
}
