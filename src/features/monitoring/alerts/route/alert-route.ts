import { nameKey } from '../../../../platform/values/name.js';
import { IS_SENT_ON_REQUEST, type Kind, type Severity } from '../../incidents/incident.entity.js';

export const CHANNELS = ['slack', 'webhook', 'email', 'pagerduty'] as const;
export type Channel = (typeof CHANNELS)[number];

/** A destination of messages. `name` identifies it, in `GET /alert` and across changes of the routes. */
interface NamedTarget {
  readonly name: string;
  readonly channel: Channel;
}
export interface SlackTarget extends NamedTarget {
  readonly channel: 'slack';
  readonly url: string;
}
export interface WebhookTarget extends NamedTarget {
  readonly channel: 'webhook';
  readonly url: string;
  /** The key of the signature. */
  readonly secret: string | undefined;
}
export interface EmailTarget extends NamedTarget {
  readonly channel: 'email';
  readonly to: readonly string[];
  readonly from: string;
  readonly smtpUrl: string;
}
export interface PagerDutyTarget extends NamedTarget {
  readonly channel: 'pagerduty';
  readonly url: string;
  readonly routingKey: string;
}
export type Target = SlackTarget | WebhookTarget | EmailTarget | PagerDutyTarget;

/** The condition of a route. An absent field matches everything; of several values one has to match. */
export interface Match {
  readonly pipelineType?: readonly string[];
  readonly namespace?: readonly string[];
  readonly name?: readonly string[];
  /** The object that the pipeline's metadata has to contain. */
  readonly metadata?: object;
  readonly kind?: readonly Kind[];
  readonly severity?: readonly Severity[];
}

/** A rule that assigns alerts to targets. */
export interface Route {
  readonly name: string;
  readonly match: Match;
  readonly to: readonly Target[];
  /** Whether the following routes are tried too when this one matches. */
  readonly continue: boolean;
}

/** The properties that routes match. */
export interface Subject {
  readonly kind: Kind;
  readonly severity: Severity;
  readonly namespace: string;
  readonly name: string;
  readonly pipelineType: string;
  /**
   * The positions, from 1, of the routes whose `metadata` the pipeline's metadata contains; the database compares
   * them.
   */
  readonly metadataRoutes: readonly number[];
  /** Whether a rule asks for messages, whatever the routes name. */
  readonly alertWanted?: boolean;
}

/** The routes that match a subject, in their order. */
export function routesOf(routes: readonly Route[], subject: Subject): Route[] {
  const taken: Route[] = [];
  for (const [index, route] of routes.entries()) {
    if (!fits(route.match, subject, index + 1)) continue;
    taken.push(route);
    if (!route.continue) break;
  }
  return taken;
}

function fits(match: Match, subject: Subject, position: number): boolean {
  return (
    isAskedFor(match, subject) &&
    (match.kind?.includes(subject.kind) ?? true) &&
    (match.severity?.includes(subject.severity) ?? true) &&
    fitsName(match.pipelineType, subject.pipelineType) &&
    fitsName(match.namespace, subject.namespace) &&
    fitsName(match.name, subject.name) &&
    (match.metadata === undefined || subject.metadataRoutes.includes(position))
  );
}

/** Anomalies and slow executions are shown, and sent only on request. */
function isAskedFor(match: Match, { alertWanted, kind }: Subject): boolean {
  return !IS_SENT_ON_REQUEST[kind] || alertWanted === true || match.kind !== undefined || match.severity !== undefined;
}

function fitsName(patterns: readonly string[] | undefined, name: string): boolean {
  return patterns?.some((pattern) => fitsPattern(nameKey(pattern), nameKey(name))) ?? true;
}

/**
 * Whether a name matches the pattern, in which `*` is any text; without a regular expression, which could take too
 * long.
 */
function fitsPattern(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === name;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let from = first.length;
  for (const part of rest) {
    const at = name.indexOf(part, from);
    if (at < 0 || at + part.length > name.length - last.length) return false;
    from = at + part.length;
  }
  return true;
}
