import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { SlowService } from '../../src/features/anomalies/slow.service.js';
import { eventually } from './eventually.js';
import { type Json, Watcher } from './watcher.js';

/** The pipeline that handled unusually few rows. */
const UNUSUAL = 'Weather forecast';

const PROGRAM = fileURLToPath(new URL('../../tools/demo.js', import.meta.url));

/** A service with the data of `npm run demo`, and the executions that the tests look at. */
export interface Demo {
  readonly watcher: Watcher;
  /** A root that failed. */
  readonly failed: Json;
  /** A root that is under way. */
  readonly running: Json;
  /** A root of more than a thousand executions. */
  readonly big: Json;
  /** The newest success of the pipeline of `failed`. */
  readonly success: Json;
  readonly incident: Json;
  /** A dataset in the middle of others. */
  readonly dataset: Json;
  /** An anomaly of rows. */
  readonly unusual: Json;
  /** The incident of a slow run. */
  readonly slow: Json;
}

export async function startDemo(): Promise<Demo> {
  const watcher = await Watcher.start();
  await promisify(execFile)(process.execPath, [PROGRAM, '--url', watcher.url, '--days', '3']);
  // Runs are judged within seconds of their end; the check of each minute finds the slow one.
  await eventually(async () => {
    const { body } = await watcher.get('/anomaly?metric=total_rows');
    expect(body.some(({ pipeline_name: name }: Json) => name === UNUSUAL)).toBe(true);
  });
  await watcher.app.get(SlowService, { strict: false }).check();
  const first = async (path: string): Promise<Json> => (await watcher.get(path)).body[0];
  const failed = await first(
    '/pipeline_execution?root=true&status=failed&pipeline_name=dbt%20build&pipeline_namespace=dbt&limit=1',
  );
  return {
    watcher,
    failed,
    running: await first('/pipeline_execution?root=true&status=running&limit=1'),
    big: await first('/pipeline_execution?root=true&pipeline_name=Backfill%20of%20events&limit=1'),
    success: await first(`/pipeline_execution?status=succeeded&pipeline_id=${failed.pipeline_id}&limit=1`),
    incident: await first('/incident?status=open&kind=failure&limit=1'),
    dataset: await first('/dataset?q=INT_CUSTOMER_ORDERS'),
    unusual: await first(`/anomaly?pipeline_id=${(await first('/pipeline?q=weather')).id}&metric=total_rows`),
    slow: await first('/incident?kind=slow&limit=1'),
  };
}
