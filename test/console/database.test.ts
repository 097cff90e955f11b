import { setTimeout as sleep } from 'node:timers/promises';
import { postmasterOf, temporaryFolder } from '../faults/support/postgres.js';
import { Console } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { Service } from '../support/service.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let service: Service;
let browser: Console;

/** The service as `npm start` runs it: with the embedded server under its control. */
beforeAll(async () => {
  folder = await temporaryFolder();
  service = await Service.start({ WATCHER_DATA_DIR: folder.path });
  browser = await Console.start(service.url);
});
afterAll(async () => {
  await browser.stop();
  service.signal('SIGTERM');
  await service.ended;
  await folder.remove();
});

it('says that the database has died, keeps what it knows, and shows what comes after', async () => {
  const register = await service.post('/pipeline', { name: 'before', pipeline_type_name: 'loads' });
  const { id } = (await register.json()) as { id: number };
  expect((await service.post('/start_pipeline_execution', { pipeline_id: id })).status).toBe(201);
  const page = await browser.open('/', { mayFail: true });
  const running = page.locator('ul.running li');
  await running.getByText('before').waitFor();

  // The service starts the server again each time, within a second or two.
  const enough = new AbortController();
  const kills = (async () => {
    for (let killed = 0; !enough.signal.aborted; await sleep(100)) {
      const postmaster = await postmasterOf(folder.path).catch(() => killed);
      if (postmaster !== killed) process.kill(postmaster, 'SIGKILL');
      killed = postmaster;
    }
  })();
  await page.locator('.away').waitFor({ timeout: 60_000 });
  expect(await running.count()).toBe(1);
  enough.abort();
  await kills;

  await page.locator('.away').waitFor({ state: 'detached', timeout: 60_000 });
  await eventually(async () => {
    expect((await service.post('/start_pipeline_execution', { pipeline_id: id })).status).toBe(201);
  });
  await eventually(async () => expect(await running.count()).toBe(2));
});
