import type { EntityManager } from 'typeorm';
import { configurationHash, declaredFields } from '../../../features/pipeline/configuration.js';
import { pipelineKey } from '../../../features/pipeline/pipeline-key.js';
import { nameKey } from '../../../platform/values/name.js';
import { figure, fitName, type ImportContext, Notice } from './import-step.js';
import {
  FIND_KNOWN_PIPELINES,
  FIND_KNOWN_TYPES,
  FIND_MAPPED,
  INSERT_CREATIONS,
  INSERT_MAPPED,
  INSERT_PIPELINES,
  INSERT_TYPES,
  LOCK_NAMES,
  MOVE_PROGRESS,
} from './import-pipelines.sql.js';
import { keepIds } from './reserve-ids.js';
import type { SourcePipeline, SourceType } from './source.js';

/** The pipelines of the source: their ids there and here. */
export type PipelineIds = ReadonlyMap<number, number>;

interface KnownName {
  readonly id: number;
  readonly name: string;
  readonly key: string;
}

/** A pipeline of the source under the name that it has here. */
interface NamedPipeline {
  readonly row: SourcePipeline;
  readonly name: string;
  readonly key: string;
}

/** Imports types and pipelines in one transaction. */
export async function importPipelines(context: ImportContext): Promise<PipelineIds> {
  const [types, pipelines] = [await context.source.types(), await context.source.pipelines()];
  const runner = context.target.createQueryRunner();
  await runner.connect();
  await runner.startTransaction('READ COMMITTED');
  try {
    await runner.query(`SET LOCAL TimeZone = 'UTC'`);
    await runner.query(LOCK_NAMES);
    const typesById = await importTypes(context, runner.manager, types);
    const ids = await importNamed(context, runner.manager, pipelines, typesById);
    if (!context.isDry) await moveProgress(runner.manager, pipelines, ids);
    await runner.commitTransaction();
    return ids;
  } catch (error) {
    await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await runner.release();
  }
}

/** The types here, by their ids in the source. A type of the same name is the same, and keeps its thresholds. */
async function importTypes(
  { print, isDry }: ImportContext,
  manager: EntityManager,
  types: readonly SourceType[],
): Promise<ReadonlyMap<number, KnownName>> {
  const named = types.map((row) => ({ row, name: fitName(row.name, row.id), key: nameKey(fitName(row.name, row.id)) }));
  const find = (): Promise<KnownName[]> => manager.query(FIND_KNOWN_TYPES, [named.map(({ key }) => key)]);
  const known = new Set((await find()).map(({ key }) => key));
  const firstOfKey = new Map(named.toReversed().map(({ row, key }) => [key, row.id]));
  const added = named.filter(({ row, key }) => !known.has(key) && firstOfKey.get(key) === row.id);
  if (!isDry) await insertTypes(manager, added);
  print(`types: ${figure(added.length)} created, ${figure(types.length - added.length)} found by name`);
  const stored = isDry ? added.map(({ row, name, key }) => ({ id: row.id, name, key })) : [];
  const byKey = new Map([...stored, ...(await find())].map((type) => [type.key, type]));
  return new Map(named.flatMap(({ row, key }) => (byKey.has(key) ? [[row.id, byKey.get(key) as KnownName]] : [])));
}

async function insertTypes(
  manager: EntityManager,
  added: readonly { readonly row: SourceType; readonly name: string; readonly key: string }[],
): Promise<void> {
  const given = await keepIds(
    manager,
    'pipeline_type',
    added.map(({ row }) => row),
  );
  const rows = added.map(({ row, name, key }) => ({ ...row, ...thresholdsOf(row), id: given(row.id), name, key }));
  await manager.query(INSERT_TYPES, [JSON.stringify(rows)]);
}

