import { shortened, visibleText } from '../../../../platform/values/visible-text.js';
import type { IncidentDto } from '../../incidents/incident.dto.js';
import type { IncidentImpact } from '../../incidents/incident-impact.service.js';
import type { Channel } from '../route/alert-route.js';
import type { Email } from './email-message.js';
import { restOf } from './message.js';
import type { PagerDutyEvent } from './pagerduty-message.js';
import { plainText, type SlackBody } from './slack-message.js';
import type { WebhookBody } from './webhook-message.js';

const LONGEST_NAME = 80;
/** The most characters in Slack. */
const LONGEST_SENTENCE = 1000;
/** Counts are not larger. */
const MOST = 1000;

/** A message as it was written, with what is known by now of what its incidents affect. */
interface Written {
  readonly body: string;
  readonly incidentIds: readonly number[];
  readonly impact: readonly IncidentImpact[];
}

/** The body to send: the stored one, with what the incidents affect. */
export function withImpact(channel: Channel, { body, incidentIds, impact }: Written): string {
  if (impact.length === 0) return body;
  return JSON.stringify(completed(channel, body, new Map(impact.map((one) => [one.incidentId, one])), incidentIds));
}

type Impacts = ReadonlyMap<number, IncidentImpact>;

function completed(channel: Channel, body: string, impacts: Impacts, incidentIds: readonly number[]): object {
  switch (channel) {
    case 'webhook':
      return inWebhook(JSON.parse(body) as WebhookBody, impacts);
    case 'slack':
      return inSlack(JSON.parse(body) as SlackBody, impacts, incidentIds);
    case 'email':
      return inEmail(JSON.parse(body) as Email, impacts);
    case 'pagerduty':
      return inPagerDuty(JSON.parse(body) as PagerDutyEvent, impacts.get(incidentIds[0] ?? 0));
  }
}

function inWebhook({ incidents, ...rest }: WebhookBody, impacts: Impacts): object {
  return { ...rest, incidents: incidents.map((incident) => ({ ...incident, ...fieldsOf(impacts.get(incident.id)) })) };
}

/** After a header, each incident has two blocks; the second one is completed. */
function inSlack({ blocks, ...rest }: SlackBody, impacts: Impacts, incidentIds: readonly number[]): object {
  const withSentences = blocks.map((block, place) => {
    const impact = place > 0 && place % 2 === 0 ? impacts.get(incidentIds[place / 2 - 1] ?? 0) : undefined;
    if (!impact || !block.elements) return block;
    return { ...block, elements: [...block.elements, plainText(sentenceOf(impact), LONGEST_SENTENCE)] };
  });
  return { ...rest, blocks: withSentences };
}

/** The last paragraph has the id of the delivery. */
function inEmail({ subject, text }: Email, impacts: Impacts): Email {
  const end = text.lastIndexOf('\n\n');
  const lines = [...impacts.values()].map((impact) => `Incident ${impact.incidentId} ${sentenceOf(impact)}`);
  return { subject, text: `${text.slice(0, end)}\n\n${lines.join('\n')}${text.slice(end)}` };
}

function inPagerDuty(event: PagerDutyEvent, impact: IncidentImpact | undefined): object {
  const { payload } = event;
  return { ...event, payload: { ...payload, custom_details: { ...payload.custom_details, ...fieldsOf(impact) } } };
}

function fieldsOf(
  impact: IncidentImpact | undefined,
): Partial<Pick<IncidentDto, 'impact'>> & { affected_pipelines?: readonly string[] } {
  if (!impact) return {};
  const { datasets, names, pipelines } = impact;
  return { impact: { datasets, pipelines }, affected_pipelines: names };
}

/** Such as `affects 7 pipelines: a, b, c, d, e and 2 more; 12 datasets`. */
function sentenceOf({ datasets, names, pipelines }: IncidentImpact): string {
  const listed = names.map((name) => shortened(visibleText(name), LONGEST_NAME)).join(', ');
  const rest = restOf(pipelines - names.length);
  return `affects ${counted(pipelines, 'pipeline')}${listed === '' ? '' : `: ${listed}${rest}`}; ${counted(datasets, 'dataset')}`;
}

function counted(count: number, what: string): string {
  const most = count === MOST ? ' or more' : '';
  return `${count.toLocaleString('en')}${most} ${what}${count === 1 ? '' : 's'}`;
}
