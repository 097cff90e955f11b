import type { Page } from 'playwright-core';
import { Console, overflow, PHONE, settled } from '../support/browser.js';
import { type Demo, startDemo } from '../support/demo.js';
import { eventually } from '../support/eventually.js';

let demo: Demo;
let browser: Console;
beforeAll(async () => {
  demo = await startDemo();
  browser = await Console.start(demo.watcher.url);
});
afterAll(async () => {
  await browser.stop();
  await demo.watcher.stop();
});
afterEach(async () => {
  expect(await browser.complaints()).toEqual([]);
});

const path = (page: Page): string => page.url().slice(browser.url.length + '/console'.length);
const chosen = (page: Page): Promise<string> => page.locator('[role=row][aria-selected=true] .name').innerText();
const press = async (page: Page, ...keys: readonly string[]): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key);
};

describe('a failed run', () => {
  it('opens at its first failure, with its error and the path to it, without a click', async () => {
    const page = await browser.open(`/runs/${demo.failed.id}`);
    expect(await chosen(page)).toBe('model mart_churn');
    await page.locator('.detail .error').waitFor();
    const lit = await page.locator('[role=row]:not(.dim) .name').allInnerTexts();
    expect(lit).toEqual(['dbt build', 'model mart_churn']);
  });

  it('is used by keys alone', async () => {
    const page = await browser.open(`/runs/${demo.failed.id}`);
    await page.locator('[role=treegrid]').focus();
    await press(page, 'Home');
    expect(await chosen(page)).toBe('dbt build');
    await press(page, 'ArrowDown');
    expect(await chosen(page)).toMatch(/^model stg_/);
    await press(page, 'ArrowLeft', 'ArrowLeft');
    expect(await page.locator('[role=row]').count()).toBe(1);
    await press(page, 'ArrowRight');
    expect(await page.locator('[role=row]').count()).toBeGreaterThan(5);
    await press(page, 'n');
    expect(await chosen(page)).toBe('model mart_churn');
    await press(page, 'N');
    expect(await chosen(page)).toBe('dbt build');
    await press(page, 'c');
    await eventually(() => expect(path(page)).toContain('path=critical'));
    await press(page, 't');
    await page.locator('.timeline.table').waitFor();
    expect(path(page)).toContain('view=list');
    await press(page, 't');
    await page.getByRole('region', { name: 'Shares' }).waitFor();
    await press(page, '?');
    await page.getByRole('dialog').waitFor();
    await press(page, 'Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await press(page, 'x');
    await eventually(() => expect(path(page)).toMatch(/^\/runs\/\d+\/compare\/\d+$/));
    await page.getByRole('region', { name: 'Differences' }).waitFor();
  });

  it('is restored by its address', async () => {
    const first = await browser.open(`/runs/${demo.failed.id}`);
    await first.locator('[role=row]', { hasText: 'stg_orders' }).click();
    await first.getByRole('button', { name: 'Table' }).click();
    const second = await browser.open(path(first));
    expect(await chosen(second)).toBe('model stg_orders');
    await second.locator('.timeline.table').waitFor();
  });
});

describe('links', () => {
  it('of an execution lead to its run', async () => {
    const leaf = (await demo.watcher.get(`/pipeline_execution/${demo.failed.id}/root_cause`)).body[0].id;
    const page = await browser.open(`/executions/${leaf}`);
    await eventually(() => expect(path(page)).toBe(`/runs/${demo.failed.id}?focus=${leaf}`));
    await settled(page);
    expect(await chosen(page)).toBe('model mart_churn');
  });

  it('of a scheduler lead to a run, or say that it has not been reported', async () => {
    const id = await demo.watcher.pipeline('scheduled');
    const run = await demo.watcher.begin(id, { external_id: 'scheduled__2026-01-31' });
    const page = await browser.open('/go?pipeline=scheduled&external_id=scheduled__2026-01-31');
    await eventually(() => expect(path(page)).toBe(`/runs/${run}`));
    const none = await browser.open('/go?pipeline=scheduled&external_id=other');
    await none.getByText('has been reported').waitFor();
  });
});

it('the search finds a pipeline by a part of its name, by keys alone', async () => {
  const page = await browser.open('/');
  await press(page, '/');
  await page.keyboard.type('order fac');
  await page.locator('[role=option]').first().waitFor();
  await press(page, 'Enter');
  await page.getByRole('heading', { name: 'Load order facts' }).waitFor();
});

it('filters are in the address, survive a visit elsewhere, and go back', async () => {
  const page = await browser.open('/runs');
  await page.getByRole('button', { name: 'failed', exact: true }).click();
  await eventually(() => expect(path(page)).toBe('/runs?status=failed'));
  await page.locator('.rows a').first().waitFor();
  await page.locator('.rows a').first().click();
  await eventually(() => expect(path(page)).toMatch(/^\/runs\/\d+/));
  await page.goBack();
  await eventually(() => expect(path(page)).toBe('/runs?status=failed'));
  expect(await page.getByRole('button', { name: 'failed', exact: true }).getAttribute('aria-pressed')).toBe('true');
  await page.goBack();
  await eventually(() => expect(path(page)).toBe('/runs'));
});

it('times have their zone, which u switches', async () => {
  const page = await browser.open('/incidents');
  await press(page, 'u');
  await page.getByRole('button', { name: 'UTC' }).waitFor();
  await page.goto(`${browser.url}/console/runs/${demo.failed.id}`);
  await settled(page);
  expect(await page.locator('.facts time').first().innerText()).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
});

it('times within the text of an incident follow the zone', async () => {
  const page = await browser.open(`/incidents/${demo.slow.id}`);
  await page.getByText(/has run since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC;/).waitFor();
});

it('the overview has errors before warnings', async () => {
  const page = await browser.open('/');
  await page.locator('.incidents .tag.warning').first().waitFor();
  const tags = page.locator('.incidents li:not(.handled) > .tag');
  const severities = await tags.evaluateAll((all) => all.map(({ className }) => className.includes('critical')));
  expect(severities).toContain(true);
  expect(severities.toSorted((a, b) => Number(b) - Number(a))).toEqual(severities);
});

it('the axis of a chart of starts is left without a usual time where starts are spread over the day', async () => {
  const page = await browser.open(`/pipelines/${demo.failed.pipeline_id}/punctuality`);
  await page.getByText('Drag over the chart').waitFor();
  expect(await page.getByText('usual').count()).toBe(0);
});

it('where the time went: the choice is as wide as its text, a failed part is red', async () => {
  const page = await browser.open(`/runs/${demo.failed.id}?view=shares`);
  const width = (await page.getByLabel('Sum up by').boundingBox())?.width ?? Infinity;
  expect(width).toBeLessThan(300);
  await page.locator('tr', { hasText: 'mart_churn' }).locator('.bar.failed').waitFor();
  expect(await page.locator('tr', { hasText: 'stg_orders' }).locator('.bar.failed').count()).toBe(0);
});

describe('a phone', () => {
  const width = async (page: Page, selector: string): Promise<number> =>
    (await page.locator(selector).first().boundingBox())?.width ?? 0;

  it('has a menu of two lines, which shows the page that is open', async () => {
    const page = await browser.open('/retention', { size: PHONE });
    expect((await page.locator('header.bar').boundingBox())?.height).toBeLessThan(90);
    await eventually(async () => {
      const link = await page.locator('nav [aria-current]').boundingBox();
      expect((link?.x ?? Infinity) + (link?.width ?? 0)).toBeLessThanOrEqual(PHONE.width);
    });
  });

  it('shows the ends of names in a run, and names of a list in the room that is left', async () => {
    const run = await browser.open(`/runs/${demo.failed.id}`, { size: PHONE });
    const row = run.locator('[role=row]', { hasText: 'mart_churn' });
    const [end, label] = [await row.locator('.end').boundingBox(), await row.locator('.label').boundingBox()];
    expect((end?.x ?? 0) + (end?.width ?? 0)).toBeLessThanOrEqual((label?.x ?? 0) + (label?.width ?? 0));
    expect(end?.width).toBeGreaterThan(40);
    const datasets = await browser.open('/datasets', { size: PHONE });
    expect(await width(datasets, '.rows .cell')).toBeGreaterThan(200);
    expect(await width(await browser.open('/pipelines', { size: PHONE }), '.rows .cell')).toBeGreaterThan(170);
  });

  it('has the buttons of incidents in one width', async () => {
    const page = await browser.open('/', { size: PHONE });
    const buttons = page.locator('.incidents li button');
    await buttons.first().waitFor();
    const lefts = await buttons.evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().left)));
    expect(new Set(lefts).size).toBe(1);
  });
});

