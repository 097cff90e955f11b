import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { completeList } from '../../../platform/http/bounded-list.js';
import {
  momentAt,
  type Page,
  pageLimit,
  type PageQuery,
  type Position,
  positionOf,
  toPage,
} from '../../../platform/http/page.js';
import { TransactionRunner } from '../../../platform/database/transaction-runner.js';
import { PIPELINE_CHANGE_LONG_COLUMNS, type PipelineChangeEntity } from '../../pipeline/pipeline-change.entity.js';
import { PipelineChangeService } from '../../pipeline/pipeline-change.service.js';
import { ExecutionSourceService } from '../execution-source.service.js';
import type { PipelineChangeDto, WatermarkMoveDto } from './pipeline-history.dto.js';
import { toChangeDto, toMoveChangeDto, toWatermarkMoveDto } from './pipeline-history.mapper.js';
import { PipelineHistoryRepository } from './pipeline-history.repository.js';
import {
  type Candidate,
  candidateOfPatch,
  candidateOfRun,
  FIRST_PLACE,
  type MovesPosition,
  MovesWalk,
  type WatermarkMove,
  withoutBackward,
} from './watermark-moves.js';

/** How many executions, and how many patches, are read at a time. */
const CHUNK = 500;
/** How many executions a page reads at most; a pipeline may have millions that set no watermark. */
const MOST_READ = 20_000;
/** How many executions before them are looked through for a greater watermark, where it moves only to a greater one. */
const LOOK_BACK = 5000;

/** The next moves of a watermark, newest first. */
interface Moves {
  readonly moves: readonly WatermarkMove[];
  /** Where the reading stopped, if it found neither enough moves nor the end. */
  readonly cutAt: MovesPosition | undefined;
}

/** The next candidates, as far as both kinds have been read. */
interface Candidates {
  readonly candidates: readonly Candidate[];
  readonly isEnd: boolean;
  /** How many executions were read. */
  readonly read: number;
}

/** A line of the list of changes: a recorded change, or a move by an execution. */
interface Line {
  readonly at: number;
  readonly change?: PipelineChangeEntity;
  readonly move?: WatermarkMove;
}

/**
 * Lists what changed a pipeline: what callers did, which is recorded, and the moves of its watermark by executions,
 * which follow from the executions.
 */
