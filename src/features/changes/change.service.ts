import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SharedReads } from '../../platform/batching/shared-reads.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { Tagged } from '../../platform/http/tagged.js';
import { JobService } from '../../platform/jobs/job.service.js';
import { cursorOf, type Moment, momentOf } from './change-cursor.js';
import { ChangeHintRepository, type TreeHints } from './change-hint.repository.js';
import type { ChangesDto } from './change.dto.js';

/** The most roots and pipelines of an answer; where more have changed, the answer is "everything". */
const MOST = 200;
/** How long pages that ask the same share one answer. */
const SHARED_MS = 1000;
/** While nothing changes a cursor stays the same for this long; well below the time for which hints are kept. */
const SAME_CURSOR_MS = 4 * 60_000;
const SWEEP = { cron: '* * * * *', pollSeconds: 30, batch: 5000 } as const;

/** Answers what has changed since a moment, and deletes old hints. */
@Injectable()
export class ChangeService implements OnModuleInit {
  private readonly shared = new SharedReads<ChangesDto>(SHARED_MS);

  constructor(
    private readonly transactions: TransactionRunner,
    private readonly hints: ChangeHintRepository,
    private readonly jobs: JobService,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: 'change-hint-sweep',
      cron: SWEEP.cron,
      pollSeconds: SWEEP.pollSeconds,
      options: { policy: 'exclusive', retryLimit: 0, expireInSeconds: 300, deleteAfterSeconds: 3600 },
      handle: (_data, signal) => this.sweep(signal),
    });
  }

  async since(cursor: string | undefined): Promise<Tagged<ChangesDto>> {
    const moment = cursor === undefined ? undefined : momentOf(cursor);
    const changes = await this.shared.get(cursor ?? '', () => this.find(moment));
    return new Tagged(changes, changes.cursor);
  }

  /** The moment from which changes of a tree can be asked for. To be called before the tree is read. */
  now(manager: EntityManager): Promise<Moment> {
    return this.hints.findMoment(manager);
  }

  /** What has changed in a tree since a moment. */
  ofTree(manager: EntityManager, since: Moment, rootId: number): Promise<TreeHints> {
    return this.hints.findTreeHints(manager, since, rootId);
  }

  private find(since: Moment | undefined): Promise<ChangesDto> {
    return this.transactions.read(async (manager) => {
      if (!since) return { cursor: cursorOf(await this.hints.findMoment(manager)), ...NOTHING };
      const found = await this.hints.findHints(manager, since, MOST + 1);
      const all = found.everything || found.roots.length > MOST || found.pipelines.length > MOST;
      const isSame = !all && found.hints === 0 && found.at - since.at < SAME_CURSOR_MS;
      const cursor = cursorOf(isSame ? since : found);
      return all
        ? { ...NOTHING, cursor, all, incidents: true }
        : { cursor, all, roots: [...found.roots], pipelines: [...found.pipelines], incidents: found.incidents };
    });
  }

  private async sweep(signal: AbortSignal): Promise<void> {
    for (let deleted: number = SWEEP.batch; deleted === SWEEP.batch && !signal.aborted;) {
      deleted = await this.transactions.run((manager) => this.hints.deleteOld(manager, SWEEP.batch));
    }
  }
}

const NOTHING: Omit<ChangesDto, 'cursor'> = { all: false, roots: [], pipelines: [], incidents: false };
