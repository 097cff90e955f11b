import { hashOf, newKey } from '../../src/platform/auth/api-key.js';
import type { Scope } from '../../src/platform/auth/caller.js';
import { DataSource } from 'typeorm';
import { runKeyCommand } from '../../src/platform/auth/api-key.command.js';
import { addKey, bearer, until } from '../support/access.js';
import { createDatabase } from '../support/database.js';
import { Service } from '../support/service.js';
import { Watcher } from '../support/watcher.js';

const ADMIN_KEY = 'the-first-key-of-this-installation';

describe('keys', () => {
  let watcher: Watcher;
  let keys: Record<Scope, string>;

  beforeAll(async () => {
    const database = await createDatabase();
    keys = {
      read: (await addKey(database, 'read')).text,
      write: (await addKey(database, 'write')).text,
      admin: (await addKey(database, 'admin')).text,
    };
    watcher = await Watcher.start({ adminKey: ADMIN_KEY }, database);
  });
  afterAll(() => watcher.stop());

  it.each<[string, Record<string, string>]>([
    ['no header', {}],
    ['an empty one', { authorization: '' }],
    ['no key', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: 'Token abc' }],
    ['a key as Basic password', { authorization: `Basic ${Buffer.from(`me:${ADMIN_KEY}`).toString('base64')}` }],
    ['an unknown key', bearer(newKey().text)],
    ['nonsense', bearer('x'.repeat(5000))],
    ['NULs', bearer('watcher_\u00ff')],
  ])('are required: %s is 401', async (_, headers) => {
    const answer = await watcher.get('/pipeline', headers);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="watcher"/);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ code: 'unauthenticated', status: 401 });
    expect(answer.headers.get('x-request-id')).toBe(answer.body.request_id);
  });

  it('allow the requests of their scope; a refusal names the missing scope', async () => {
    const body = { name: 'Scoped', pipeline_type_name: 'test' };
    const statuses = async (key: string) => ({
      get: (await watcher.get('/pipeline', bearer(key))).status,
      post: (await watcher.post('/pipeline', body, bearer(key))).status,
      patch: (await watcher.patch('/pipeline', { name: 'Scoped', active: true }, bearer(key))).status,
    });
    expect(await statuses(keys.admin)).toEqual({ get: 200, post: 201, patch: 200 });
    expect(await statuses(keys.write)).toEqual({ get: 200, post: 200, patch: 403 });
    expect(await statuses(keys.read)).toEqual({ get: 200, post: 403, patch: 403 });
    expect(await statuses(ADMIN_KEY)).toEqual({ get: 200, post: 200, patch: 200 });

    const refused = await watcher.post('/pipeline', body, bearer(keys.read));
    expect(refused.body).toMatchObject({ code: 'insufficient_scope', detail: expect.stringContaining("'write'") });
    expect(refused.headers.get('www-authenticate')).toContain('scope="write"');
  });

  it('are checked before the body is read', async () => {
    const answer = await watcher.send('POST', '/pipeline', '{"broken', { 'content-type': 'application/json' });
    expect(answer.status).toBe(401);
  });

  it('are not required for health, nor for unknown paths', async () => {
    for (const path of ['/', '/health', '/health/live', '/health/ready']) {
      expect(await watcher.get(path)).toMatchObject({ status: 200 });
    }
    expect((await watcher.get('/nowhere')).status).toBe(404);
  });

  it('open the documentation; a browser may send them as a password', async () => {
    const anonymous = await watcher.get('/docs');
    expect(anonymous.status).toBe(401);
    expect(anonymous.headers.get('www-authenticate')).toMatch(/Bearer .*Basic /);
    const basic = { authorization: `Basic ${Buffer.from(`:${keys.read}`).toString('base64')}` };
    expect((await watcher.get('/docs-json', basic)).status).toBe(200);
    expect((await watcher.get('/docs-json', bearer(keys.read))).status).toBe(200);
  });

  it.each<[string, Record<string, unknown>, number]>([
    ['a watermark', { watermark: 'w' }, 200],
    ['a next_watermark', { next_watermark: 5 }, 200],
    ['load_lineage', { load_lineage: true }, 200],
    [
      'all three, by name',
      { id: undefined, name: 'reported', watermark: null, next_watermark: null, load_lineage: false },
      200,
    ],
    ['nothing', {}, 200],
    ['a watermark and what nobody knows', { watermark: 'w', unknown_field: 1 }, 200],
    ['active', { active: true }, 403],
    ['a watermark and active', { watermark: 'w', active: false }, 403],
    ['metadata', { pipeline_metadata: null }, 403],
    ['a threshold', { freshness_number: null }, 403],
    ['a mute flag', { mute_timeliness_check: true }, 403],
    ['a last_target_*', { last_target_insert: null }, 403],
    ['a new name', { name: 'renamed' }, 403],
    ['the type', { pipeline_type_id: 1 }, 403],
  ])('of scope write may PATCH what pipelines do themselves: %s', async (_, change, expected) => {
    const registered = await watcher.post(
      '/pipeline',
      { name: 'Reported', pipeline_type_name: 'test' },
      bearer(keys.write),
    );
    const { id } = registered.body;
    const before = (await watcher.get(`/pipeline/${id}`, bearer(keys.read))).body;
    const answer = await watcher.patch('/pipeline', { id, ...change }, bearer(keys.write));
    expect(answer.status).toBe(expected);
    if (expected === 200) return;
    expect(answer.body).toMatchObject({ code: 'insufficient_scope', detail: expect.stringContaining("'admin'") });
    expect(answer.headers.get('www-authenticate')).toContain('scope="admin"');
    expect((await watcher.get(`/pipeline/${id}`, bearer(keys.read))).body).toEqual(before);
    expect((await watcher.patch('/pipeline', { id, ...change }, bearer(keys.admin))).status).not.toBe(403);
    await watcher.patch('/pipeline', { id, name: 'Reported' }, bearer(keys.admin));
  });

  it('stop working when they are revoked', async () => {
    const { id, text } = await addKey(watcher.database, 'read', 'short-lived');
    expect((await watcher.get('/pipeline', bearer(text))).status).toBe(200);
    await watcher.database.sql('UPDATE api_key SET revoked_at = now() WHERE id = $1', [id]);
    await until(async () => (await watcher.get('/pipeline', bearer(text))).status === 401);
  });

  it('record their last use, to the hour', async () => {
    const { id, text } = await addKey(watcher.database, 'read', 'in use');
    const lastUsed = async () =>
      (
        await watcher.database.sql<{ last_used_at: Date | null }>('SELECT last_used_at FROM api_key WHERE id = $1', [
          id,
        ])
      )[0]?.last_used_at;
    expect(await lastUsed()).toBeNull();
    await watcher.get('/pipeline', bearer(text));
    await until(async () => (await lastUsed()) !== null);
  });

  it('never appear in the answers', async () => {
    const answers = await Promise.all([
      watcher.get('/pipeline', bearer(`${keys.read}x`)),
      watcher.patch('/pipeline', {}, bearer(keys.read)),
      watcher.get('/docs-json', bearer(keys.read)),
    ]);
    for (const { body } of answers) {
      const text = JSON.stringify(body);
      expect(text).not.toContain(keys.read);
      expect(text).not.toContain(ADMIN_KEY);
      expect(text).not.toContain(hashOf(keys.read));
    }
  });
});

