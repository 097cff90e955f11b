import { hash } from 'node:crypto';
import { ConfigurationError } from '../../../../platform/config/variable.js';
import { webhookProblem } from '../../../../platform/config/webhook-url.js';
import { type Kind, KINDS, SEVERITIES, type Severity } from '../../incidents/incident.entity.js';
import type { Match, Route, Target } from './alert-route.js';

/** Defaults of e-mail targets. */
export interface MailDefaults {
  readonly smtpUrl: string | undefined;
  readonly smtpFrom: string | undefined;
}

type Fields = Record<string, unknown>;

const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';
const ADDRESS = /^[^\s@,;<>]+@[^\s@,;<>]+$/;

/**
 * Parses the routes of a document: a list, or `{routes: [...]}`. `last` is the route after them.
 * @throws ConfigurationError with one line that names the place of the error
 */
export function parseRoutes(content: unknown, mail: MailDefaults, last: Route): Route[] {
  const list = isObject(content) && Object.keys(content).join() === 'routes' ? content['routes'] : content;
  if (!Array.isArray(list)) throw wrong('takes a list of routes: [{"match": {...}, "to": [...]}]');
  const routes = list.map((item: unknown, index) => parseRoute(item, index + 1, mail));
  const names = [last, ...routes].map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw wrong(`has two routes with the name '${twice}'`);
  refuseRivals([last, ...routes].flatMap(({ to }) => to));
  return routes;
}

function parseRoute(item: unknown, position: number, mail: MailDefaults): Route {
  const where = `route ${position}`;
  const fields = objectOf(item, where, ['name', 'match', 'to', 'continue']);
  const name = fields['name'] === undefined ? where : textOf(fields['name'], `${where}: name`);
  if (fields['continue'] !== undefined && typeof fields['continue'] !== 'boolean') {
    throw wrong(`${where}: continue takes true or false`);
  }
  if (!Array.isArray(fields['to'])) throw wrong(`${where}: to takes a list of targets`);
  return {
    name,
    match: parseMatch(fields['match'] ?? {}, where),
    to: fields['to'].map((target: unknown, index) => parseTarget(target, `${where}: target ${index + 1}`, mail)),
    continue: fields['continue'] ?? false,
  };
}

function parseMatch(value: unknown, where: string): Match {
  const known = ['pipeline_type', 'namespace', 'name', 'metadata', 'kind', 'severity'];
  const fields = objectOf(value, `${where}: match`, known);
  const texts = (field: string): string[] | undefined =>
    fields[field] === undefined ? undefined : textsOf(fields[field], `${where}: match.${field}`);
  const among = <V extends string>(field: string, values: readonly V[]): V[] | undefined =>
    texts(field)?.map((text) => oneOf(text, values, `${where}: match.${field}`));
  const { metadata } = fields;
  if (metadata !== undefined && !isObject(metadata)) throw wrong(`${where}: match.metadata takes an object`);
  const match = {
    pipelineType: texts('pipeline_type'),
    namespace: texts('namespace'),
    name: texts('name'),
    metadata,
    kind: among<Kind>('kind', KINDS),
    severity: among<Severity>('severity', SEVERITIES),
  };
  return Object.fromEntries(Object.entries(match).filter(([, given]) => given !== undefined)) as Match;
}

/** A target is an object with one field, its channel: `{slack: URL}`, or `{slack: {url: URL, name: NAME}}`. */
function parseTarget(value: unknown, where: string, mail: MailDefaults): Target {
  const fields = objectOf(value, where, ['slack', 'webhook', 'email', 'pagerduty']);
  const [[channel, details] = [], ...more] = Object.entries(fields);
  if (channel === undefined || more.length > 0) {
    throw wrong(`${where} takes one of slack, webhook, email and pagerduty`);
  }
  const at = `${where}: ${channel}`;
  switch (channel as Target['channel']) {
    case 'slack': {
      const { name, url } = objectOf(isObject(details) ? details : { url: details }, at, ['name', 'url']);
      const target = { channel: 'slack', url: urlOf(url, `${at}.url`) } as const;
      return { ...target, name: nameOf(name, at, 'slack', target.url) };
    }
    case 'webhook': {
      const given = objectOf(isObject(details) ? details : { url: details }, at, ['name', 'url', 'secret']);
      const secret = given['secret'] === undefined ? undefined : textOf(given['secret'], `${at}.secret`);
      const target = { channel: 'webhook', url: urlOf(given['url'], `${at}.url`), secret } as const;
      return { ...target, name: nameOf(given['name'], at, 'webhook', target.url) };
    }
    case 'email':
      return parseEmail(details, at, mail);
    case 'pagerduty': {
      const short = isObject(details) ? details : { routing_key: details };
      const given = objectOf(short, at, ['name', 'routing_key', 'url']);
      const url = given['url'] === undefined ? PAGERDUTY_URL : urlOf(given['url'], `${at}.url`);
      const target = {
        channel: 'pagerduty',
        url,
        routingKey: textOf(given['routing_key'], `${at}.routing_key`),
      } as const;
      return { ...target, name: nameOf(given['name'], at, 'pagerduty', target.routingKey) };
    }
  }
}

