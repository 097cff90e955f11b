import { readFileSync } from 'node:fs';
import type { Json } from '../support/watcher.js';

/** The sets of events recorded from real producers. */
export const CORPORA = ['airflow_live', 'dbt_structured', 'spark_batch'] as const;

/** One event a line, in the order in which they came. */
export function linesOf(corpus: string): string[] {
  const file = new URL(`events/${corpus}.jsonl`, import.meta.url);
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

export function eventsOf(corpus: string): Json[] {
  return linesOf(corpus).map((line) => JSON.parse(line));
}
