import { shortened, visibleText } from '../../../../platform/values/visible-text.js';
import type { IncidentDto } from '../../incidents/incident.dto.js';
import type { Kind, Severity } from '../../incidents/incident.entity.js';

/** The subject of a message. */
export const EVENTS = ['opened', 'escalated', 'reminder', 'resolved', 'test'] as const;
export type AlertEvent = (typeof EVENTS)[number];

/** The subject of a test message. */
export interface TestSubject {
  readonly pipelineId: number;
  readonly name: string;
  readonly kind: Kind;
  readonly severity: Severity;
}

/** The content of a message. */
export interface Message {
  readonly deliveryId: string;
  readonly event: AlertEvent;
  readonly at: Date;
  /** The number of incidents; a message for people contains only the first of them. */
  readonly count: number;
  readonly incidents: readonly IncidentDto[];
  /** Set only for a test, which concerns no incident. */
  readonly test?: TestSubject;
  /** The base URL of links, without a slash at its end; undefined: no links. */
  readonly publicUrl: string | undefined;
}

/** The most incidents in a message for people. */
export const MAX_NAMED = 100;
/** The most characters of a name in a message for people, and in a list of many. */
const LONGEST_NAME = 255;
const LONGEST_LISTED_NAME = 80;
const LONGEST_DETAIL = 1000;

const KIND_NAMES: Record<Kind, string> = {
  freshness: 'Stale',
  timeliness: 'Late',
  failure: 'Failed',
  lost: 'Lost',
  missed: 'Missed',
  slow: 'Slow',
  anomaly: 'Unusual',
};

/** A one-line summary for people. */
export function titleOf({ count, event, test }: Message): string {
  const incidents = `${count} ${count === 1 ? 'incident' : 'incidents'}`;
  switch (event) {
    case 'opened':
    case 'escalated':
    case 'resolved':
      return `${incidents} ${event}`;
    case 'reminder':
      return `${incidents} still open`;
    case 'test':
      return `Test: ${headOf(test, LONGEST_NAME)}`;
  }
}

/** All incidents in one line of at most `length` characters; several with the same name are counted. */
export function summaryOf(message: Message, length: number): string {
  const title = titleOf(message);
  if (message.incidents.length === 0) return shortened(title, length);
  const lines = Map.groupBy(message.incidents, (incident) =>
    headOf(
      { kind: incident.kind, name: incident.pipeline_name },
      message.count === 1 ? LONGEST_NAME : LONGEST_LISTED_NAME,
    ),
  );
  let summary = `${title}: `;
  let named = 0;
  for (const [line, incidents] of lines) {
    const next = `${named > 0 ? '; ' : ''}${line}${incidents.length > 1 ? ` (${incidents.length})` : ''}`;
    if (summary.length + next.length > length - 20 && named > 0) break;
    summary += next;
    named += incidents.length;
  }
  return shortened(`${summary}${restOf(message.count - named)}`, length);
}

/** The kind and the pipeline of an incident, or of a test. */
export function headOf(subject: { readonly kind: Kind; readonly name: string } | undefined, length: number): string {
  return subject ? `${KIND_NAMES[subject.kind]}: ${shortened(visibleText(subject.name), length)}` : '';
}

export function headOfIncident({ kind, pipeline_name: name }: IncidentDto): string {
  return headOf({ kind, name }, LONGEST_NAME);
}

export function detailOf(incident: IncidentDto): string {
  return shortened(visibleText(incident.detail), LONGEST_DETAIL);
}

/** The text of a test. */
export function testTextOf({ name, severity }: TestSubject): string {
  return `Alerts of '${shortened(visibleText(name), LONGEST_NAME)}' with the severity ${severity} are sent here. This is a test.`;
}

/** The incident's page in the console. */
export function linkOf({ publicUrl }: Message, incidentId: number): string | undefined {
  return publicUrl === undefined ? undefined : `${publicUrl}/console/incidents/${incidentId}`;
}

export function restOf(count: number): string {
  return count > 0 ? ` and ${count} more` : '';
}
