import type { EntityManager } from 'typeorm';
import { figure, type ImportContext, Notice } from './import-step.js';
import {
  END_EXECUTIONS,
  FIND_OPEN,
  FIND_RANGES,
  FIND_ROOTS,
  INSERT_CLOSURE,
  INSERT_EXECUTIONS,
  INSERT_RANGE,
  LOCK_RANGE,
  LOCK_STARTS,
  MOVE_RANGE,
  SET_UP_BATCH,
} from './import-executions.sql.js';
import type { PipelineIds } from './import-pipelines.js';
import { Progress } from './progress.js';
import { lastGivenId, reserveIds } from './reserve-ids.js';
import type { SourceExecution } from './source.js';
import { inLevels, type PlacedExecution, toColumns } from './executions.js';
import { PIPELINES } from '../../../features/execution/pipeline-lock.sql.js';

/** Executions of the source with consecutive ids, whose ids here are `shift` higher. */
export interface IdRange {
  readonly firstId: number;
  readonly lastId: number;
  readonly shift: number;
  readonly importedTo: number;
}

/** What the batches of one run share. */
interface Run {
  readonly pipelines: PipelineIds;
  readonly ranges: readonly IdRange[];
  readonly progress: Progress;
  readonly notices: Notices;
}

/** What was refused or changed. */
class Notices {
  readonly withoutStart = new Notice('refused, because they have no start');
  readonly unknown = new Notice('refused, because their pipeline does not exist');
  readonly withoutParent = new Notice('became roots, because their parent does not exist');

  print(print: (line: string) => void): void {
    for (const notice of [this.withoutStart, this.unknown, this.withoutParent]) notice.print(print);
  }
}

/**
 * Imports the executions and their closure, some in each transaction. The transaction also stores how far the import has
 * come, so that it continues there if it is interrupted. Returns all ranges of the source.
 */
export async function importExecutions(context: ImportContext, pipelines: PipelineIds): Promise<readonly IdRange[]> {
  const { source, print } = context;
  await reserveRange(context, await source.lastExecution());
  const ranges = await findRanges(context);
  const left = ranges.filter(({ importedTo, lastId }) => importedTo < lastId);
  let total = 0;
  for (const { importedTo, lastId } of left) total += await source.countExecutions(importedTo, lastId);
  const run: Run = { pipelines, ranges, progress: new Progress('executions', total, print), notices: new Notices() };
  for (const range of left) {
    for (let isDone = false; !isDone;) isDone = await importNext(context, range, run);
  }
  run.progress.end();
  run.notices.print(print);
  print(`  ${figure(await importEnds(context, ranges))} that ran at the last import have ended`);
  return ranges;
}

function findRanges({ name, target }: ImportContext): Promise<IdRange[]> {
  return target.query(FIND_RANGES, [name]);
}

/** Reserves ids for the executions after those of earlier runs. They keep their ids where those are free. */
async function reserveRange({ name, target }: ImportContext, lastId: number): Promise<void> {
  await target.transaction('READ COMMITTED', async (manager) => {
    await manager.query(LOCK_STARTS, [PIPELINES]);
    const ranges = await manager.query<IdRange[]>(FIND_RANGES, [name]);
    const firstId = (ranges.at(-1)?.lastId ?? 0) + 1;
    if (lastId < firstId) return;
    const shift = Math.max(0, (await lastGivenId(manager, 'pipeline_execution')) - (firstId - 1));
    await reserveIds(manager, 'pipeline_execution', lastId + shift);
    await manager.query(INSERT_RANGE, [name, firstId, lastId, shift]);
  });
}

/** Imports the next executions of a range; true if there were none. */
function importNext({ name, source, target, batchSize }: ImportContext, range: IdRange, run: Run): Promise<boolean> {
  return target.transaction('READ COMMITTED', async (manager) => {
    await manager.query(SET_UP_BATCH);
    const [locked] = await manager.query<{ importedTo: number }[]>(LOCK_RANGE, [name, range.firstId]);
    const rows = await source.executions(locked?.importedTo ?? 0, range.lastId, batchSize);
    const last = rows.at(-1);
    await manager.query(MOVE_RANGE, [name, range.firstId, last?.id ?? range.lastId]);
    if (!last) return true;
    const accepted = rows.filter((row) => accept(row, run));
    await insert(manager, await place(manager, accepted, range, run), run.pipelines);
    run.progress.add(rows.length);
    return false;
  });
}

function accept(row: SourceExecution, { pipelines, notices }: Run): boolean {
  if (row.start_date === null) notices.withoutStart.add(row.id);
  else if (!pipelines.has(row.pipeline_id)) notices.unknown.add(row.id);
  else return true;
  return false;
}

/** Gives executions their ids, parents and roots here. Parents have lower ids, so they are imported before. */
async function place(
  manager: EntityManager,
  rows: readonly SourceExecution[],
  range: IdRange,
  { ranges, notices }: Run,
): Promise<PlacedExecution[]> {
  const idHere = (id: number): number | undefined => {
    const of = ranges.find(({ firstId, lastId }) => id >= firstId && id <= lastId);
    return of && id + of.shift;
  };
  const own = new Set(rows.map(({ id }) => id));
  const earlier = rows.flatMap(({ id, parent_id }) =>
    parent_id === null || parent_id >= id || own.has(parent_id) ? [] : (idHere(parent_id) ?? []),
  );
  const found = await manager.query<{ id: number; rootId: number }[]>(FIND_ROOTS, [earlier]);
  const roots = new Map(found.map(({ id, rootId }) => [id, rootId]));
  return rows.map((row) => {
    const id = row.id + range.shift;
    const above = row.parent_id === null || row.parent_id >= row.id ? undefined : idHere(row.parent_id);
    const root = above === undefined ? undefined : roots.get(above);
    if (row.parent_id !== null && root === undefined) notices.withoutParent.add(row.id);
    const placed = { row, id, parentId: root === undefined ? null : (above ?? null), rootId: root ?? id };
    roots.set(id, placed.rootId);
    return placed;
  });
}

async function insert(
  manager: EntityManager,
  executions: readonly PlacedExecution[],
  pipelines: PipelineIds,
): Promise<void> {
  await manager.query(INSERT_EXECUTIONS, [JSON.stringify(executions.map((one) => toColumns(one, pipelines)))]);
  for (const level of inLevels(executions)) {
    await manager.query(INSERT_CLOSURE, [level.map(({ id }) => id), level.map(({ parentId }) => parentId)]);
  }
}

/** Ends the executions that ran when they were imported, and have ended in the source since; returns how many. */
async function importEnds(context: ImportContext, ranges: readonly IdRange[]): Promise<number> {
  const { source, target, batchSize } = context;
  let ended = 0;
  for (const { firstId, lastId, shift } of ranges) {
    const open = await target.query<{ id: number }[]>(FIND_OPEN, [firstId + shift, lastId + shift]);
    for (let from = 0; from < open.length; from += batchSize) {
      const ids = open.slice(from, from + batchSize).map(({ id }) => id - shift);
      const rows = (await source.ended(ids)).filter(({ start_date }) => start_date !== null);
      const columns = rows.map((row) => toColumns({ row, id: row.id + shift, parentId: null, rootId: 0 }, new Map()));
      await target.transaction('READ COMMITTED', async (manager) => {
        await manager.query(SET_UP_BATCH);
        await manager.query(END_EXECUTIONS, [JSON.stringify(columns.filter(({ end_date }) => end_date !== null))]);
      });
      ended += columns.filter(({ end_date }) => end_date !== null).length;
    }
  }
  return ended;
}