describe('a service without a key', () => {
  it('is open on loopback, until the first key is made', async () => {
    const watcher = await Watcher.start();
    expect((await watcher.patch('/pipeline_type', { id: 1, name: 'x' })).status).toBe(404);
    const { id, text } = await addKey(watcher.database, 'admin');
    await until(async () => (await watcher.get('/pipeline')).status === 401);
    expect((await watcher.get('/pipeline', bearer(text))).status).toBe(200);
    // Revoking the last key must not open the service again.
    await watcher.database.sql('UPDATE api_key SET revoked_at = now() WHERE id = $1', [id]);
    await until(async () => (await watcher.get('/pipeline', bearer(text))).status === 401);
    expect((await watcher.get('/pipeline')).status).toBe(401);
    await watcher.stop();
  });

  it('does not start on a public address', async () => {
    const database = await createDatabase();
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'watcher.example']) {
      await expect(Watcher.start({ host }, database)).rejects.toThrow(/^HOST got '.*npm run key.*WATCHER_AUTH=off/);
    }
    await database.drop();
  });

  it.each([
    ['with a key in the database', {}, 401],
    ['with WATCHER_ADMIN_KEY', { adminKey: ADMIN_KEY }, 401],
    ['with WATCHER_AUTH=off', { auth: false }, 200],
  ])('starts on a public address %s', async (name, config, status) => {
    const database = await createDatabase();
    if (name.includes('database')) await addKey(database, 'admin');
    const watcher = await Watcher.start({ host: '0.0.0.0', ...config }, database);
    expect((await watcher.get('/pipeline')).status).toBe(status);
    await watcher.stop();
  });

  it('does not start with only half of the OIDC settings', async () => {
    const database = await createDatabase();
    await expect(Watcher.start({ oidcIssuer: 'https://issuer.example' }, database)).rejects.toThrow(
      'OIDC_AUDIENCE is not set, but OIDC_ISSUER is: set both or neither',
    );
    await database.drop();
  });
});