describe('live', () => {
  it('an end, a child and an incident appear without a reload', async () => {
    const id = await demo.watcher.pipeline('live');
    const root = await demo.watcher.begin(id);
    const child = await demo.watcher.begin(await demo.watcher.pipeline('live child'), { parent_id: root });
    const page = await browser.open(`/runs/${root}`);
    const overview = await browser.open('/');
    await page.locator('[role=row]', { hasText: 'live child' }).waitFor();
    await demo.watcher.begin(await demo.watcher.pipeline('second child'), { parent_id: root });
    await page.locator('[role=row]', { hasText: 'second child' }).waitFor();
    await demo.watcher.end(child, { completed_successfully: false, error_message: 'no luck' });
    await page.locator('[role=row] .failed').first().waitFor();
    await demo.watcher.end(root, { completed_successfully: false });
    await page.getByText('2 failed').waitFor();
    await overview.locator('.incidents li', { hasText: 'no luck' }).waitFor();
  });

  it('says that the service is away, keeps what it knows, and recovers', async () => {
    const page = await browser.open('/', { mayFail: true });
    await page.route('**/changes*', (route) => route.abort());
    await page.locator('.away').waitFor();
    expect(await page.locator('ul.running li').count()).toBeGreaterThan(0);
    await page.unroute('**/changes*');
    await page.locator('.away').waitFor({ state: 'detached', timeout: 60_000 });
  });

  it('a hidden page hardly asks', async () => {
    const page = await browser.page();
    await page.addInitScript(`Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' })`);
    let asked = 0;
    page.on('request', (request) => (asked += Number(request.url().includes('/changes'))));
    await page.goto(`${browser.url}/console/`);
    await settled(page);
    await page.waitForTimeout(7000);
    // One at the start; React's double call in development is not in this build.
    expect(asked).toBe(1);
  });
});

