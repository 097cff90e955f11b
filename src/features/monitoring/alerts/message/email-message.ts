import { detailOf, headOfIncident, linkOf, type Message, restOf, summaryOf, testTextOf, titleOf } from './message.js';

/** The most characters of a subject. */
const LONGEST_SUBJECT = 200;

/** An e-mail as stored in the outbox; the target has its sender and recipients. */
export interface Email {
  readonly subject: string;
  readonly text: string;
}

/** An e-mail of plain text: a paragraph for each incident. */
export function emailMessage(message: Message): string {
  const { count, deliveryId, incidents, test } = message;
  const paragraphs = incidents.map((incident) => {
    const link = linkOf(message, incident.id) ?? `incident ${incident.id}`;
    return [`${headOfIncident(incident)} (${incident.severity})`, detailOf(incident), link].join('\n');
  });
  const rest = restOf(count - incidents.length).trim();
  const parts = [
    titleOf(message),
    ...(test ? [testTextOf(test)] : []),
    ...paragraphs,
    ...(rest === '' ? [] : [`${rest}: GET /incident`]),
    `delivery ${deliveryId}`,
  ];
  const email: Email = { subject: `[Watcher] ${summaryOf(message, LONGEST_SUBJECT)}`, text: `${parts.join('\n\n')}\n` };
  return JSON.stringify(email);
}
