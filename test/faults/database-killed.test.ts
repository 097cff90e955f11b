import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectKept, expectNoLeak, PROMISED_MS, untilRecovered } from './support/checks.js';
import { Client } from './support/client.js';
import { report } from './support/ledger.js';
import { Load } from './support/load.js';
import { describeOwnServer } from './support/own-server.js';
import { openDatabase, type Postgres, postmasterOf, temporaryFolder, untilThere } from './support/postgres.js';
import { Random } from './support/random.js';
import { Service } from './support/service.js';

const seed = Random.seed();
const random = new Random(seed);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let service: Service;
let client: Client;
let database: Postgres;
let load: Load;
const recoveries: number[] = [];

/** The service as `npm start` runs it: with the embedded server under its control. */
beforeAll(async () => {
  folder = await temporaryFolder();
  service = await Service.start({ WATCHER_DATA_DIR: folder.path });
  client = new Client(service.url, 4);
  database = openDatabase((await readFile(join(folder.path, 'database.url'), 'utf8')).trim());
  load = new Load(service.url, random);
});
afterAll(async () => {
  load.close();
  client.close();
  await database.close();
  await service.close();
  await folder.remove();
  const slowest = Math.round(Math.max(...recoveries));
  report(`database killed, seed ${seed}: ${load.ledger.summary()}; recovery took ${slowest} ms at most`);
});

describeOwnServer('the death of PostgreSQL under load', () => {
  it.each([
    ['kill -9', 'SIGKILL'],
    ['immediate stop', 'SIGQUIT'],
    ['kill -9', 'SIGKILL'],
    ['immediate stop', 'SIGQUIT'],
    ['kill -9', 'SIGKILL'],
  ] as const)('loses nothing, and the service recovers by itself: %s', async (_, signal) => {
    await load.run();
    await sleep(500 + random.below(500));
    process.kill(await postmasterOf(folder.path), signal);
    await untilThere(database.url);
    const recovery = await untilRecovered(service, client);
    recoveries.push(recovery);
    expect(recovery).toBeLessThan(PROMISED_MS);
    await load.settle();
    await expectKept(database, load.ledger);
    await expectNoLeak(database);
  });
});

describeOwnServer('the death of the service with its own PostgreSQL', () => {
  it.each([1, 2])('leaves a server behind, which the next start replaces: kill %i', async () => {
    await load.run();
    await sleep(500);
    await service.end('SIGKILL');
    await service.restart();
    await load.settle();
    await expectKept(database, load.ledger);
    await expectNoLeak(database);
  });
});