async function importNamed(
  { name: source, print, isDry }: ImportContext,
  manager: EntityManager,
  pipelines: readonly SourcePipeline[],
  types: ReadonlyMap<number, KnownName>,
): Promise<PipelineIds> {
  type Mapped = { sourceId: number; pipelineId: number };
  const mapped = await manager.query<Mapped[]>(FIND_MAPPED, [source]);
  const ids = new Map(mapped.map(({ sourceId, pipelineId }) => [sourceId, pipelineId]));
  const left = pipelines.filter(({ id, pipeline_type_id }) => !ids.has(id) && types.has(pipeline_type_id));
  const wanted = left.flatMap((row) => namesOf(row).map(({ key }) => key));
  const known = await manager.query<{ id: number; key: string }[]>(FIND_KNOWN_PIPELINES, [wanted]);
  const named = withNames(left, known, new Set(ids.values()));
  const isKnown = new Set(known.map(({ key }) => key));
  const added = named.filter(({ key }) => !isKnown.has(key));
  if (!isDry) {
    await insert(manager, added, types);
    const [rows, keys] = [named.map(({ row }) => row.id), named.map(({ key }) => key)];
    const stored = await manager.query<Mapped[]>(INSERT_MAPPED, [source, rows, keys]);
    for (const { sourceId, pipelineId } of stored) ids.set(sourceId, pipelineId);
  }
  print(
    `pipelines: ${figure(added.length)} created, ${figure(named.length - added.length)} found by name, ` +
      `${figure(mapped.length)} imported before`,
  );
  for (const { row, name } of named) {
    if (name !== fitName(row.name, row.id))
      print(`  the name '${row.name}' of ${row.id} is taken; it is '${name}' now`);
  }
  const lost = new Notice('refused, because their type does not exist');
  for (const { id, pipeline_type_id } of pipelines) if (!types.has(pipeline_type_id)) lost.add(id);
  lost.print(print);
  return ids;
}

/**
 * The names of pipelines here. One whose name is that of a pipeline here is that pipeline; of several in the source whose
 * names are the same here, the later ones get their id in parentheses.
 */
function withNames(
  rows: readonly SourcePipeline[],
  known: readonly { readonly id: number; readonly key: string }[],
  mapped: ReadonlySet<number>,
): NamedPipeline[] {
  const taken = new Set(known.filter(({ id }) => mapped.has(id)).map(({ key }) => key));
  return rows.map((row) => {
    const free = namesOf(row).find(({ key }) => !taken.has(key)) ?? namesOf(row, `${row.id} of the import`)[1];
    const { name, key } = free as { name: string; key: string };
    taken.add(key);
    return { row, name, key };
  });
}

/** The name of a pipeline, and the one that it gets where that is taken. */
function namesOf(row: SourcePipeline, mark = String(row.id)): { name: string; key: string }[] {
  const name = fitName(row.name, row.id);
  return [name, `${name} (${mark})`].map((name) => ({ name, key: pipelineKey(name) }));
}

async function insert(
  manager: EntityManager,
  added: readonly NamedPipeline[],
  types: ReadonlyMap<number, KnownName>,
): Promise<void> {
  const given = await keepIds(
    manager,
    'pipeline',
    added.map(({ row }) => row),
  );
  const rows = added.map(({ row, name, key }) => {
    const type = types.get(row.pipeline_type_id) as KnownName;
    const configuration = {
      name,
      pipeline_type_name: type.name,
      pipeline_metadata: row.pipeline_metadata,
      ...thresholdsOf(row),
    };
    const pipeline = { ...row, ...configuration, id: given(row.id), key, pipeline_type_id: type.id };
    return { configuration, pipeline: { ...pipeline, config_hash: configurationHash(configuration) } };
  });
  await manager.query(INSERT_PIPELINES, [JSON.stringify(rows.map(({ pipeline }) => pipeline))]);
  await manager.query(INSERT_CREATIONS, [
    rows.map(({ pipeline }) => pipeline.key),
    rows.map(({ configuration }) => JSON.stringify(declaredFields(configuration))),
  ]);
}

async function moveProgress(
  manager: EntityManager,
  pipelines: readonly SourcePipeline[],
  ids: PipelineIds,
): Promise<void> {
  const rows = pipelines.flatMap((row) => {
    const id = ids.get(row.id);
    return id === undefined ? [] : [{ ...row, id, moved_at: row.moved_at ?? row.created_at }];
  });
  await manager.query(MOVE_PROGRESS, [JSON.stringify(rows)]);
}

const DATEPARTS = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const;
type Datepart = (typeof DATEPARTS)[number];

/** The two thresholds; half a pair, or one out of range, is none. */
function thresholdsOf(row: SourceType) {
  const freshness = pairOf(row.freshness_number, row.freshness_datepart);
  const timeliness = pairOf(row.timeliness_number, row.timeliness_datepart);
  return {
    freshness_number: freshness && freshness.number,
    freshness_datepart: freshness && freshness.datepart,
    timeliness_number: timeliness && timeliness.number,
    timeliness_datepart: timeliness && timeliness.datepart,
  };
}

function pairOf(number: number | null, text: string | null): { number: number; datepart: Datepart } | null {
  const datepart = DATEPARTS.find((name) => name === text);
  return number === null || number < 1 || number > 100_000 || !datepart ? null : { number, datepart };
}
