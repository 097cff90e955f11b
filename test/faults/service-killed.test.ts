import { setTimeout as sleep } from 'node:timers/promises';
import { expectKept, expectNoLeak } from './support/checks.js';
import { report } from './support/ledger.js';
import { Load } from './support/load.js';
import { type Postgres, startPostgres } from './support/postgres.js';
import { Random } from './support/random.js';
import { Service } from './support/service.js';

const seed = Random.seed();
const random = new Random(seed);

let database: Postgres;
let service: Service;
let load: Load;

beforeAll(async () => {
  database = await startPostgres();
  service = await Service.start({ DATABASE_URL: database.url });
  load = new Load(service.url, random);
});
afterAll(async () => {
  load.close();
  await service.close();
  await database.close();
  report(`service killed, seed ${seed}: ${load.ledger.summary()}`);
});

describe('kill -9 of the service under load', () => {
  it.each(Array.from({ length: 10 }, (_, index) => index + 1))(
    'loses nothing and duplicates nothing: kill %i',
    async () => {
      await load.run();
      await sleep(300 + random.below(500));
      expect(await service.end('SIGKILL')).toMatchObject({ outcome: 'SIGKILL' });
      await service.restart();
      await load.settle();
      await expectKept(database, load.ledger);
      await expectNoLeak(database);
    },
  );
});
