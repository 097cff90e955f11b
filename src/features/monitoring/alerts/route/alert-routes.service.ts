import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../../../platform/config/config.js';
import { type Route, routesOf, type Subject, type Target } from './alert-route.js';
import { parseRoutes } from './route-parser.js';

/** The route of the alerts that match no other. */
const DEFAULT_ROUTE = 'default';

/** A target, with the subjects that go to it and their routes. */
export interface Dispatch<S extends Subject> {
  readonly target: Target;
  /** The names of the routes that lead to it. */
  readonly routes: readonly string[];
  readonly subjects: readonly S[];
}

/** The routes of `WATCHER_ALERT_ROUTES`, followed by the one to the two URLs of the environment. */
@Injectable()
export class AlertRoutesService {
  private readonly routes: readonly Route[];
  private readonly byName: ReadonlyMap<string, Target>;

  /** @throws ConfigurationError */
  constructor(
    @Inject(CONFIG)
    config: Pick<
      Config,
      'alertRoutes' | 'slackWebhookUrl' | 'alertWebhookUrl' | 'alertWebhookSecret' | 'smtpUrl' | 'smtpFrom'
    >,
  ) {
    const to: Target[] = [];
    const { alertWebhookSecret: secret, alertWebhookUrl, slackWebhookUrl } = config;
    if (slackWebhookUrl !== undefined) to.push({ channel: 'slack', name: 'slack', url: slackWebhookUrl });
    if (alertWebhookUrl !== undefined) to.push({ channel: 'webhook', name: 'webhook', url: alertWebhookUrl, secret });
    const last: Route = { name: DEFAULT_ROUTE, match: {}, to, continue: false };
    const given = config.alertRoutes === undefined ? [] : parseRoutes(config.alertRoutes.content, config, last);
    this.routes = to.length > 0 ? [...given, last] : given;
    this.byName = new Map(this.targets.map((target) => [target.name, target]));
  }

  get targets(): Target[] {
    return this.routes.flatMap((route) => route.to);
  }

  /** The `metadata` of each route's condition, in the order of the routes; null for a route without it. */
  get metadata(): (object | null)[] {
    return this.routes.map(({ match }) => match.metadata ?? null);
  }

  target(name: string): Target | undefined {
    return this.byName.get(name);
  }

  /** The names of the routes that match a subject. */
  namesFor(subject: Subject): string[] {
    return routesOf(this.routes, subject).map(({ name }) => name);
  }

  /** The targets of subjects: each target once, in the order of the routes, with all of its subjects. */
  dispatch<S extends Subject>(subjects: readonly S[]): Dispatch<S>[] {
    const found = new Map<string, { target: Target; routes: Set<string>; subjects: Set<S> }>();
    for (const subject of subjects) {
      for (const route of routesOf(this.routes, subject)) {
        for (const target of route.to) {
          const item = found.get(target.name) ?? { target, routes: new Set(), subjects: new Set() };
          item.routes.add(route.name);
          item.subjects.add(subject);
          found.set(target.name, item);
        }
      }
    }
    return [...found.values()].map(({ target, routes, subjects }) => ({
      target,
      routes: [...routes],
      subjects: [...subjects],
    }));
  }
}
