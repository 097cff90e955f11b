import { generateKeyPairSync } from 'node:crypto';
import { exportJWK, generateKeyPair } from 'jose';
import { addKey, bearer } from '../support/access.js';
import { createDatabase } from '../support/database.js';
import { AUDIENCE, Issuer } from '../support/issuer.js';
import { Watcher } from '../support/watcher.js';

describe('tokens of an issuer', () => {
  let issuer: Issuer;
  let watcher: Watcher;
  beforeAll(async () => {
    issuer = await Issuer.start();
    watcher = await Watcher.start({ oidcIssuer: issuer.url, oidcAudience: AUDIENCE });
  });
  afterAll(async () => {
    await watcher.stop();
    await issuer.stop();
  });

  const statuses = async (token: string): Promise<number[]> => [
    (await watcher.get('/pipeline', bearer(token))).status,
    (await watcher.post('/pipeline', { name: 'x', pipeline_type_name: 't' }, bearer(token))).status,
    (await watcher.patch('/pipeline', { name: 'y', active: true }, bearer(token))).status,
  ];

  it.each([
    ['openid read', [200, 403, 403]],
    ['read write', [200, expect.any(Number), 403]],
    ['watcher:admin', [200, 200, 404]],
    ['administrator', [403, 403, 403]],
    [undefined, [403, 403, 403]],
    [['admin'], [403, 403, 403]],
  ])('allow the requests of their scope claim: %j', async (scope, expected) => {
    expect(await statuses(await issuer.token({ scope }))).toEqual(expected);
  });

  it('are refused if they are from another issuer, for another audience, expired, unsigned, or signed by another key', async () => {
    const scope = 'admin';
    const unsigned = [{ alg: 'none' }, { iss: issuer.url, aud: AUDIENCE, sub: 'x', exp: 9_999_999_999, scope }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const wrong = [
      await issuer.token({ scope, iss: 'https://issuer.example' }),
      await issuer.token({ scope, aud: 'another' }),
      await issuer.token({ scope, sub: undefined }),
      await issuer.token({ scope }, undefined, '1 minute ago'),
      await issuer.token({ scope }, await generateKeyPair('ES256')),
      `${unsigned}.`,
      `${(await issuer.token({ scope })).slice(0, -4)}AAAA`,
      'a.b.c',
    ];
    for (const token of wrong) {
      const answer = await watcher.get('/pipeline', bearer(token));
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    }
  });

  it.each<[string, unknown]>([
    ['a NUL', 'a\0b'],
    ['a control character', 'a\u001bb'],
    ['half a character', '\ud800'],
    ['a number', 5],
    ['an object', {}],
    ['an array', ['somebody']],
    ['nothing', ''],
    ['more than 255 characters', 'x'.repeat(256)],
  ])('are refused with %s for a subject', async (_, sub) => {
    const token = await issuer.token({ scope: 'admin', sub: sub as string });
    expect((await watcher.get('/pipeline', bearer(token))).status).toBe(401);
    const written = await watcher.post('/pipeline_type', { name: 'x' }, { ...bearer(token), 'idempotency-key': 'sub' });
    expect(written.status).toBe(401);
  });

  it('stand beside keys', async () => {
    const key = await addKey(watcher.database, 'read');
    expect((await watcher.get('/pipeline', bearer(key.text))).status).toBe(200);
  });

  it('are taken whatever else is in the set of keys, and whether they say which of them is theirs', async () => {
    const weak = await exportJWK(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey);
    const spare = await generateKeyPair('ES256');
    const rsa = await generateKeyPair('RS256');
    issuer.otherKeys = [
      { ...weak, kid: 'weak', alg: 'RS256', use: 'sig' },
      null,
      'key',
      { kty: 'EC' },
      { kty: 'EC', kid: 'broken', crv: 'P-256', x: 'AA', y: 'AA', alg: 'ES256', use: 'sig' },
      { ...(await exportJWK(spare.publicKey)), kid: 'spare', alg: 'ES256', use: 'sig' },
      { ...(await exportJWK(rsa.publicKey)), kid: 'rsa', alg: 'RS256', use: 'sig' },
    ];
    const other = await Watcher.start({ oidcIssuer: issuer.url, oidcAudience: AUDIENCE });
    const status = async (token: string): Promise<number> => (await other.get('/pipeline', bearer(token))).status;
    const claims = { scope: 'read' };
    expect(await status(await issuer.token(claims))).toBe(200);
    expect(await status(await issuer.token(claims, undefined, '1 minute', { kid: undefined }))).toBe(200);
    expect(await status(await issuer.token(claims, rsa, '1 minute', { alg: 'RS256', kid: undefined }))).toBe(200);
    expect(await status(await issuer.token(claims, rsa, '1 minute', { alg: 'RS256', kid: 'weak' }))).toBe(401);
    expect(await status(await issuer.token(claims, undefined, '1 minute', { kid: 'broken' }))).toBe(401);
    expect(
      await status(await issuer.token(claims, await generateKeyPair('ES256'), '1 minute', { kid: undefined })),
    ).toBe(401);
    issuer.otherKeys = [];
    await other.stop();
  });

  it('cannot be checked while the issuer does not answer, and can when it is back', async () => {
    const database = await createDatabase();
    const other = await Watcher.start({ oidcIssuer: issuer.url, oidcAudience: AUDIENCE }, database);
    const token = await issuer.token({ scope: 'read' });
    issuer.isDown = true;
    expect(await other.get('/pipeline', bearer(token))).toMatchObject({
      status: 503,
      body: { code: 'issuer_unavailable' },
    });
    issuer.isDown = false;
    expect((await other.get('/pipeline', bearer(token))).status).toBe(200);
    await other.stop();
  });
});