it('acknowledges an incident, mutes it, and keeps a note', async () => {
  const page = await browser.open(`/incidents/${demo.incident.id}`);
  await page.getByRole('button', { name: 'Acknowledge' }).click();
  await page.getByText('Handled by').waitFor();
  await page.getByRole('button', { name: 'Mute 8 h' }).click();
  await page.getByText('No messages until').waitFor();
  await page.getByRole('textbox', { name: 'Note' }).fill('seen by Ada');
  await page.getByRole('button', { name: 'Save the note' }).click();
  await eventually(async () => {
    const { body } = await demo.watcher.get(`/incident/${demo.incident.id}`);
    expect(body).toMatchObject({ acknowledged_by: 'anybody', note: 'seen by Ada', muted_until: expect.any(String) });
  });
});

it('long names, names from right to left and invisible characters break nothing', async () => {
  const names = ['x'.repeat(255), 'تحميل الطلبات اليومية', `zero\u200bwidth ${'wide '.repeat(40)}`];
  const root = await demo.watcher.begin(await demo.watcher.pipeline(names[0] ?? ''));
  for (const name of names) {
    const id = await demo.watcher.begin(await demo.watcher.pipeline(`${name.slice(0, 250)}.`), { parent_id: root });
    await demo.watcher.end(id, {
      completed_successfully: false,
      error_message: `${name}\n\u001b[31m${'y'.repeat(500)}`,
    });
  }
  await demo.watcher.end(root, { completed_successfully: false });
  for (const place of ['/', '/pipelines', `/runs/${root}`, `/runs/${root}?view=list`, '/incidents']) {
    const page = await browser.open(place);
    await eventually(async () => expect([place, await overflow(page)]).toEqual([place, 0]));
    await page.setViewportSize(PHONE);
    await eventually(async () => expect([place, await overflow(page)]).toEqual([place, 0]));
  }
});
