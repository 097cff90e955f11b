import type { Check } from '../../src/features/monitoring/checks/check.repository.js';
import { CheckService } from '../../src/features/monitoring/checks/check.service.js';
import type { Json, Watcher } from '../support/watcher.js';

/** Runs a check as of a given time; returns how many incidents it opened and resolved. */
export async function check(watcher: Watcher, kind: Check, now: string | Date): Promise<Json> {
  const { opened, resolved } = await watcher.app.get(CheckService, { strict: false }).run(kind, new Date(now));
  return { opened: opened.length, resolved: resolved.length };
}

/** The incidents of a pipeline, newest first. */
export async function incidentsOf(watcher: Watcher, pipelineId: number): Promise<Json[]> {
  return (await watcher.get(`/incident?pipeline_id=${pipelineId}`)).body;
}

/** Sets the registration time of a pipeline, which no client can. */
export async function registeredAt(watcher: Watcher, pipelineId: number, at: string): Promise<void> {
  await watcher.database.sql('UPDATE pipeline SET created_at = $2 WHERE id = $1', [pipelineId, at]);
}

/** Loads a row into a pipeline's target at a given time. */
export async function load(watcher: Watcher, pipelineId: number, at: string): Promise<void> {
  const id = await watcher.begin(pipelineId, { start_date: at });
  await watcher.end(id, { end_date: at, inserts: 1 });
}