describe('npm run key', () => {
  it('creates working keys, lists them without their text, and revokes them', async () => {
    const watcher = await Watcher.start();
    const run = (...args: string[]) => runKeyCommand(args, watcher.app.get(DataSource));

    const printed = await run('create', '--name', 'nightly', '--scope', 'write');
    const key = /^watcher_\S+/.exec(printed)?.[0] ?? '';
    await until(async () => (await watcher.get('/pipeline')).status === 401);
    expect((await watcher.get('/pipeline', bearer(key))).status).toBe(200);
    await expect(run('create', '--name', 'Nightly', '--scope', 'read')).rejects.toThrow('already');

    await run('create', '--name', 'un\u200bseen', '--scope', 'read');
    await expect(run('create', '--name', 'UN\u200bSEEN', '--scope', 'read')).rejects.toThrow('already');
    await expect(run('create', '--name', 'a\u001b[2Jb', '--scope', 'read')).rejects.toThrow('control character');
    const listed = await run('list');
    expect(listed).toContain('un\\u200bseen');
    expect(listed).toMatch(/write .* active +nightly/);
    expect(listed).not.toContain(key);
    expect(listed).not.toContain(hashOf(key));
    const [row] = await watcher.database.sql('SELECT * FROM api_key');
    expect(JSON.stringify(row)).not.toContain(key.slice(21));

    expect(await run('revoke', 'UN\u200bSEEN')).toContain("'un\\u200bseen'");
    await expect(run('revoke', 'nightly')).rejects.toThrow(/is not revoked: it is the last key, and without one every/);
    await run('create', '--name', 'boss', '--scope', 'admin');
    expect(await run('revoke', 'nightly')).toContain('is revoked');
    expect(await run('list')).toMatch(/revoked \d{4}-\S+ +nightly/);
    await expect(run('revoke', 'nightly')).rejects.toThrow('no active key');

    await run('create', '--name', 'reader', '--scope', 'read');
    await expect(run('revoke', 'Boss')).rejects.toThrow(
      /is not revoked: it is the last key with scope admin: .*--force/,
    );
    expect(await run('revoke', 'boss', '--force')).toMatch(/is revoked.*\n\nAttention: it is the last key with scope/);
    expect(await run('revoke', 'reader', '--force')).toMatch(/Attention: it is the last key, and without one every/);
    await run('create', '--name', 'next boss', '--scope', 'admin');
    expect(await run('list')).toMatch(/admin .* active +next boss/);
    // The name is free again.
    await run('create', '--name', 'nightly', '--scope', 'read');
    await watcher.stop();
  });

  it.each([
    [[]],
    [['destroy']],
    [['create']],
    [['create', '--name', 'x']],
    [['create', '--name', 'x', '--scope', 'root']],
  ])('prints its usage: %j', async (args: string[]) => {
    const watcher = await Watcher.start();
    await expect(runKeyCommand(args, watcher.app.get(DataSource))).rejects.toThrow('usage: npm run key');
    await watcher.stop();
  });
});

describe('the log', () => {
  it('contains no key, whatever is sent', async () => {
    const database = await createDatabase();
    const key = (await addKey(database, 'read')).text;
    const wrong = newKey().text;
    const service = await Service.start({
      DATABASE_URL: database.url,
      WATCHER_ADMIN_KEY: ADMIN_KEY,
      LOG_LEVEL: 'debug',
      LOG_FORMAT: 'json',
    });
    for (const token of [key, wrong, ADMIN_KEY]) {
      for (const path of ['/pipeline', '/nowhere', '/pipeline/x', '/docs-json']) {
        await fetch(`${service.url}${path}`, { headers: bearer(token) });
      }
    }
    const lines = () => service.stdout.split('\n').filter((line) => line.includes('"route"'));
    await until(() => Promise.resolve(lines().length === 12));
    for (const secret of [key, wrong, ADMIN_KEY, hashOf(key), new URL(database.url).password]) {
      expect(service.stdout + service.stderr).not.toContain(secret);
    }
    await service.kill();
    await database.drop();
  });
});
