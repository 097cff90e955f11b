import { addKey } from '../support/access.js';
import { axe, Console, settled, shoot } from '../support/browser.js';
import { createDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { Watcher } from '../support/watcher.js';

let watcher: Watcher;
let browser: Console;
let reader: { id: string; text: string };
let writer: { id: string; text: string };
beforeAll(async () => {
  const database = await createDatabase();
  reader = await addKey(database, 'read', 'reader');
  writer = await addKey(database, 'write', 'writer');
  watcher = await Watcher.start({}, database);
  browser = await Console.start(watcher.url);
  const headers = { authorization: `Bearer ${writer.text}` };
  const { body } = await watcher.post('/pipeline', { name: 'broken', pipeline_type_name: 't' }, headers);
  const started = await watcher.post('/start_pipeline_execution', { pipeline_id: body.id }, headers);
  await watcher.post('/end_pipeline_execution', { id: started.body.id, completed_successfully: false }, headers);
});
afterAll(async () => {
  await browser.stop();
  await watcher.stop();
});
afterEach(async () => {
  expect(await browser.complaints()).toEqual([]);
});

it('asks for a key, says that one is wrong, and shows everything to a reader but the means to change it', async () => {
  const page = await browser.open('/', { mayFail: true });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await shoot(page, `login-${colorScheme}`);
    expect(await axe(page)).toEqual([]);
  }
  await page.getByLabel('Key').fill('not-a-key');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Key').fill(reader.text);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.locator('.incidents li').waitFor();
  expect(await page.getByRole('button', { name: 'Acknowledge' }).count()).toBe(0);
  expect(await page.evaluate('document.cookie')).toBe('');
  expect(await page.evaluate('JSON.stringify({ ...localStorage, ...sessionStorage })')).not.toContain(reader.text);
  // The session outlives the page.
  await page.reload();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('Key').waitFor();
});

it('lets a writer acknowledge, and ends with the key', async () => {
  const page = await browser.open('/', { mayFail: true });
  await page.getByLabel('Key').fill(writer.text);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Acknowledge' }).click();
  await page.getByText('handled by writer').waitFor();
  await watcher.database.sql(`UPDATE api_key SET revoked_at = now() WHERE id = '${writer.id}'`);
  await page.getByLabel('Key').waitFor({ timeout: 60_000 });
});

it('a link opens what it names after the login', async () => {
  const page = await browser.open('/runs/1', { mayFail: true });
  await page.getByLabel('Key').fill(reader.text);
  await page.keyboard.press('Enter');
  await eventually(async () => expect(await page.locator('[role=row]').count()).toBe(1));
  await settled(page);
  expect(page.url()).toContain('/console/runs/1');
});
