import { visibleText } from '../../../../platform/values/visible-text.js';
import type { IncidentDto } from '../../incidents/incident.dto.js';
import { detailOf, headOf, headOfIncident, linkOf, type Message, testTextOf } from './message.js';

/** An event as stored in the outbox; the target has the key to send it with. */
export interface PagerDutyEvent {
  readonly event_action: 'trigger' | 'resolve';
  readonly dedup_key: string;
  readonly payload: { readonly custom_details?: object; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** The most characters of a summary; PagerDuty accepts 1,024. */
const LONGEST_SUMMARY = 1000;
const SOURCE = 'watcher';

/** The event of one incident: it triggers or resolves the incident at PagerDuty. */
export function pagerDutyMessage(message: Message, incident: IncidentDto): string {
  const event: PagerDutyEvent = {
    event_action: message.event === 'resolved' ? 'resolve' : 'trigger',
    dedup_key: dedupKeyOf(incident),
    payload: {
      summary: `${headOfIncident(incident)}: ${detailOf(incident)}`.slice(0, LONGEST_SUMMARY),
      source: SOURCE,
      severity: incident.severity,
      timestamp: incident.opened_at,
      component: visibleText(incident.pipeline_name),
      class: incident.kind,
      custom_details: {
        incident_id: incident.id,
        pipeline_id: incident.pipeline_id,
        execution_id: incident.execution_id,
        occurrences: incident.occurrences,
        root_causes: incident.root_causes.slice(0, 5),
      },
    },
    ...linksOf(message, incident.id),
  };
  return JSON.stringify(event);
}

/** A trigger with PagerDuty's lowest severity, which has to be resolved there. */
export function pagerDutyTest(message: Message): string {
  const { deliveryId, test } = message;
  const event: PagerDutyEvent = {
    event_action: 'trigger',
    dedup_key: `watcher-test-${deliveryId}`,
    payload: {
      summary: `Test: ${headOf(test, LONGEST_SUMMARY)}. ${test ? testTextOf(test) : ''}`.slice(0, LONGEST_SUMMARY),
      source: SOURCE,
      severity: 'info',
    },
  };
  return JSON.stringify(event);
}

/** The opening time distinguishes incidents of several installations that share a PagerDuty service. */
function dedupKeyOf({ id, opened_at }: IncidentDto): string {
  return `watcher-incident-${id}-${Date.parse(opened_at)}`;
}

function linksOf(message: Message, incidentId: number): object {
  const href = linkOf(message, incidentId);
  return href === undefined
    ? {}
    : { client: 'Watcher', client_url: href, links: [{ href, text: `incident ${incidentId}` }] };
}
