import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** Between which values the rows and the milliseconds of a run were usual, by the runs before it. */
export interface Bounds {
  readonly rows: Interval | undefined;
  readonly ms: Interval | undefined;
}

interface Interval {
  readonly expected: number;
  readonly lower: number;
  readonly upper: number;
}

/** A run of a series. */
type Point = { readonly id: number; readonly startDate: Date };

type FindBounds = (
  manager: EntityManager,
  pipelineId: number,
  points: readonly Point[],
) => Promise<ReadonlyMap<number, Bounds>>;

/** The usual values of the runs of a series, from the module that knows them; none where it is left out. */
@Injectable()
export class SeriesBoundsService {
  private source: FindBounds | undefined;

  /** Call this while the modules are initialised. */
  offer(source: FindBounds): void {
    this.source = source;
  }

  /** The bounds of these runs, newest first, by id. */
  async find(
    manager: EntityManager,
    pipelineId: number,
    points: readonly Point[],
  ): Promise<ReadonlyMap<number, Bounds>> {
    return points.length > 0 && this.source ? this.source(manager, pipelineId, points) : new Map();
  }
}
