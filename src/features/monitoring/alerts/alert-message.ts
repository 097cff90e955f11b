import type { IncidentDto } from '../incidents/incident.dto.js';
import type { Kind } from '../incidents/incident.entity.js';
import type { AlertEvent } from './alert.entity.js';

/** What a message tells. */
export interface Told {
  readonly deliveryId: string;
  readonly event: AlertEvent;
  /** How many incidents it is about; a message to people names the first of them only. */
  readonly count: number;
  readonly incidents: readonly IncidentDto[];
  readonly at: Date;
}

/** The most incidents that one Slack message names: Slack takes 50 blocks, and nobody reads more. */
export const SLACK_NAMES = 20;
/** Slack takes 3,000 characters in a section; less is easier to read. */
const SLACK_SECTION = 1000;

const KIND_NAMES: Record<Kind, string> = { freshness: 'Stale', timeliness: 'Late', failure: 'Failed' };

/** The body of the webhook: JSON, the incidents as `GET /incident` shows them. */
export function webhookBody({ deliveryId, event, count, incidents, at }: Told): string {
  return JSON.stringify({
    delivery_id: deliveryId,
    event,
    created_at: at.toISOString(),
    incident_count: count,
    incidents,
  });
}

/** The body of a Slack incoming webhook: a header, a section for each incident, a line with the delivery's id. */
export function slackBody({ deliveryId, event, count, incidents }: Told): string {
  const title = `${count} ${count === 1 ? 'incident' : 'incidents'} ${event}`;
  const named = incidents.slice(0, SLACK_NAMES);
  const rest = count - named.length;
  const footer = [...(rest > 0 ? [`and ${rest} more: GET /incident`] : []), `delivery ${deliveryId}`].join(' · ');
  return JSON.stringify({
    text: named.length === 1 && named[0] ? `${title}: ${cut(lineOf(named[0]), SLACK_SECTION)}` : title,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: title } },
      ...named.map((incident) => ({ type: 'section', text: mrkdwn(sectionOf(incident)) })),
      { type: 'context', elements: [mrkdwn(footer)] },
    ],
  });
}

/** `verbatim`, so that Slack makes no links and no mentions of what stands in the names. */
function mrkdwn(text: string): object {
  return { type: 'mrkdwn', text, verbatim: true };
}

function sectionOf(incident: IncidentDto): string {
  const head = `*${KIND_NAMES[incident.kind]}: ${cut(oneLine(incident.pipeline_name), 300)}*`;
  return `${head}\n${cut(oneLine(incident.detail), SLACK_SECTION)}\n_incident ${incident.id}_`;
}

function lineOf(incident: IncidentDto): string {
  return `${KIND_NAMES[incident.kind]}: ${oneLine(incident.pipeline_name)}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Escaped as Slack asks for it (`&`, `<` and `>`, which start its commands), `length` characters at most. */
function cut(text: string, length: number): string {
  const characters = [...text].map((c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c] ?? c);
  const total = characters.reduce((sum, c) => sum + c.length, 0);
  if (total <= length) return characters.join('');
  let room = length - 1;
  const kept = characters.slice(
    0,
    characters.findIndex((c) => (room -= c.length) < 0),
  );
  return `${kept.join('')}…`;
}
