import { Injectable } from '@nestjs/common';
import { TransactionEvent } from '../../../platform/events/transaction-event.js';

/** An incident that something has happened to. */
export interface ChangedIncident {
  readonly incidentId: number;
  /** When that was found. */
  readonly at: Date;
}

/** An incident that was resolved. */
export interface ResolvedIncident extends ChangedIncident {
  /** Whether it was over when it was found, so that `opened` has not been heard of it. */
  readonly wasShort: boolean;
}

/**
 * What can be heard of incidents, inside the transaction that changes them. Incidents of the past that are reported late
 * are no news: they are written, and nothing is heard of them (`WATCHER_ALERT_MAX_AGE`). Alerts listen; incidents know
 * nothing of alerts.
 */
@Injectable()
export class IncidentEvents {
  /** After they were opened, or an hour later where a failure of the past has not been resolved by then. */
  readonly opened = new TransactionEvent<ChangedIncident>();
  /** An open failure to which others came, a day or more after it was last heard of. */
  readonly repeated = new TransactionEvent<ChangedIncident>();
  /** After they were resolved. */
  readonly resolved = new TransactionEvent<ResolvedIncident>();
}
