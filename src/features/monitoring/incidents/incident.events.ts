import { Injectable } from '@nestjs/common';
import { CommittedEvent } from '../../../platform/events/committed-event.js';
import { TransactionEvent } from '../../../platform/events/transaction-event.js';
import { JobService } from '../../../platform/jobs/job.service.js';

/** An incident that an event concerns. */
export interface ChangedIncident {
  readonly incidentId: number;
  /** The time when this was found. */
  readonly at: Date;
}

/** An incident that was resolved. */
export interface ResolvedIncident extends ChangedIncident {
  /** Whether it was over when it was found, so that no `opened` was published for it. */
  readonly wasShort: boolean;
}

/** An incident that was opened, repeated or escalated, or whose causes have changed. */
interface CommittedIncident {
  readonly incidentId: number;
}

/**
 * Events of incidents, published inside the transaction that changes them. Past incidents that are reported late are
 * stored without an event (`WATCHER_ALERT_MAX_AGE`). Alerts listen to these events; incidents do not depend on alerts.
 */
@Injectable()
export class IncidentEvents {
  /** Published after incidents were opened, or an hour later for a past failure that has not been resolved by then. */
  readonly opened = new TransactionEvent<ChangedIncident>();
  /** Published when further failures join an open one, a day or more after its last event. */
  readonly repeated = new TransactionEvent<ChangedIncident>();
  /** Published when warnings have become critical. */
  readonly escalated = new TransactionEvent<ChangedIncident>();
  /** Published after incidents were resolved. */
  readonly resolved = new TransactionEvent<ResolvedIncident>();
  /** After the commit of `opened`, `repeated`, `escalated` and of a change of the causes, at least once. */
  readonly committed: CommittedEvent<CommittedIncident>;

  constructor(jobs: JobService) {
    this.committed = new CommittedEvent('incident-committed', jobs);
    for (const event of [this.opened, this.repeated, this.escalated]) {
      event.listen((manager, changed) =>
        this.committed.emit(
          manager,
          changed.map(({ incidentId }) => ({ incidentId })),
        ),
      );
    }
  }
}
