import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { OldTreeService, sizeOf } from './old-tree.service.js';
import { type Ages, RetentionRepository, type RetentionRun } from './retention.repository.js';
import { RetentionService } from './retention.service.js';

const DAY_MS = 86_400_000;
const BATCH_SIZE = 10_000;
/** How long a run takes at most. */
const WITHIN_MS = 240_000;
/** How many trees are counted, and for how long. */
const MOST_COUNTED = 100_000;
const COUNTS_FOR_MS = 20_000;
const COUNTS_BACKLOG_FOR_MS = 2000;

/** The settings of retention. */
export type RetentionSettings = Pick<
  Config,
  'retentionDays' | 'retentionFailedDays' | 'retentionKeepLast' | 'retentionCron' | 'retentionIncidentDays'
>;

/** Old trees. */
export interface Counted {
  readonly trees: number;
  readonly executions: number;
  /** False if there may be more. */
  readonly isComplete: boolean;
}

/** What is known of the deletion by age. */
export interface RetentionState {
  /** Undefined: there was none yet. */
  readonly run: RetentionRun | undefined;
  readonly oldestStart: Date | null;
}

/** Deletes and counts what is too old by the settings, and notes what the last run did. */
@Injectable()
export class RetentionRunService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly retention: RetentionRepository,
    private readonly oldTrees: OldTreeService,
    private readonly cleaner: RetentionService,
    @Inject(CONFIG) readonly settings: RetentionSettings,
  ) {}

  /** Counts the trees that a run would delete now. */
  dryRun(): Promise<Counted> {
    return this.count(COUNTS_FOR_MS);
  }

  /** The last run, and the oldest start. */
  state(): Promise<RetentionState> {
    return this.transactions.read(async (manager) => ({
      run: await this.retention.findRun(manager),
      oldestStart: await this.retention.oldestStart(manager),
    }));
  }

  /** Deletes what is too old, for some minutes at most; false if something is left. */
  async run(signal: AbortSignal): Promise<boolean> {
    await this.transactions.run((manager) => this.retention.beginRun(manager, new Date()));
    let backlog: number | null = null;
    try {
      const { isComplete } = await this.cleaner.cleanUp({
        ages: this.ages(),
        batchSize: BATCH_SIZE,
        withinMs: WITHIN_MS,
        signal,
        note: (manager, trees, executions) => this.retention.addToRun(manager, trees, executions),
      });
      backlog = isComplete ? 0 : (await this.count(COUNTS_BACKLOG_FOR_MS)).trees;
      return isComplete;
    } finally {
      await this.transactions.run((manager) => this.retention.endRun(manager, new Date(), backlog));
    }
  }

  /** What is too old at this moment, by the settings. */
  private ages(): Ages {
    const now = new Date();
    const daysAgo = (days: number | undefined): Date | null =>
      days === undefined ? null : new Date(now.getTime() - days * DAY_MS);
    return {
      now,
      before: daysAgo(this.settings.retentionDays),
      failedBefore: daysAgo(this.settings.retentionFailedDays),
      keepLast: this.settings.retentionKeepLast,
    };
  }

  private async count(forMs: number): Promise<Counted> {
    const until = performance.now() + forMs;
    let [trees, executions] = [0, 0];
    for await (const found of this.oldTrees.find(this.ages())) {
      trees += found.length;
      executions += sizeOf(found);
      if (trees >= MOST_COUNTED || performance.now() > until) return { trees, executions, isComplete: false };
    }
    return { trees, executions, isComplete: true };
  }
}
