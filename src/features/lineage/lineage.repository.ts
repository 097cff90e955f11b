import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ChangeLog } from '../changes/change-log.js';
import {
  DECLARE_EDGES,
  DELETE_UNSEEN,
  EXPIRE_EDGES,
  FIND_ALIASES_AMONG,
  FIND_EDGES,
  FIND_EDGES_AMONG,
  FIND_ENDS,
  FIND_HOPS_DOWN,
  FIND_HOPS_UP,
  FIND_READERS,
  LOCK_PIPELINE,
  OBSERVE_EDGES,
  SET_RECENT,
  UNDECLARE_EDGES,
  WALK,
} from './lineage.sql.js';
import { recentDays, RUNS_REMEMBERED } from './recent-days.js';
import { type Direction, type Walk, walkOf, type WalkedDataset } from './walk.js';

/** A pipeline reads the source and writes the target. */
export interface Edge {
  readonly sourceId: number;
  readonly targetId: number;
  readonly pipelineId: number;
}

/** An edge of a pipeline, and since when. */
export interface PipelineEdge extends Edge {
  readonly declared: boolean;
  readonly firstSeen: string;
  readonly lastSeen: string | null;
}

/** What a pipeline reads (`I`) or writes (`O`). */
export interface PipelineEnd {
  readonly pipelineId: number;
  readonly io: 'I' | 'O';
  readonly datasetId: number;
}

/** The pipelines of the last step to a dataset: the first ten, and how many there are. */
export interface Hop {
  readonly id: number;
  readonly pipelineIds: readonly number[];
  readonly pipelines: number;
}

/** Two names of one dataset. */
export interface Alias {
  readonly aId: number;
  readonly bId: number;
  readonly kind: string;
}

/** All SQL on the edges. Those of one pipeline change under its lock only, and its pages are told. */
@Injectable()
export class LineageRepository {
  constructor(private readonly changes: ChangeLog) {}

  /** Locks the edges of a pipeline until the transaction ends; the days of its last runs, newest first. */
  async lock(manager: EntityManager, pipelineId: number): Promise<readonly string[]> {
    const [row] = await manager.query<{ recent: string[] }[]>(LOCK_PIPELINE, [pipelineId]);
    return row?.recent ?? [];
  }

  /** Replaces what a locked pipeline declares; the number of edges that are new. */
  async declare(
    manager: EntityManager,
    pipelineId: number,
    { sources, targets, recent }: { sources: readonly number[]; targets: readonly number[]; recent: readonly string[] },
  ): Promise<number> {
    const now = new Date();
    const kept = [pipelineId, sources, targets, forgottenBefore(recent), now];
    const [, undeclared]: [unknown, number] = await manager.query(UNDECLARE_EDGES, kept);
    const [row] = await manager.query<{ written: number }[]>(DECLARE_EDGES, [pipelineId, sources, targets, dayOf(now)]);
    const written = row?.written ?? 0;
    if (undeclared + written > 0) this.changes.note(manager, { pipelines: [pipelineId] });
    return written;
  }

  /** Adds what a run of a locked pipeline read and wrote; `isNew` for the first report of the run. */
  async observe(
    manager: EntityManager,
    pipelineId: number,
    run: {
      sources: readonly number[];
      targets: readonly number[];
      at: Date;
      recent: readonly string[];
      isNew: boolean;
    },
  ): Promise<void> {
    const day = dayOf(run.at);
    this.changes.note(manager, { pipelines: [pipelineId] });
    await manager.query(OBSERVE_EDGES, [pipelineId, run.sources, run.targets, day]);
    const recent = run.isNew ? recentDays(run.recent, [day]) : run.recent;
    if (run.isNew) await manager.query(SET_RECENT, [pipelineId, recent]);
    const limit = forgottenBefore(recent);
    if (limit !== null) await manager.query(EXPIRE_EDGES, [pipelineId, limit, new Date()]);
  }

  findEdges(manager: EntityManager, pipelineIds: readonly number[], limit: number): Promise<PipelineEdge[]> {
    return manager.query(FIND_EDGES, [pipelineIds, limit]);
  }

  findEnds(manager: EntityManager, pipelineIds: readonly number[], limit: number): Promise<PipelineEnd[]> {
    return pipelineIds.length === 0 ? Promise.resolve([]) : manager.query(FIND_ENDS, [pipelineIds, limit]);
  }

  /** The datasets that are reached from others, nearest first, at most `most` of them. */
  async walk(
    manager: EntityManager,
    origins: readonly number[],
    direction: Direction,
    { maxDepth, most }: { readonly maxDepth: number; readonly most: number },
  ): Promise<Walk> {
    const isUpstream = direction === 'upstream';
    const limit = origins.length + most;
    const [row] = await manager.query<{ ids: number[]; depths: number[] }[]>(WALK, [
      origins,
      isUpstream,
      maxDepth,
      limit,
    ]);
    return walkOf(origins, row ?? { ids: [], depths: [] }, most);
  }

  /** The pipelines of the last step to some datasets of a walk. */
  async findHops(
    manager: EntityManager,
    direction: Direction,
    page: readonly WalkedDataset[],
    walk: Walk,
  ): Promise<ReadonlyMap<number, Hop>> {
    if (page.length === 0) return new Map();
    const levels = new Set(page.map(({ depth }) => depth - 1));
    const near = walk.withOrigins.filter(({ depth }) => levels.has(depth));
    const hops = await manager.query<Hop[]>(direction === 'upstream' ? FIND_HOPS_UP : FIND_HOPS_DOWN, [
      ...columnsOf(page),
      ...columnsOf(near),
    ]);
    return new Map(hops.map((hop) => [hop.id, hop]));
  }

  findEdgesAmong(manager: EntityManager, ids: readonly number[], limit: number): Promise<Edge[]> {
    return manager.query(FIND_EDGES_AMONG, [ids, limit]);
  }

  findAliasesAmong(manager: EntityManager, ids: readonly number[], limit: number): Promise<Alias[]> {
    return manager.query(FIND_ALIASES_AMONG, [ids, limit]);
  }

  /** The pipelines that read some datasets, nearest first. */
  findReaders(
    manager: EntityManager,
    datasets: readonly WalkedDataset[],
    limit: number,
  ): Promise<{ pipelineId: number; depth: number }[]> {
    return manager.query(FIND_READERS, [...columnsOf(datasets), limit]);
  }

  /** See {@link DELETE_UNSEEN}; returns how many were deleted. */
  async deleteUnseen(manager: EntityManager, before: Date, most: number): Promise<number> {
    const [, deleted]: [unknown, number] = await manager.query(DELETE_UNSEEN, [before, most]);
    return deleted;
  }
}

function columnsOf(datasets: readonly WalkedDataset[]): [number[], number[]] {
  return [datasets.map(({ id }) => id), datasets.map(({ depth }) => depth)];
}

function dayOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}

/** The day before which what runs showed is forgotten; null while there are too few runs. */
function forgottenBefore(recent: readonly string[]): string | null {
  return recent[RUNS_REMEMBERED - 1] ?? null;
}
