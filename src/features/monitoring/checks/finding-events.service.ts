import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CONFIG, type Config } from '../../../platform/config/config.js';
import { FailureWatchService } from '../incidents/failure-watch.service.js';
import { IncidentEvents } from '../incidents/incident.events.js';
import { CheckRepository, type Findings } from './check.repository.js';

/** Publishes the findings of a check as events. */
@Injectable()
export class FindingEventsService {
  constructor(
    private readonly checks: CheckRepository,
    private readonly failures: FailureWatchService,
    private readonly events: IncidentEvents,
    @Inject(CONFIG) private readonly config: Pick<Config, 'alertMaxAge'>,
  ) {}

  /**
   * `opened` is published for the incidents still open after the check. For an execution whose lateness began and
   * ended between two checks, only `resolved` is published, and nothing if it ended longer than
   * `WATCHER_ALERT_MAX_AGE` ago: it is imported history.
   */
  async announce(
    manager: EntityManager,
    { opened, resolved, escalated = [], isHistory }: Findings,
    now: Date,
  ): Promise<void> {
    const wasOpened = new Set(opened);
    const wasResolved = new Set(resolved);
    const lasting = opened.filter((id) => !wasResolved.has(id) && !isHistory?.has(id));
    const unheard = await this.failures.unheard(manager, now);
    await this.events.opened.emit(
      manager,
      [...lasting, ...unheard].map((incidentId) => ({ incidentId, at: now })),
    );
    await this.events.escalated.emit(
      manager,
      escalated.filter((id) => !wasResolved.has(id)).map((incidentId) => ({ incidentId, at: now })),
    );
    const over = opened.filter((id) => wasResolved.has(id));
    const oldest = new Date(now.getTime() - this.config.alertMaxAge);
    const short = over.length > 0 ? await this.checks.endedSince(manager, over, oldest) : [];
    const ended = resolved.filter((id) => !wasOpened.has(id));
    await this.events.resolved.emit(manager, [
      ...ended.map((incidentId) => ({ incidentId, at: now, wasShort: false })),
      ...short.map((incidentId) => ({ incidentId, at: now, wasShort: true })),
    ]);
  }
}
