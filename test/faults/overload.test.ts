import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectKept, expectNoLeak } from './support/checks.js';
import { Client, type Reply } from './support/client.js';
import { report } from './support/ledger.js';
import { Load } from './support/load.js';
import { type Postgres, startPostgres } from './support/postgres.js';
import { Random } from './support/random.js';
import { Service } from './support/service.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const AT_ONCE = 10_000;
/** The limit with 10,000 connections open; most of the memory is theirs. */
const MOST_MEGABYTES = 768;
/** The memory that a few hundred slow clients may use. */
const SLOW_MEGABYTES = 250;

const seed = Random.seed();

let database: Postgres;
let service: Service;

beforeEach(async () => {
  database = await startPostgres();
});
afterEach(async () => {
  await service.close();
  await database.close();
});

/** The peak memory of the service during some work. */
async function peakMegabytes(work: () => Promise<void>): Promise<number> {
  let peak = service.megabytes();
  const look = setInterval(() => (peak = Math.max(peak, service.megabytes())), 50);
  try {
    await work();
  } finally {
    clearInterval(look);
  }
  return Math.round(peak);
}

/** Normal clients at a moderate pace are all served; their data is stored. */
async function expectNormalService(during: () => Promise<unknown>): Promise<void> {
  const load = new Load(service.url, new Random(seed), { workers: 8, pauseMs: 10 });
  await load.run();
  await during();
  await load.settle();
  load.close();
  report(`normal service, seed ${seed}: ${load.ledger.summary()}`);
  expect(load.ledger.acknowledged).toBeGreaterThan(50);
  expect({ refused: load.ledger.refused, unanswered: load.ledger.unanswered }).toEqual({ refused: 0, unanswered: 0 });
  await expectKept(database, load.ledger);
  await expectNoLeak(database);
}

describe('10,000 requests at once', () => {
  it('twice: the excess is refused with 503, memory is bounded, and service is normal afterwards', async () => {
    service = await Service.start({ DATABASE_URL: database.url });
    const crowd = new Client(service.url, AT_ONCE, 60_000);
    const { body: pipeline } = await crowd.post('/pipeline', { name: 'crowd', pipeline_type_name: 'faults' });
    await crowd.prepare(AT_ONCE);
    const answers: Reply[] = [];
    const peak = await peakMegabytes(async () => {
      for (let wave = 0; wave < 2; wave++) {
        const replies = Array.from({ length: AT_ONCE }, () =>
          crowd.post('/start_pipeline_execution', { pipeline_id: pipeline.id }),
        );
        answers.push(...(await Promise.all(replies)));
      }
    });
    crowd.close();
    const started = answers.filter(({ status }) => status === 201);
    const refused = answers.filter(
      ({ status, headers, body }) => status === 503 && headers['retry-after'] === '1' && body.code === 'overloaded',
    );
    report(`${answers.length} requests at once: ${started.length} done, ${refused.length} refused, ${peak} MB at most`);
    expect(started.length + refused.length).toBe(2 * AT_ONCE);
    expect(started.length).toBeGreaterThan(0);
    expect(refused.length).toBeGreaterThan(0);
    expect(peak).toBeLessThan(MOST_MEGABYTES);
    // Refused requests had no effect.
    const stored = await database.sql<{ id: number }>('SELECT id::int FROM pipeline_execution');
    expect(new Set(stored.map(({ id }) => id))).toEqual(new Set(started.map(({ body }) => body.id)));
    await database.sql('TRUNCATE pipeline, pipeline_type, pipeline_execution, pipeline_execution_closure CASCADE');
    await expectNormalService(() => sleep(2000));
  });
});

const HEAD = 'POST /pipeline HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';

describe('slow, endless and vanished clients', () => {
  it('do not affect the others, and are disconnected', async () => {
    service = await Service.start({ DATABASE_URL: database.url, WATCHER_REQUEST_TIMEOUT: '2' });
    const proxy = await TcpProxy.to(service.url);
    const sockets: Socket[] = [];
    const speak = (text: string, port = Number(new URL(service.url).port)): Socket => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined).write(text);
      sockets.push(socket);
      return socket;
    };
    const before = service.megabytes();
    const peak = await peakMegabytes(() =>
      expectNormalService(async () => {
        const cutOff = [
          ...Array.from({ length: 150 }, () => speak('GET /pipeline HTTP/1.1\r\nhost: localhost\r\nx-slow: ')),
          ...Array.from({ length: 150 }, () => speak(`${HEAD}content-length: 1000\r\n\r\n{"name"`)),
          ...Array.from({ length: 20 }, () => endless(speak(`${HEAD}transfer-encoding: chunked\r\n\r\n`), 1)),
          ...Array.from({ length: 20 }, () => endless(speak(`${HEAD}transfer-encoding: chunked\r\n\r\n`), 65_536)),
        ].map((socket) => new Promise((resolve) => socket.resume().once('close', resolve)));
        // These sent a request and vanished: no packet closes their connections.
        for (let i = 0; i < 100; i++)
          speak('GET /pipeline_execution?limit=1000 HTTP/1.1\r\nhost: localhost\r\n\r\n', proxy.port);
        await sleep(500);
        proxy.hang();
        await Promise.all(cutOff);
      }),
    );
    report(`${sockets.length} slow, endless or vanished clients: ${Math.round(peak - before)} MB`);
    expect(peak - before).toBeLessThan(SLOW_MEGABYTES);
    await proxy.close();
    for (const socket of sockets) socket.destroy();
  });

  /** Sends an endless body, in chunks of the given size, until it is disconnected. */
  function endless(socket: Socket, chunkBytes: number): Socket {
    const chunk = `${chunkBytes.toString(16)}\r\n${' '.repeat(chunkBytes)}\r\n`;
    const sending = setInterval(() => socket.write(chunk), chunkBytes === 1 ? 200 : 5);
    return socket.once('close', () => clearInterval(sending));
  }
});
