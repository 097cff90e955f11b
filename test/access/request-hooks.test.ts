import { connect, type Socket } from 'node:net';
import { DataSource } from 'typeorm';
import { REQUEST_HOOKS } from '../../src/app/request-hooks.js';
import { eventually } from '../support/eventually.js';
import { Watcher } from '../support/watcher.js';

const KEY = 'a-key-of-the-operator';

/** Sends the head of a POST that announces a body, and only `sent` of the body; returns the answer so far. */
function announce(url: string, headers: readonly string[], sent = ''): { socket: Socket; received: () => string } {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
  const head = ['POST /start_pipeline_execution HTTP/1.1', 'Host: watcher', 'Content-Type: application/json'];
  socket.write([...head, 'Content-Length: 1000', ...headers, '', sent].join('\r\n'));
  return { socket, received: () => received };
}

/** The list has the reason for each position; a change of the order changes the behaviour tested below. */
it('the hooks run in this order', () => {
  expect(REQUEST_HOOKS.map(({ name }) => name)).toEqual([
    'request context',
    'trace',
    'request id and answers',
    'security headers',
    'request log',
    'connection close',
    'overload and body',
    'start page',
    'access',
    'known fields',
    'compression',
    'room for large answers',
    'idempotency',
  ]);
});

describe('a refusal before the body', () => {
  let watcher: Watcher;
  beforeAll(async () => {
    watcher = await Watcher.start({ adminKey: KEY, maxPending: 1 });
  });
  afterAll(() => watcher.stop());

  const headed = {
    'x-request-id': 'refused-early',
    'x-content-type-options': 'nosniff',
    'content-type': expect.stringContaining('application/problem+json') as string,
  };

  it('needs no byte of the body if no key is sent', async () => {
    const { socket, received } = announce(watcher.url, ['X-Request-Id: refused-early']);
    await eventually(() => expect(received()).toMatch(/^HTTP\/1\.1 401 [^]*"code":"unauthenticated"/));
    for (const name of Object.keys(headed)) expect(received().toLowerCase()).toContain(`${name}: `);
    socket.destroy();
  });

  it('has the request id and the security headers if the key is wrong', async () => {
    const answer = await watcher.get('/pipeline', { 'x-request-id': 'refused-early', authorization: 'Bearer wrong' });
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(Object.fromEntries(answer.headers)).toMatchObject(headed);
  });

  it('is for overload first, and has the same headers: the key of a shed request is not looked up', async () => {
    const runner = watcher.app.get(DataSource).createQueryRunner();
    await runner.startTransaction();
    await runner.query('LOCK TABLE pipeline IN ACCESS EXCLUSIVE MODE');
    const waiting = watcher.get('/pipeline', { authorization: `Bearer ${KEY}` });
    const answer = await eventually(async () => {
      const shed = await watcher.get('/pipeline', { 'x-request-id': 'refused-early' });
      expect(shed).toMatchObject({ status: 503, body: { code: 'overloaded' } });
      return shed;
    });
    expect(Object.fromEntries(answer.headers)).toMatchObject(headed);
    await runner.rollbackTransaction();
    await runner.release();
    // A slow machine may have refused it in the meantime, for waiting for the lock.
    expect([200, 503]).toContain((await waiting).status);
    await eventually(async () => expect((await watcher.get('/pipeline')).status).toBe(401));
  });

  it('comes before the check of the Idempotency-Key', async () => {
    const answer = await watcher.post('/pipeline', { name: 'x' }, { 'idempotency-key': 'k'.repeat(300) });
    expect(answer.status).toBe(401);
    const known = await watcher.post(
      '/pipeline',
      { name: 'x', pipeline_type_name: 'y' },
      { 'idempotency-key': 'k'.repeat(300), authorization: `Bearer ${KEY}` },
    );
    expect(known.status).toBe(422);
  });
});
