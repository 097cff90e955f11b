import type { DataSource } from 'typeorm';
import { ANALYZE, CHECK_CLOSURE, HINT_EVERYTHING } from './import-executions.sql.js';
import { type IdRange, importExecutions } from './import-executions.js';
import { importDatasets } from './import-datasets.js';
import { importEdges } from './import-edges.js';
import { importPipelines } from './import-pipelines.js';
import { importRules } from './import-rules.js';
import { figure, type ImportContext } from './import-step.js';
import type { SourceDatabase } from './source.js';

/** What to import. */
export interface ImportOptions {
  readonly batchSize: number;
  /** Reports what an import would do, and changes nothing. */
  readonly isDry: boolean;
}

/**
 * Copies the database of the older service: types, pipelines, addresses, edges, anomaly rules, executions, and the closure,
 * which is built anew. May be repeated: it continues where it was interrupted, and takes what is new. Returns whether
 * all rows are here that were not refused, and the closure is exact.
 */
export async function importFrom(
  source: SourceDatabase,
  target: DataSource,
  { batchSize, isDry }: ImportOptions,
  print: (line: string) => void,
): Promise<boolean> {
  const name = await source.find();
  if (name === undefined) {
    print('the source has no type of pipelines, and so nothing to import');
    return true;
  }
  const context: ImportContext = { name, source, target, batchSize, isDry, print };
  const pipelines = await importPipelines(context);
  const counts = await source.count();
  if (isDry) {
    print(`address types: ${figure(counts.addressTypes)} in the source`);
    print(`addresses: ${figure(counts.addresses)} in the source`);
    print(`edges: ${figure(counts.edges)} in the source`);
    print(`anomaly rules: ${figure(counts.rules)} in the source`);
    const { executions, withoutStart, ofUnknownPipeline, withoutParent } = await source.judge();
    print(`executions: ${figure(executions)} in the source`);
    print(`  ${figure(withoutStart)} without a start, which are refused`);
    print(`  ${figure(ofUnknownPipeline)} without a pipeline, which are refused`);
    print(`  ${figure(withoutParent)} with a parent that does not exist, which become roots`);
    print('nothing was changed (--dry-run)');
    return true;
  }
  const areDatasetsHere = await importDatasets(context, counts);
  const areEdgesHere = await importEdges(context, pipelines, counts);
  const areRulesHere = await importRules(context, pipelines, counts);
  const ranges = await importExecutions(context, pipelines);
  await target.query(ANALYZE);
  await target.query(HINT_EVERYTHING);
  const isClosureExact = await checkClosure(context, ranges);
  return areDatasetsHere && areEdgesHere && areRulesHere && isClosureExact;
}

async function checkClosure({ target, print }: ImportContext, ranges: readonly IdRange[]): Promise<boolean> {
  let [rows, walked, different] = [0, 0, 0];
  for (const { firstId, lastId, shift } of ranges) {
    type Counts = { rows: number; walked: number; different: number };
    const [counts] = await target.query<Counts[]>(CHECK_CLOSURE, [firstId + shift, lastId + shift]);
    rows += counts?.rows ?? 0;
    walked += counts?.walked ?? 0;
    different += counts?.different ?? 0;
  }
  print(`closure: ${figure(rows)} rows, ${figure(walked)} by a walk over parent_id, ${figure(different)} different`);
  return different === 0;
}
