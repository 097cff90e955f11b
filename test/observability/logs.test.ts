import { connect } from 'node:net';
import type { Config } from '../../src/platform/config/config.js';
import { readConfig } from '../../src/platform/config/config.js';
import { createLogger } from '../../src/platform/observability/logger.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import type { Json } from '../support/watcher.js';
import { Service } from '../support/service.js';

/** The output of a logger with this configuration. */
async function written(config: Partial<Config>, write: (logger: Awaited<ReturnType<typeof createLogger>>) => void) {
  let text = '';
  const logger = await createLogger(
    { ...readConfig({}), logFormat: 'json', ...config },
    { write: (line: string) => (text += line) },
  );
  write(logger);
  return text;
}

describe('the log of the service', () => {
  let database: TestDatabase;
  let service: Service;
  beforeAll(async () => {
    database = await createDatabase();
    service = await Service.start({
      DATABASE_URL: database.url,
      WATCHER_DRAIN_SECONDS: '0',
      WATCHER_ADMIN_KEY: 'secret-in-header',
    });
  });
  afterAll(async () => {
    await service.kill();
    await database.drop();
  });

  const linesOf = (id: string): Json[] => service.log.filter((line) => line.request_id === id);
  const headers = (id: string): Record<string, string> => ({
    'x-request-id': id,
    authorization: 'Bearer secret-in-header',
  });

  it('has one line per request: id, method, route template, status, milliseconds and caller', async () => {
    await fetch(service.url + '/pipeline/12345?name=in-the-query', { headers: headers('one-line') });
    const lines = await eventually(() => {
      expect(linesOf('one-line')).toHaveLength(1);
      return linesOf('one-line');
    });
    expect(lines[0]).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      request_id: 'one-line',
      method: 'GET',
      route: '/pipeline/:id',
      status: 422,
      ms: expect.any(Number),
      caller: 'WATCHER_ADMIN_KEY',
      code: 'validation_failed',
      fields: ['name'],
      pipeline_id: 12345,
      address: '127.0.0.1',
    });
  });

  it.each<[string, string, string, unknown, Record<string, unknown>]>([
    [
      'wrong fields of a registration',
      'POST',
      '/pipeline',
      { name: '', pipeline_type_name: 5, pipeline_metadata: 'secret-value' },
      { status: 422, code: 'validation_failed', fields: ['name', 'pipeline_type_name', 'pipeline_metadata'] },
    ],
    [
      'an unknown pipeline',
      'PATCH',
      '/pipeline',
      { id: 77 },
      { status: 404, code: 'pipeline_not_found', pipeline_id: 77 },
    ],
    [
      'a start without its pipeline',
      'POST',
      '/start_pipeline_execution',
      { pipeline_id: 77 },
      { status: 404, code: 'pipeline_not_found', pipeline_id: 77 },
    ],
    [
      'an end without its execution',
      'POST',
      '/end_pipeline_execution',
      { id: 78, completed_successfully: true },
      { status: 404, code: 'execution_not_found', execution_id: 78 },
    ],
    [
      'an unknown execution',
      'GET',
      '/pipeline_execution/79/tree',
      undefined,
      { status: 404, code: 'execution_not_found', execution_id: 79 },
    ],
    [
      'an odd id',
      'GET',
      '/pipeline/secret-value',
      undefined,
      { status: 422, code: 'validation_failed', fields: ['id'] },
    ],
    ['malformed JSON', 'POST', '/pipeline', '{"secret-value', { status: 400, code: 'malformed_json' }],
    ['a wrong method', 'DELETE', '/pipeline', undefined, { status: 405, code: 'method_not_allowed' }],
    ['no route', 'GET', '/nowhere', undefined, { status: 404, code: 'route_not_found' }],
  ])('says why a request was refused, and of what: %s', async (what, method, path, body, expected) => {
    const id = what.replaceAll(' ', '-');
    await fetch(service.url + path, {
      method,
      headers: { ...headers(id), 'content-type': 'application/json' },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const line = await eventually(() => {
      expect(linesOf(id)).toHaveLength(1);
      return linesOf(id)[0];
    });
    const { level, time, request_id, route, ms, caller, ...rest } = line;
    expect(rest).toEqual({ method, address: '127.0.0.1', ...expected });
    expect(JSON.stringify(line)).not.toContain('secret-value');
    expect([level, request_id, typeof time, typeof ms]).toEqual(['info', id, 'string', 'number']);
    expect([route === 'unmatched', caller ?? 'nobody']).toEqual(
      expected['status'] === 405 || path === '/nowhere' ? [true, 'nobody'] : [false, 'WATCHER_ADMIN_KEY'],
    );
  });

  it('says the code of a refusal that is repeated, and of a caller who is nobody', async () => {
    for (const id of ['first-time', 'again']) {
      await fetch(`${service.url}/start_pipeline_execution`, {
        method: 'POST',
        headers: { ...headers(id), 'content-type': 'application/json', 'idempotency-key': 'refused' },
        body: JSON.stringify({ pipeline_id: 77 }),
      });
    }
    await fetch(`${service.url}/pipeline`, { headers: { 'x-request-id': 'nobody' } });
    await eventually(() => {
      for (const id of ['first-time', 'again']) {
        expect(linesOf(id)).toMatchObject([{ code: 'pipeline_not_found', pipeline_id: 77 }]);
      }
      expect(linesOf('nobody')).toMatchObject([{ status: 401, code: 'unauthenticated', address: '127.0.0.1' }]);
    });
  });

  it('has a line for bytes that are no request', async () => {
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname, () => socket.write('nonsense\r\n\r\n'));
    const answer = Buffer.concat(await socket.toArray()).toString();
    const id = /x-request-id: (\S+)/i.exec(answer)?.[1] ?? '';
    await eventually(() =>
      expect(linesOf(id)).toMatchObject([{ status: 400, code: 'unreadable_request', address: '127.0.0.1' }]),
    );
  });

  it('has a line for what matches no route, too', async () => {
    await fetch(service.url + '/no/such/route', { headers: headers('unmatched') });
    await eventually(() => expect(linesOf('unmatched')).toMatchObject([{ route: 'unmatched', status: 404 }]));
  });

  it('contains neither the data nor the credentials of clients', async () => {
    const secrets = ['secret-in-metadata', 'secret-in-header', 'secret-in-cookie', 'secret-in-query'];
    await service.post(
      '/pipeline?q=secret-in-query',
      { name: 'quiet', pipeline_type_name: 'test', pipeline_metadata: { a: 'secret-in-metadata' } },
      { cookie: 'a=secret-in-cookie', ...headers('quiet') },
    );
    await eventually(() => expect(linesOf('quiet')).toHaveLength(1));
    for (const secret of [...secrets, new URL(database.url).password]) {
      expect(service.stdout).not.toContain(secret);
    }
  });

  it('has the request id, but no metadata, in the line of an unexpected error', async () => {
    await database.sql(`ALTER TABLE pipeline ADD CONSTRAINT ck_broken CHECK (name <> 'broken')`);
    const answer = await service.post(
      '/pipeline',
      { name: 'broken', pipeline_type_name: 'test', pipeline_metadata: { a: 'secret-in-a-row' } },
      headers('unexpected'),
    );
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ request_id: 'unexpected' });
    const lines = await eventually(() => {
      expect(linesOf('unexpected')).toHaveLength(2);
      return linesOf('unexpected');
    });
    expect(lines[0]).toMatchObject({ level: 'error', err: { type: 'QueryFailedError', cause: { code: '23514' } } });
    expect(service.stdout).not.toContain('secret-in-a-row');
  });
});

