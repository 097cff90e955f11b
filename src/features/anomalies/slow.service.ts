import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { JobService } from '../../platform/jobs/job.service.js';
import { type Warning, WarningService } from '../monitoring/incidents/warning.service.js';
import { durationOf } from './sentence.js';
import { type SlowExecution, SlowRepository } from './slow.repository.js';

/** A check without a sign of life for this many seconds has died with its replica. */
const EXPIRES_SECONDS = 120;
/** The most executions above a slow one that its incident names. */
const MAX_ABOVE = 5;

/**
 * Finds executions that run longer than usual, by `WATCHER_CHECK_CRON`: `slow_at` was set at their start. Of several in
 * a line only the deepest has an incident, which its end resolves.
 */
@Injectable()
export class SlowService implements OnModuleInit {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly jobs: JobService,
    private readonly slow: SlowRepository,
    private readonly warnings: WarningService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'checkCron'>,
  ) {}

  onModuleInit(): void {
    if (!this.config.checkCron) return;
    this.jobs.register({
      name: 'check-slow',
      cron: this.config.checkCron,
      pollSeconds: 3,
      options: { policy: 'exclusive', retryLimit: 0, expireInSeconds: EXPIRES_SECONDS, deleteAfterSeconds: 3600 },
      handle: () => this.check(),
    });
  }

  /** Opens the incidents of executions that are slow at `now`. */
  check(now = new Date()): Promise<void> {
    return this.transactions.run(async (manager) => {
      await this.slow.lock(manager);
      await this.warnings.resolveUnwatched(manager, ['slow', 'anomaly'], now);
      // An end that committed while the check before this one looked did not find the incident.
      const over = await this.slow.findEnded(manager, await this.warnings.findAllWarned(manager, 'slow'));
      if (over.length > 0) await this.warnings.resolveEnded(manager, 'slow', over, now);
      const found = await this.slow.find(manager, now);
      if (found.length === 0) return;
      const ids = found.map(({ id }) => id);
      const ancestors = await this.slow.findAncestors(manager, ids);
      const above = new Set([...ancestors.values()].flat());
      const known = await this.warnings.findWarned(manager, 'slow', ids);
      const deepest = found.filter(({ id }) => !above.has(id) && !known.has(id));
      const warnings = deepest.map((one) => warningOf(one, ancestors.get(one.id) ?? []));
      await this.warnings.open(manager, 'slow', warnings, now);
    });
  }
}

function warningOf({ id, pipelineId, rootId, slowAt, startDate }: SlowExecution, above: readonly number[]): Warning {
  const usual = durationOf((slowAt.getTime() - startDate.getTime()) / 1000);
  const named = above.slice(0, MAX_ABOVE).join(', ');
  const rest = above.length > MAX_ABOVE ? ` and ${above.length - MAX_ABOVE} more` : '';
  const below = above.length > 0 ? ` It runs below ${named}${rest}.` : '';
  return {
    executionId: id,
    pipelineId,
    rootId,
    since: startDate,
    expectedAt: slowAt,
    explanation: `Execution ${id} has run since ${startDate.toISOString()}; usually it takes at most ${usual}.${below}`,
    alertWanted: false,
  };
}
