import Fastify from 'fastify';
import { registerAccess } from '../../src/platform/auth/access.hooks.js';
import { AccessService } from '../../src/platform/auth/access.service.js';
import type { Scope } from '../../src/platform/auth/caller.js';
import { addKey, bearer } from '../support/access.js';
import { type Json, Watcher } from '../support/watcher.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
/** Monitoring systems request these without a key. */
const OPEN = ['GET /', 'GET /health', 'GET /health/live', 'GET /health/ready'];
/** Those who log in have no key yet, and those who log out may have none any more. */
const LOGIN = ['DELETE /session', 'POST /session'];

describe('the routes', () => {
  let watcher: Watcher;
  let keys: Record<Scope, string>;
  let routes: { name: string; method: string; path: string; operation: Json }[];

  beforeAll(async () => {
    watcher = await Watcher.start();
    keys = {
      read: (await addKey(watcher.database, 'read')).text,
      write: (await addKey(watcher.database, 'write')).text,
      admin: (await addKey(watcher.database, 'admin')).text,
    };
    const { body } = await watcher.get('/docs-json', bearer(keys.read));
    routes = Object.entries<Json>(body.paths).flatMap(([path, item]) =>
      METHODS.filter((method) => item[method]).map((method) => ({
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path: path.replaceAll(/\{\w+\}/g, '1'),
        operation: item[method],
      })),
    );
    expect(routes.length).toBeGreaterThan(15);
  });
  afterAll(() => watcher.stop());

  const send = async (route: { method: string; path: string }, headers: Record<string, string> = {}) =>
    (await watcher.send(route.method, route.path, undefined, headers)).status;

  it('require a key, except health and the login', async () => {
    const open: string[] = [];
    for (const route of routes) if ((await send(route)) !== 401) open.push(route.name);
    expect(open.toSorted()).toEqual([...LOGIN.slice(0, 1), ...OPEN, ...LOGIN.slice(1)]);
  });

  it('take read to look, write to report, admin to change', async () => {
    // A pipeline changes its own watermarks: the rest of PATCH /pipeline is refused by its body.
    // People acknowledge incidents; a test message is for those who set the routes up.
    const others: Record<string, Scope> = {
      'PATCH /pipeline': 'write',
      'PATCH /pipeline_execution/{id}': 'write',
      'PATCH /incident/{id}': 'write',
      'POST /alert/test': 'admin',
      'POST /log_cleanup': 'admin',
      'POST /retention': 'admin',
      'PUT /pipeline/{id}/lineage': 'write',
      'PUT /pipeline_execution/{id}/lineage': 'write',
    };
    const reports = (method: string) => (method === 'POST' ? 'write' : 'admin');
    for (const { name, method, ...route } of routes.filter(({ name }) => ![...OPEN, ...LOGIN].includes(name))) {
      const takes: Scope = others[name] ?? (method === 'GET' ? 'read' : reports(method));
      const allowed = [];
      for (const scope of ['read', 'write', 'admin'] as const) {
        if ((await send({ method, ...route }, bearer(keys[scope]))) !== 403) allowed.push(scope);
      }
      expect([name, ...allowed]).toEqual([
        name,
        ...(['read', 'write', 'admin'] as const).slice({ read: 0, write: 1, admin: 2 }[takes]),
      ]);
    }
  });

  it('have their scope in the OpenAPI document', () => {
    for (const { name, operation } of routes) {
      expect([name, operation.security !== undefined]).toEqual([name, ![...OPEN, ...LOGIN].includes(name)]);
      expect([name, '401' in operation.responses, '403' in operation.responses]).toEqual([
        name,
        !OPEN.includes(name),
        !OPEN.includes(name),
      ]);
    }
  });

  it('cannot be added without a scope', () => {
    const fastify = Fastify();
    registerAccess(fastify, watcher.app.get(AccessService), {
      publicDocs: false,
      publicMetrics: false,
      rateLimit: undefined,
      console: true,
      host: '127.0.0.1',
      allowedHosts: undefined,
      corsOrigins: undefined,
    });
    expect(() => fastify.get('/forgotten', () => 'open to everybody')).toThrow(
      'GET /forgotten does not declare its scope',
    );
  });
});