describe('a line of the log', () => {
  const databaseUrl = 'postgresql://user:pa%2Fss-word@host/db';

  it('never contains a configured secret, at any position', async () => {
    const text = await written({ databaseUrl }, (logger) => {
      logger.info(`can't connect to ${databaseUrl}`);
      logger.warn({ deep: { deeper: [databaseUrl] } }, 'the password is pa/ss-word, or pa%2Fss-word');
      logger.error({ err: new Error(`no ${databaseUrl}`, { cause: new Error('pa/ss-word') }) });
    });
    expect(text.split('\n')).toHaveLength(4);
    expect(text).not.toMatch(/ss-word/);
  });

  it('never contains credentials, keys and metadata that are not configured', async () => {
    const text = await written({}, (logger) => {
      logger.info('connecting to postgres://somebody:hunter22@host/db with Bearer abc.def-hunter22');
      logger.info({ headers: { authorization: 'hunter22', cookie: 'hunter22' }, key: 'hunter22' });
      logger.info({ request: { body: { execution_metadata: { a: 'hunter22' }, pipeline_metadata: 'hunter22' } } });
      logger.error({ err: Object.assign(new Error('x'), { parameters: ['hunter22'], detail: 'hunter22' }) });
    });
    expect(text.split('\n')).toHaveLength(5);
    expect(text).not.toContain('hunter22');
    expect(text).toContain('@host/db');
  });

  it('is readable text if configured, and hides the same secrets', async () => {
    const text = await written({ logFormat: 'pretty', databaseUrl }, (logger) => logger.info(`hello ${databaseUrl}`));
    expect(text).toMatch(/INFO/);
    expect(text).toContain('hello ');
    expect(text).not.toMatch(/ss-word/);
  });
});
