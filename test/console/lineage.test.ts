import type { Page } from 'playwright-core';
import { judge, report } from '../anomalies/runs.js';
import { axe, Console, overflow, PHONE, settled, shoot } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { type Json, Watcher } from '../support/watcher.js';

const MARKUP = '<img src=x onerror="document.title=1">';
const ARABIC = 'جدول.الطلبات';
const LONG = 'x'.repeat(2048);
const DAY_MS = 86_400_000;

/** An hour ago, some days ago; just after midnight that is the day before. */
const start = (daysAgo: number): Date => new Date(Date.now() - daysAgo * DAY_MS - 3_600_000);
const dateOf = (moment: Date): string => moment.toISOString().slice(0, 10);

let watcher: Watcher;
let browser: Console;
let unusual: number;
beforeAll(async () => {
  watcher = await Watcher.start();
  browser = await Console.start(watcher.url);
  await declare('load', ['raw.orders', 'raw.customers'], ['core.orders']);
  await declare('mart', ['core.orders'], ['mart.revenue']);
  await declare('odd names', [MARKUP, ARABIC], [LONG]);
  unusual = await watcher.pipeline('unusual');
  for (let day = 14; day > 0; day--)
    await report(watcher, unusual, { start: start(day), seconds: 60, total_rows: 1000 + day });
  await report(watcher, unusual, { start: start(0), seconds: 60, total_rows: 20 });
  await watcher.end(await watcher.begin(await watcher.pipeline('mart')), { completed_successfully: false });
  await judge(watcher);
});
afterAll(async () => {
  await browser.stop();
  await watcher.stop();
});
afterEach(async () => {
  expect(await browser.complaints()).toEqual([]);
});

async function declare(name: string, inputs: readonly string[], outputs: readonly string[]): Promise<void> {
  const [from, to] = [inputs, outputs].map((names) => names.map((one) => ({ name: one })));
  const path = `/pipeline/${await watcher.pipeline(name)}/lineage`;
  const { status } = await watcher.send('PUT', path, JSON.stringify({ inputs: from, outputs: to }), {
    'content-type': 'application/json',
  });
  expect(status).toBe(200);
}
const idOf = async (name: string): Promise<number> =>
  (await watcher.get(`/dataset?name=${encodeURIComponent(name)}`)).body[0].id;
const path = (page: Page): string => page.url().slice(browser.url.length + '/console'.length);
const focused = (page: Page): Promise<string> =>
  page.evaluate<string>(`document.activeElement.querySelector('.name')?.textContent ?? ''`);

describe('the graph of a dataset', () => {
  it('is followed by keys alone, in a worker within the policy', async () => {
    const page = await browser.open(`/datasets/${await idOf('core.orders')}`);
    await page.locator('.graph .node').first().waitFor();
    expect(await page.locator('.node.dataset').count()).toBe(4);
    await page.locator('.graph [tabindex="0"]').focus();
    expect(await focused(page)).toBe('orders');
    await page.keyboard.press('ArrowLeft');
    expect(await focused(page)).toBe('load');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await focused(page)).toBe('mart');
    await page.keyboard.press('ArrowRight');
    expect(await focused(page)).toBe('revenue');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'mart.revenue' }).waitFor();
    expect(path(page)).toBe(`/datasets/${await idOf('mart.revenue')}`);
  });

  it('marks pipelines with open incidents', async () => {
    const page = await browser.open(`/datasets/${await idOf('core.orders')}`);
    await page.locator('.node.broken', { hasText: 'mart' }).getByText('1 open').waitFor();
  });

  it('is a table as well; direction and depth are in the address', async () => {
    const page = await browser.open(`/datasets/${await idOf('raw.orders')}`);
    await page.getByLabel('As a').selectOption('table');
    await page.getByLabel('As far as').selectOption('1');
    await page.getByLabel('Direction').selectOption('downstream');
    await eventually(() => expect(path(page)).toContain('?view=table&depth=1&direction=downstream'));
    await eventually(async () => expect(await page.locator('tbody th').allInnerTexts()).toEqual(['core.orders']));
    const second = await browser.open(path(page));
    expect(await second.locator('tbody tr').allInnerTexts()).toEqual([expect.stringContaining('1 step away')]);
    await page.goBack();
    await eventually(() => expect(path(page)).toContain('?view=table&depth=1'));
  });

  it('says what is cut', async () => {
    for (const part of [0, 1]) {
      await declare(
        `wide ${part}`,
        ['hub'],
        Array.from({ length: 800 }, (_, index) => `spoke ${part} ${index}`),
      );
    }
    const page = await browser.open(`/datasets/${await idOf('hub')}`);
    await page.getByText('This is not all of it. Datasets are missing from 1 steps on').waitFor();
    await page.getByText('The nearest 250 of 1,000 datasets are drawn.').waitFor();
    await page.locator('.graph .node').first().waitFor();
    expect(await page.locator('.node.dataset').count()).toBe(250);
    await page.getByLabel('As a').selectOption('table');
    await eventually(async () => expect(await page.locator('tbody tr').count()).toBe(999));
  });

  it('shows other names of a dataset', async () => {
    const [a, b] = [await idOf('raw.orders'), await idOf('raw.customers')];
    await watcher.database.sql(
      `INSERT INTO address_alias (a_id, b_id, kind) VALUES (${Math.min(a, b)}, ${Math.max(a, b)}, 'symlink')`,
    );
    const page = await browser.open(`/datasets/${a}`);
    await page.locator('.ends', { hasText: 'Also called' }).getByRole('link', { name: 'raw.customers' }).waitFor();
    await page.locator('.graph path.alias').first().waitFor({ state: 'attached' });
    await watcher.database.sql('DELETE FROM address_alias');
  });

  it('that is alone says so', async () => {
    await declare('gone', ['gone in'], ['gone out']);
    await declare('gone', [], []);
    const page = await browser.open(`/datasets/${await idOf('gone in')}`);
    await page.getByText('Nothing is connected with it').waitFor();
    expect(await axe(page)).toEqual([]);
  });
});

