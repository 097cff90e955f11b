import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { type Ages, type OldTree, RetentionRepository, type Root, type RootRange } from './retention.repository.js';

/** The most trees that one read looks at, and how many the first one of a range does. */
const MOST_TREES = 1000;
const FIRST_TREES = 100;
/** About how many executions the trees of one read have. */
const MOST_EXECUTIONS = 10_000;
/** The position before all roots. */
const OLDEST: Pick<Root, 'id' | 'startDate'> = { id: 0, startDate: new Date('0001-01-01T00:00:00Z') };

/** Finds the trees that are too old, oldest first. */
@Injectable()
export class OldTreeService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly retention: RetentionRepository,
  ) {}

  /**
   * The old trees, some at a time, without a lock: who deletes one looks again. Yields an empty list where all that was
   * read stays, so that the caller can stop in between.
   */
  async *find(ages: Ages): AsyncGenerator<readonly OldTree[]> {
    const own = await this.transactions.read((manager) => this.retention.findOwnCutoffs(manager, ages.now));
    for (const { pipelineId, cutoff } of own) {
      if (cutoff !== null) yield* this.look(ages, { pipelineId, before: cutoff }, new Set());
    }
    if (ages.before === null) return;
    yield* this.look(ages, { pipelineId: null, before: ages.before }, new Set(own.map(({ pipelineId }) => pipelineId)));
  }

  /** Looks through a range, past the pipelines that have a range of their own. */
  private async *look(
    ages: Ages,
    range: RootRange,
    others: ReadonlySet<number>,
  ): AsyncGenerator<readonly OldTree[], void> {
    let most = FIRST_TREES;
    for (let after: typeof OLDEST | undefined = OLDEST; after;) {
      const position = after;
      const size: number = most;
      const { roots, old } = await this.transactions.read(async (manager) => {
        const found = await this.retention.findRoots(manager, range, position, size);
        const ids = found.filter(({ pipelineId }) => !others.has(pipelineId)).map(({ id }) => id);
        return { roots: found, old: ids.length > 0 ? await this.retention.findOld(manager, ids, ages) : [] };
      });
      yield old;
      after = roots.length === size ? roots.at(-1) : undefined;
      if (old.length > 0) most = Math.max(1, Math.min(MOST_TREES, Math.floor(MOST_EXECUTIONS / averageSize(old))));
    }
  }
}

function averageSize(trees: readonly OldTree[]): number {
  return sizeOf(trees) / trees.length;
}

/** How many executions trees have together. */
export function sizeOf(trees: readonly OldTree[]): number {
  return trees.reduce((sum, { executions }) => sum + executions, 0);
}
