import { detailOf, headOfIncident, linkOf, type Message, restOf, summaryOf, testTextOf, titleOf } from './message.js';

/**
 * The most incidents with blocks of their own, two each: Slack accepts 50 blocks, and a longer message is not
 * readable.
 */
const SLACK_BLOCKS = 20;
/** Slack advises against longer texts beside blocks. */
const LONGEST_TEXT = 3500;
/** The most characters of a header. */
const LONGEST_HEADER = 150;
/** The parts of a body that can be completed later. */
export interface SlackBody {
  readonly blocks: readonly { readonly elements?: readonly object[] }[];
}

/** The most characters of a section. */
const LONGEST_SECTION = 3000;

/**
 * The body of a Slack incoming webhook: a header, two blocks for each incident, and a line with the delivery's id.
 * Names and messages of errors are plain text, in which Slack interprets neither formatting nor emoji nor mentions;
 * `mrkdwn` contains only our own words. Notifications show the text beside the blocks.
 */
export function slackMessage(message: Message): string {
  const { count, deliveryId, incidents, test } = message;
  const named = incidents.slice(0, SLACK_BLOCKS);
  const rest = restOf(count - named.length).trim();
  const footer = [...(rest === '' ? [] : [`${rest}: GET /incident`]), `delivery ${deliveryId}`].join(' · ');
  return JSON.stringify({
    text: unformatted(summaryOf(message, LONGEST_TEXT)),
    mrkdwn: false,
    blocks: [
      { type: 'header', text: plainText(titleOf(message), LONGEST_HEADER) },
      ...(test ? [{ type: 'section', text: plainText(testTextOf(test), LONGEST_SECTION) }] : []),
      ...named.flatMap((incident) => [
        { type: 'section', text: plainText(`${headOfIncident(incident)}\n${detailOf(incident)}`, LONGEST_SECTION) },
        { type: 'context', elements: [mrkdwn(`${linked(message, incident.id)} · ${incident.severity}`)] },
      ]),
      { type: 'context', elements: [mrkdwn(footer)] },
    ],
  });
}

function linked(message: Message, incidentId: number): string {
  const link = linkOf(message, incidentId);
  const name = `incident ${incidentId}`;
  return link === undefined ? name : `<${escaped(link)}|${name}>`;
}

function mrkdwn(text: string): object {
  return { type: 'mrkdwn', text, verbatim: true };
}

/** At most `length` characters as Slack counts them: after escaping. */
export function plainText(text: string, length: number): object {
  const characters = [...text].map(escaped);
  const total = characters.reduce((sum, character) => sum + character.length, 0);
  if (total <= length) return { type: 'plain_text', text: characters.join(''), emoji: false };
  let room = length - 1;
  const end = characters.findIndex((character) => (room -= character.length) < 0);
  return { type: 'plain_text', text: `${characters.slice(0, end).join('')}…`, emoji: false };
}

/** `&`, `<` and `>` begin Slack's control sequences in every text. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * Text without formatting: an invisible character follows each character that would format, since the text beside the
 * blocks has no plain form and its `mrkdwn: false` does not disable emoji. An underscore within a word does not format
 * and stays unchanged.
 */
function unformatted(text: string): string {
  return escaped(text).replaceAll(
    /[*~`]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|:(?=[\p{L}\p{N}_+'-]+:)/gu,
    (character) => `${character}\u200b`,
  );
}
