import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from '../support/access.js';
import { type Answer, Watcher } from '../support/watcher.js';

const MB = 1024 * 1024;
const HEAD = 'POST /pipeline HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';

let watcher: Watcher;
let sockets: Socket[] = [];
/** What each of them has been answered. */
const statuses = new WeakMap<Socket, number>();
beforeAll(async () => {
  watcher = await Watcher.start();
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
});
afterAll(() => watcher.stop());

/** A client that sends so much and then nothing. */
async function stall(text: string | Buffer): Promise<Socket> {
  const { hostname, port } = new URL(watcher.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.on('data', (text) => statuses.set(socket, Number(text.toString('latin1', 9, 12))));
  sockets.push(socket);
  await once(socket, 'connect');
  await new Promise((resolve) => socket.write(text, resolve));
  return socket;
}

const register = (name: string): Promise<Answer> => watcher.post('/pipeline', { name, pipeline_type_name: 't' });

describe('clients that send slowly cost the others nothing', () => {
  it('200 with small bodies in chunks', async () => {
    const body = '{"name":"in chunks","pipeline_type_name":"t"}';
    const parts = [body.slice(0, 10), body.slice(10)].map((part) => `${part.length.toString(16)}\r\n${part}\r\n`);
    const begun = await Promise.all(
      Array.from({ length: 200 }, () => stall(`${HEAD}transfer-encoding: chunked\r\n\r\n${parts[0]}`)),
    );
    const others = await Promise.all(Array.from({ length: 100 }, (_, index) => register(`other ${index}`)));
    expect(others.map(({ status }) => status)).toEqual(Array(100).fill(201));
    for (const socket of begun) socket.write(`${parts[1]}0\r\n\r\n`);
    await until(async () => begun.every((socket) => statuses.has(socket)));
    const counted = Map.groupBy(begun, (socket) => statuses.get(socket));
    expect([counted.get(201)?.length, counted.get(200)?.length]).toEqual([1, 199]);
  });

  it('100 with nearly a whole body of the largest size, more than there is room for', async () => {
    const most = `${HEAD}content-length: ${MB}\r\n\r\n{"name":"${'x'.repeat(MB - 100)}`;
    const stalled = await Promise.all(Array.from({ length: 100 }, () => stall(most)));
    const given = Array.from({ length: 50 }, (_, index) => register(`beside ${index}`));
    const refusals = (await Promise.all(given)).filter(({ status }) => status !== 201);
    expect(refusals.filter(({ body }) => body.code === 'overloaded')).toEqual([]);
    const large = { name: 'large beside', pipeline_type_name: 't', x: 'x'.repeat(MB - 200) };
    expect((await watcher.post('/pipeline', large)).status).toBe(201);
    // Those that had not moved for longest gave way.
    const refused = (): (number | undefined)[] => stalled.map((socket) => statuses.get(socket));
    await until(async () => refused().filter((status) => status === 503).length > 30);
    expect(refused().filter((status) => status !== 503 && status !== undefined)).toEqual([]);
  });

  it('1,200 with a body that has begun, more than may be under way', async () => {
    await Promise.all(Array.from({ length: 1200 }, () => stall(`${HEAD}content-length: 1000\r\n\r\n{"name"`)));
    // No more at a time than there are connections to the database: a slow machine may let a read wait for one in vain.
    for (let round = 0; round < 10; round++) {
      const reads = await Promise.all(Array.from({ length: 5 }, () => watcher.get('/pipeline')));
      expect(reads.map(({ status }) => status)).toEqual(Array(5).fill(200));
    }
    expect((await register('among many')).status).toBe(201);
  });
});

describe('room for bodies', () => {
  it('is given back, however the requests end', async () => {
    for (let round = 0; round < 3; round++) {
      const half = `${HEAD}content-length: ${MB}\r\n\r\n{"name":"${'x'.repeat(MB / 2)}`;
      const some = await Promise.all(Array.from({ length: 60 }, () => stall(half)));
      for (const socket of some) socket.destroy();
    }
    const large = (index: number) => ({ name: `round ${index}`, pipeline_type_name: 't', x: 'x'.repeat(MB - 200) });
    const answers: number[] = [];
    for (let index = 0; index < 80; index++) answers.push((await watcher.post('/pipeline', large(index))).status);
    expect(answers).toEqual(Array(80).fill(201));
  });
});
