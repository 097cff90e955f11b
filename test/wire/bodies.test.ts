import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { addKey, bearer } from '../support/access.js';
import { type Json, Watcher } from '../support/watcher.js';

const MB = 1024 * 1024;
const JSON_TYPE = { 'content-type': 'application/json' };

let watcher: Watcher;
beforeAll(async () => {
  watcher = await Watcher.start();
});
afterAll(() => watcher.stop());

const socketTo = (url = watcher.url): Socket => {
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname);
};

/**
 * A client like those of Python and Go: it writes the whole body before it reads the answer, and reuses its connection.
 */
class Client {
  private readonly socket: Socket;
  private received = Buffer.alloc(0);

  constructor(url = watcher.url) {
    this.socket = socketTo(url);
    this.socket.setMaxListeners(0).on('data', (chunk) => (this.received = Buffer.concat([this.received, chunk])));
  }

  /** Sends a request, and returns its answer with the headers as text. Fails when the connection is closed. */
  async post(path: string, body: Buffer, headers: Record<string, string> = JSON_TYPE, chunked = false) {
    const length = chunked ? 'transfer-encoding: chunked' : `content-length: ${body.length}`;
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const sent = chunked
      ? [Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]
      : [body];
    const text = `POST ${path} HTTP/1.1\r\nhost: localhost\r\n${length}\r\n${head.join('')}\r\n`;
    await new Promise<void>((resolve, reject) => {
      this.socket.once('error', reject);
      this.socket.write(Buffer.concat([Buffer.from(text), ...sent]), () => resolve());
    });
    return this.answer();
  }

  close(): void {
    this.socket.destroy();
  }

  private async answer(): Promise<{ status: number; headers: string; body: Json }> {
    for (;;) {
      const [headers = '', rest] = this.received.toString('latin1').split('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(headers)?.[1] ?? NaN);
      if (rest !== undefined && rest.length >= length) {
        const start = headers.length + 4;
        const body = this.received.toString('utf8', start, start + length);
        this.received = this.received.subarray(start + length);
        return { status: Number(headers.slice(9, 12)), headers: headers.toLowerCase(), body: JSON.parse(body) };
      }
      if (this.socket.readyState !== 'open') throw new Error('the connection is closed');
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')]);
    }
  }
}

describe('a body that is refused', () => {
  const large = Buffer.from(JSON.stringify({ name: 'large', pipeline_type_name: 't', x: 'x'.repeat(10 * MB) }));

  it.each([
    ['with its length', false],
    ['in chunks', true],
  ])(
    'for its size is answered to a client that writes it all first, and the connection stays: %s',
    async (_, chunked) => {
      const client = new Client();
      for (let time = 0; time < 3; time++) {
        const { status, body } = await client.post('/pipeline', large, JSON_TYPE, chunked);
        expect([status, body.code]).toEqual([413, 'body_too_large']);
      }
      const { status } = await client.post('/pipeline', Buffer.from('{"name":"small","pipeline_type_name":"t"}'));
      expect(status).toBeLessThan(300);
      client.close();
    },
  );

  it('for its size is answered to fetch', async () => {
    const answer = await watcher.send('POST', '/pipeline', large, JSON_TYPE);
    expect([answer.status, answer.body.code]).toEqual([413, 'body_too_large']);
  });

  it('for its type, its syntax or its path keeps the connection too', async () => {
    const client = new Client();
    const answers = [
      await client.post('/pipeline', large, { 'content-type': 'text/plain' }),
      await client.post('/pipeline', Buffer.from('{"name')),
      await client.post('/nowhere', large),
      await client.post('/pipeline', Buffer.from('{}')),
    ];
    expect(answers.map(({ status }) => status)).toEqual([415, 400, 404, 422]);
    for (const { headers } of answers) expect(headers).not.toContain('connection: close');
    client.close();
  });

  it('for its key is answered to a client that writes it all first', async () => {
    const closed = await Watcher.start();
    const key = await addKey(closed.database, 'read');
    const client = new Client(closed.url);
    const answers = [
      await client.post('/pipeline', large),
      await client.post('/pipeline', large, { ...JSON_TYPE, ...bearer(key.text) }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 403]);
    client.close();
    await closed.stop();
  });

  it('and does not end is cut off at last, without a second answer', async () => {
    const impatient = await Watcher.start({ requestTimeout: 2 });
    const socket = socketTo(impatient.url);
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => (received += text));
    socket.on('error', () => undefined);
    socket.write(
      `POST /pipeline HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${20 * MB}\r\n\r\n{`,
    );
    await once(socket, 'close');
    await impatient.stop();
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413']);
  });

  it('and is endless is read up to a bound', async () => {
    const socket = socketTo();
    socket.on('error', () => undefined).resume();
    socket.write(
      'POST /pipeline HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, 'x'), Buffer.from('\r\n')]);
    let goOn = (): void => undefined;
    socket.on('drain', () => goOn()).on('close', () => goOn());
    while (socket.readyState !== 'closed') {
      // No faster than the service reads: what waits in this process counts as written.
      if (!socket.write(chunk)) await new Promise<void>((resolve) => (goOn = resolve));
    }
    expect(socket.bytesWritten).toBeGreaterThan(32 * MB);
    expect(socket.bytesWritten).toBeLessThan(128 * MB);
  });
});

describe('a compressed body', () => {
  const send = (body: Uint8Array<ArrayBuffer>, headers = {}) =>
    watcher.send('POST', '/pipeline', body, { ...JSON_TYPE, 'content-encoding': 'gzip', ...headers });

  it.each(['gzip', 'GZIP', 'x-gzip'])('is read: %s', async (encoding) => {
    const { status } = await send(gzipSync('{"name":"zipped","pipeline_type_name":"t","pipeline_metadata":{"ä":1}}'), {
      'content-encoding': encoding,
    });
    expect(status).toBeLessThan(300);
    expect((await watcher.get('/pipeline?name=zipped')).body[0].pipeline_metadata).toEqual({ ä: 1 });
  });

  it('is the same request as the plain one to its Idempotency-Key', async () => {
    const text = '{"name":"once","pipeline_type_name":"t"}';
    const key = { 'idempotency-key': 'zipped or not' };
    const first = await send(gzipSync(text), key);
    const second = await watcher.send('POST', '/pipeline', text, { ...JSON_TYPE, ...key });
    expect([first.status, second.status, second.headers.get('idempotency-replayed')]).toEqual([201, 201, 'true']);
  });

  it('is limited by its inflated size, and a bomb is cut', async () => {
    const edge = (length: number) => gzipSync(`{"name":"edge","pipeline_type_name":"t","x":"${'x'.repeat(length)}"}`);
    expect((await send(edge(MB - 100))).status).toBeLessThan(300);
    expect(await send(edge(MB))).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
    const bomb = gzipSync(Buffer.alloc(500 * MB, ' '));
    const before = process.memoryUsage().rss;
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(bomb)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(413));
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * MB);
  });