it('markup in names stays data; long names and names from right to left break nothing', async () => {
  const [markup, arabic, long] = [await idOf(MARKUP), await idOf(ARABIC), await idOf(LONG)];
  for (const place of ['/datasets', `/datasets/${markup}`, `/datasets/${arabic}`, `/datasets/${long}?view=table`]) {
    const page = await browser.open(place);
    if (place.endsWith(String(arabic))) await page.locator('.graph .node').first().waitFor();
    await shoot(page, `odd-${place.replaceAll(/\W+/g, '-')}`);
    expect(await page.locator('main img').count()).toBe(0);
    await eventually(async () => expect([place, await overflow(page)]).toEqual([place, 0]));
    await page.setViewportSize(PHONE);
    await eventually(async () => expect([place, await overflow(page)]).toEqual([place, 0]));
  }
});

it('the search finds a dataset by a part of its name, by keys alone', async () => {
  const page = await browser.open('/');
  await page.keyboard.press('/');
  await page.keyboard.type('RT.REV');
  await page.locator('[role=option]', { hasText: 'dataset' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'mart.revenue' }).waitFor();
});

it('an incident says what it affects, and which', async () => {
  const [incident] = (await watcher.get('/incident?kind=failure')).body as Json[];
  const page = await browser.open(`/incidents/${incident.id}`);
  await page.getByRole('heading', { name: 'Affects 1 dataset' }).waitFor();
  await page.getByRole('button', { name: 'Which ones' }).click();
  await page.getByText('The datasets').click();
  await page.locator('.datasets').getByRole('link', { name: 'mart.revenue' }).waitFor();
});

it('an unusual run is marked and explained, and can be dismissed', async () => {
  const page = await browser.open(`/pipelines/${unusual}/rows`);
  await page.locator('tbody tr', { hasText: 'unusual' }).waitFor();
  await page.getByText(/^20 rows; usually /).waitFor();
  await page.getByRole('button', { name: 'It was right: dismiss' }).click();
  await page.locator('.anomalies').getByText('dismissed', { exact: true }).waitFor();
  await eventually(async () => expect(await page.locator('tbody tr', { hasText: 'unusual' }).count()).toBe(0));
  expect((await watcher.get(`/anomaly?pipeline_id=${unusual}&status=dismissed`)).body).toHaveLength(1);
});

it('the daily report is filtered by the address, and leads to failed runs', async () => {
  const page = await browser.open('/reports/daily');
  const rows = page.locator('.rows [role=row]');
  const weekAgo = dateOf(new Date(Date.now() - 7 * DAY_MS));
  const days = Array.from({ length: 15 }, (_, daysAgo) => dateOf(start(daysAgo))).filter((day) => day > weekAgo);
  await eventually(async () => expect(await rows.count()).toBe(days.length + 1));
  await page.getByLabel('Last').selectOption('1');
  await page.getByLabel('Pipeline (whole name)').fill('mart');
  await eventually(() => expect(path(page)).toBe('/reports/daily?days=1&pipeline=mart'));
  await eventually(async () => expect(await rows.count()).toBe(1));
  await rows.locator('a', { hasText: '1' }).click();
  await eventually(async () => expect(await page.locator('.rows .failed').count()).toBe(1));
  await page.goBack();
  await eventually(() => expect(path(page)).toBe('/reports/daily?days=1&pipeline=mart'));
  const past = await browser.open('/reports/daily?from=2020-01-01&to=2020-01-31');
  await past.getByText('No execution started from 2020-01-01 to 2020-01-31').waitFor();
  await settled(past);
});
