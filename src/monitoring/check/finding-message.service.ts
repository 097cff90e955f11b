import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CONFIG, type Config } from '../../config/config.js';
import { AlertOutboxService } from '../alert/alert-outbox.service.js';
import { FailureRepository } from '../incident/failure.repository.js';
import { CheckRepository, type Findings } from './check.repository.js';

/** Leaves the messages of what a check has found in the outbox. */
@Injectable()
export class FindingMessageService {
  constructor(
    private readonly checks: CheckRepository,
    private readonly failures: FailureRepository,
    private readonly outbox: AlertOutboxService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'alertMaxAge'>,
  ) {}

  /**
   * One message for the incidents that are open, one for those that were resolved. An execution that was late and over
   * between two checks is in the second alone, and in none when it ended longer than `WATCHER_ALERT_MAX_AGE` ago: that
   * is imported history.
   */
  async write(manager: EntityManager, { opened, resolved }: Findings, now: Date): Promise<void> {
    const wasOpened = new Set(opened);
    const wasResolved = new Set(resolved);
    const over = opened.filter((id) => wasResolved.has(id));
    const untold = await this.failures.untold(manager, now);
    const open = [...opened.filter((id) => !wasResolved.has(id)), ...untold];
    await this.outbox.write(manager, 'opened', open, now);
    const oldest = new Date(now.getTime() - this.config.alertMaxAge);
    const news = over.length > 0 ? await this.checks.endedSince(manager, over, oldest) : [];
    const ended = resolved.filter((id) => !wasOpened.has(id));
    await this.outbox.write(manager, 'resolved', [...ended, ...news], now, new Set(news));
  }
}