  it('that is not gzip is 400, and another encoding 415', async () => {
    const whole = gzipSync('{"name":"broken","pipeline_type_name":"t"}');
    for (const broken of [Buffer.from('{"name":"a"}'), whole.subarray(0, -9), Buffer.from([0x1f, 0x8b])]) {
      expect(await send(broken)).toMatchObject({ status: 400, body: { code: 'malformed_gzip' } });
    }
    const other = await send(whole, { 'content-encoding': 'br' });
    expect(other).toMatchObject({ status: 415, body: { code: 'unsupported_encoding' } });
    expect(other.headers.get('accept-encoding')).toBe('gzip, deflate');
    expect((await watcher.get('/pipeline?name=broken')).body).toEqual([]);
  });

  it('may be uncompressed: identity', async () => {
    const answer = await watcher.send('POST', '/pipeline', '{"name":"plain","pipeline_type_name":"t"}', {
      ...JSON_TYPE,
      'content-encoding': 'identity',
    });
    expect(answer.status).toBe(201);
  });
});

describe('a byte order mark', () => {
  it('may begin a body, plain or compressed, but not end it', async () => {
    const text = '\ufeff{"name":"marked","pipeline_type_name":"t"}';
    const send = (body: string | Uint8Array<ArrayBuffer>, headers = {}) =>
      watcher.send('POST', '/pipeline', body, { ...JSON_TYPE, ...headers });
    expect((await send(text)).status).toBe(201);
    expect((await send(gzipSync(text), { 'content-encoding': 'gzip' })).status).toBe(200);
    expect((await send(`\ufeff${text}`)).status).toBe(400);
    expect((await send(text.slice(1) + '\ufeff')).status).toBe(400);
  });
});

describe('an empty body', () => {
  const types = [
    undefined,
    'application/json',
    'application/x-www-form-urlencoded',
    'text/plain',
    'multipart/form-data; boundary=x',
    'nonsense',
  ];

  it.each(types)('means {} where every field is optional: %s', async (type) => {
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
    for (const body of ['', undefined]) {
      expect(await watcher.send('POST', '/freshness', body, headers)).toMatchObject({
        status: 200,
        body: { status: 'completed' },
      });
    }
    expect(await watcher.send('POST', '/pipeline', '', headers)).toMatchObject({
      status: 400,
      body: { code: 'body_missing' },
    });
  });

  it('may come in chunks', async () => {
    for (const type of ['application/json', 'application/x-www-form-urlencoded']) {
      const socket = socketTo();
      socket.write(
        `POST /timeliness HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      );
      const answer = Buffer.concat(await socket.toArray()).toString();
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    }
  });
});