@Injectable()
export class PipelineHistoryService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly executions: PipelineHistoryRepository,
    private readonly recorded: PipelineChangeService,
    private readonly sources: ExecutionSourceService,
  ) {}

  watermarks(pipelineId: number, query: PageQuery): Promise<Page<WatermarkMoveDto>> {
    return this.transactions.read(async (manager) => {
      const { moves, cutAt } = await this.findMoves(manager, pipelineId, query, placeOf(positionOf(query, 4)));
      const page = toPage(moves, query, ({ place }) => numbersOf(place));
      return (cutAt ? page.continuedAt(numbersOf(cutAt)) : page).map(toWatermarkMoveDto);
    });
  }

  async changes(pipelineId: number, query: PageQuery): Promise<Page<PipelineChangeDto>> {
    const page = await this.transactions.read((manager) => this.findLines(manager, pipelineId, query));
    const changes = page.items.flatMap(({ change }) => change ?? []);
    const complete = await completeList(this.transactions, PIPELINE_CHANGE_LONG_COLUMNS, changes);
    const tooMany = changes[complete];
    const shown = tooMany ? page.first(page.items.findIndex(({ change }) => change === tooMany)) : page;
    return shown.map(toDto);
  }

  private async findLines(manager: EntityManager, pipelineId: number, query: PageQuery): Promise<Page<Line>> {
    const position = positionOf(query, 5);
    const from = placeOf(position);
    const before = position?.[4] ?? Number.MAX_SAFE_INTEGER;
    const { moves, cutAt } = await this.findMoves(manager, pipelineId, query, from);
    const changes = await this.recorded.findBefore(manager, pipelineId, before, pageLimit(query) + 1);
    const lines: Line[] = [
      ...moves.filter(({ executionId }) => executionId !== null).map((move) => ({ at: move.recordedAt, move })),
      ...changes.map((change) => ({ at: change.changedAt.getTime(), change })),
    ].toSorted((a, b) => b.at - a.at);
    // Moves that have not been read yet are not later than this.
    const known = cutAt ? lines.filter(({ at }) => at > cutAt.earliest) : lines;
    let place = [...numbersOf(from), before];
    const places = known.map(({ move, change }) => {
      const [start = 0, run = 0, patch = 0, earliest = 0, last = 0] = place;
      place = move ? [...numbersOf(move.place), last] : [start, run, patch, earliest, change?.id ?? last];
      return place;
    });
    const page = toPage(known, query, (line) => places[known.indexOf(line)] ?? []);
    return cutAt ? page.continuedAt([...numbersOf(cutAt), place[4] ?? before]) : page;
  }

  /** The moves from a place on, one more than fit on a page. */
  private async findMoves(
    manager: EntityManager,
    pipelineId: number,
    query: PageQuery,
    from: MovesPosition,
  ): Promise<Moves> {
    const hasMoved = await this.recorded.hasMoved(manager, pipelineId);
    const walk = new MovesWalk(from);
    const moved: Omit<WatermarkMove, 'before'>[] = [];
    // Still one more: what the watermark was before a move is what the previous move made it.
    const wanted = pageLimit(query) + 2;
    let isEnd = !hasMoved;
    for (let read = 0; read < MOST_READ && moved.length < wanted && !isEnd;) {
      const next = await this.readNext(manager, pipelineId, walk.place);
      read += next.read;
      for (const candidate of next.candidates) {
        if (walk.step(candidate)) moved.push({ ...candidate, place: walk.place });
      }
      isEnd = next.isEnd;
    }
    const moves = moved.map((move, index) => ({ ...move, before: moved[index + 1]?.watermark ?? null }));
    return { moves: moves.slice(0, wanted - 1), cutAt: isEnd || moved.length >= wanted ? undefined : walk.place };
  }

  private async readNext(manager: EntityManager, pipelineId: number, place: MovesPosition): Promise<Candidates> {
    const found = await this.executions.findSuccesses(manager, pipelineId, place, CHUNK);
    const forward = await this.sources.findOwn(
      manager,
      found.map(({ id }) => id),
    );
    const runs = found.map((run) => candidateOfRun({ ...run, isForward: forward.has(run.id) }));
    const patches = (await this.recorded.findWatermarkPatches(manager, pipelineId, place.patch, CHUNK)).map(
      candidateOfPatch,
    );
    const readDownTo = Math.max(...[runs, patches].map(({ [CHUNK - 1]: last }) => last?.listedAt ?? -Infinity));
    const candidates = [...runs, ...patches]
      .filter(({ listedAt }) => listedAt >= readDownTo)
      .toSorted((a, b) => b.listedAt - a.listedAt);
    const isEnd = readDownTo === -Infinity;
    if (forward.size === 0) return { candidates, isEnd, read: CHUNK };
    const greatest = isEnd ? null : await this.findGreatest(manager, pipelineId, place, candidates);
    return { candidates: withoutBackward(candidates, greatest), isEnd, read: isEnd ? CHUNK : CHUNK + LOOK_BACK };
  }

  /** The greatest watermark of the executions that are listed after these candidates and before an earlier PATCH. */
  private async findGreatest(
    manager: EntityManager,
    pipelineId: number,
    place: MovesPosition,
    candidates: readonly Candidate[],
  ): Promise<string | null> {
    const last = candidates.findLast(({ executionId }) => executionId !== null);
    const start = last?.listedAt ?? place.start;
    const run = last?.executionId ?? place.run;
    const patch = candidates.findLast(({ patchId }) => patchId !== null)?.patchId ?? place.patch;
    const [earlier] = await this.recorded.findWatermarkPatches(manager, pipelineId, patch, 1);
    return this.executions.findGreatest(manager, pipelineId, { ...place, start, run }, earlier?.at ?? null, LOOK_BACK);
  }
}

function toDto({ move, change }: Line): PipelineChangeDto {
  if (move) return toMoveChangeDto(move);
  if (change) return toChangeDto(change);
  throw new Error('a line is a change or a move');
}

function numbersOf({ start, run, patch, earliest }: MovesPosition): Position {
  return [start, run, patch, earliest];
}

function placeOf(position: Position | undefined): MovesPosition {
  if (!position) return FIRST_PLACE;
  const [start = 0, run = 0, patch = 0, earliest = 0] = position;
  return { start: momentAt(start).getTime(), run, patch, earliest };
}