function parseEmail(details: unknown, at: string, mail: MailDefaults): Target {
  const given = objectOf(isObject(details) ? details : { to: details }, at, ['name', 'to', 'from', 'smtp']);
  const to = textsOf(given['to'], `${at}.to`);
  const bad = to.find((address) => !ADDRESS.test(address));
  if (to.length === 0 || bad !== undefined) throw wrong(`${at}.to takes addresses such as 'team@example.com'`);
  const from = given['from'] === undefined ? mail.smtpFrom : textOf(given['from'], `${at}.from`);
  if (from === undefined) throw wrong(`${at} needs a sender: set SMTP_FROM, or its field from`);
  if (!from.includes('@')) throw wrong(`${at}.from takes an address`);
  const smtpUrl = given['smtp'] === undefined ? mail.smtpUrl : textOf(given['smtp'], `${at}.smtp`);
  if (smtpUrl === undefined) throw wrong(`${at} needs a mail server: set SMTP_URL, or its field smtp`);
  if (!URL.canParse(smtpUrl) || !/^smtps?:$/.test(new URL(smtpUrl).protocol)) {
    throw wrong(`${at}.smtp takes a URL that starts with smtp:// or smtps://`);
  }
  return { channel: 'email', to, from, smtpUrl, name: nameOf(given['name'], at, 'email', to.toSorted().join()) };
}

/** A waiting alert finds its target by name, so a name must identify one target. */
function refuseRivals(targets: readonly Target[]): void {
  const byName = new Map<string, Target>();
  for (const target of targets) {
    const other = byName.get(target.name) ?? target;
    if (JSON.stringify(other) !== JSON.stringify(target)) {
      throw wrong(`has two different targets with the name '${target.name}'`);
    }
    byName.set(target.name, target);
  }
}

/**
 * The given name, or one made of a hash: the same wherever the target occurs in the routes, and without its secrets.
 */
function nameOf(name: unknown, at: string, channel: string, address: string): string {
  if (name === undefined) return `${channel}-${hash('sha256', address).slice(0, 12)}`;
  const given = textOf(name, `${at}.name`);
  if (given.length > 100) throw wrong(`${at}.name takes at most 100 characters`);
  return given;
}

function urlOf(value: unknown, at: string): string {
  const url = textOf(value, at);
  const problem = webhookProblem(url);
  if (problem !== undefined) throw wrong(`${at} ${problem}`);
  return url;
}

function textsOf(value: unknown, at: string): string[] {
  return Array.isArray(value) ? value.map((item: unknown) => textOf(item, at)) : [textOf(value, at)];
}

function textOf(value: unknown, at: string): string {
  if (typeof value !== 'string' || (value === '' && !at.endsWith('namespace'))) throw wrong(`${at} takes text`);
  return value;
}

function oneOf<V extends string>(text: string, values: readonly V[], at: string): V {
  const found = values.find((value) => value === text);
  if (found === undefined) throw wrong(`${at} takes ${values.join(', ')}`);
  return found;
}

function objectOf(value: unknown, at: string, known: readonly string[]): Fields {
  if (!isObject(value)) throw wrong(`${at} takes an object with ${known.join(', ')}`);
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw wrong(`${at} has '${unknown}', which it does not know; it takes ${known.join(', ')}`);
  return value;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(what: string): ConfigurationError {
  return new ConfigurationError(
    `WATCHER_ALERT_ROUTES${what.startsWith('route') ? ':' : ''} ${what.replaceAll(/\s+/g, ' ')}`,
  );
}
