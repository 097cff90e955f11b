import { Console } from '../support/browser.js';
import { Watcher } from '../support/watcher.js';

let watcher: Watcher;
let browser: Console;
beforeAll(async () => {
  watcher = await Watcher.start();
  browser = await Console.start(watcher.url);
});
afterAll(async () => {
  await browser.stop();
  await watcher.stop();
});
afterEach(async () => {
  expect(await browser.complaints()).toEqual([]);
});

/** Plants a tree: a root with 200 parts, each of a number of executions of as many pipelines. Returns the root. */
async function plant(perPart: number): Promise<number> {
  for (let n = 0; n < 20; n++) await watcher.pipeline(`part ${n}`);
  const pipeline = await watcher.pipeline(`large ${perPart}`);
  const root = await watcher.begin(pipeline);
  const size = perPart + 1;
  // The id of a part is the first of its executions.
  await watcher.database.sql(`
    INSERT INTO pipeline_execution (id, parent_id, root_id, pipeline_id, start_date, end_date, completed_successfully,
                                    status, config_version)
    SELECT ${root} + n, CASE WHEN (n - 1) % ${size} = 0 THEN ${root} ELSE ${root} + n - (n - 1) % ${size} END, ${root},
           (SELECT min(id) FROM pipeline WHERE name LIKE 'part %') + (n / ${size} + n) % 20,
           now() + n / ${size} * interval '1 minute' + n % ${size} * interval '5 second',
           now() + n / ${size} * interval '1 minute' + n % ${size} * interval '6 second' + interval '30 second',
           n % 97 <> 0, CASE WHEN n % 97 <> 0 THEN 'succeeded' ELSE 'failed' END, 1
      FROM generate_series(1, 200 * ${size}) n;
    INSERT INTO pipeline_execution_closure (parent_execution_id, child_execution_id, depth)
    SELECT id, id, 0 FROM pipeline_execution WHERE root_id = ${root} AND id <> ${root}
     UNION ALL SELECT parent_id, id, 1 FROM pipeline_execution WHERE root_id = ${root} AND id <> ${root}
     UNION ALL SELECT ${root}, id, 2 FROM pipeline_execution WHERE root_id = ${root} AND parent_id <> ${root};
    SELECT setval(pg_get_serial_sequence('pipeline_execution', 'id'), ${root} + 200 * ${size})`);
  return root;
}

/** Scrolls for a while, and measures each frame, in milliseconds. */
const SCROLL = `new Promise((resolve) => {
  const scroller = document.querySelector('.scroller');
  const frames = [];
  let last = performance.now();
  const step = (now) => {
    frames.push(now - last);
    last = now;
    scroller.scrollTop += 400;
    if (frames.length < 150) requestAnimationFrame(step);
    else resolve(frames.slice(1).sort((a, b) => a - b));
  };
  requestAnimationFrame(step);
})`;

it('a tree of 10,000 executions is fluent', async () => {
  const root = await plant(49);
  const page = await browser.page();
  // The moment of the answer is when the page has it; the first paint is the frame after its rows are in the page.
  await page.addInitScript(`{
    const ask = window.fetch;
    window.fetch = async (...request) => {
      const response = await ask(...request);
      if (!String(request[0]).includes('/timeline')) return response;
      const read = response.json.bind(response);
      response.json = async () => { const body = await read(); window.answered ??= performance.now(); return body; };
      return response;
    };
    new MutationObserver(() => {
      if (window.painted !== undefined || !document.querySelector('[role=treegrid] [role=row]')) return;
      requestAnimationFrame(() => requestAnimationFrame(() => (window.painted ??= performance.now())));
    }).observe(document, { childList: true, subtree: true });
  }`);
  await page.goto(`${browser.url}/console/runs/${root}?path=none`);
  await page.locator('[role=treegrid] [role=row]').first().waitFor();
  await page.waitForTimeout(1000);
  expect(await page.getByText('10,001').count()).toBeGreaterThan(0);
  const firstPaint = await page.evaluate<number>('window.painted - window.answered');
  const frames = await page.evaluate<number[]>(SCROLL);
  const p95 = frames[Math.floor(frames.length * 0.95)] ?? 0;
  expect(await page.locator('[role=row]').count()).toBeLessThan(120);
  const heap = (): Promise<number> => page.evaluate<number>('(window.gc?.(), performance.memory.usedJSHeapSize)');
  const before = await heap();
  await page.locator('[role=treegrid]').focus();
  await page.keyboard.press('Home');
  for (let n = 0; n < 50; n++) {
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowRight');
  }
  const after = await heap();
  // Figures for people: machines differ.
  process.stdout.write(
    `10,001 executions: first paint ${firstPaint.toFixed(0)} ms after the answer, p95 frame ${p95.toFixed(1)} ms while ` +
      `scrolling, heap ${(before / 1e6).toFixed(1)} MB, ${(after / 1e6).toFixed(1)} MB after 100 toggles\n`,
  );
  expect(firstPaint).toBeLessThan(5000);
  expect(p95).toBeLessThan(250);
  expect(after).toBeLessThan(before * 2 + 20e6);
});

it('of a larger tree the page says where it is cut', async () => {
  const root = await plant(255);
  const page = await browser.open(`/runs/${root}?path=none`);
  await page.getByText('more than 50,000 executions').waitFor();
  expect(await page.locator('[role=row]').count()).toBeLessThan(120);
});
