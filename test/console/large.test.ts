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
  const pipeline = await watcher.pipeline(`large ${perPart}`);
  for (let n = 0; n < 20; n++) await watcher.pipeline(`part ${n}`);
  const root = await watcher.begin(pipeline);
  await watcher.database.sql(`
    CREATE TEMP TABLE planted ON COMMIT DROP AS
    SELECT nextval(pg_get_serial_sequence('pipeline_execution', 'id')) AS id, part, child
      FROM generate_series(1, 200) part, generate_series(0, ${perPart}) child;
    INSERT INTO pipeline_execution (id, parent_id, root_id, pipeline_id, start_date, end_date, completed_successfully,
                                    status, config_version)
    SELECT p.id, CASE p.child WHEN 0 THEN ${root} ELSE (SELECT top.id FROM planted top WHERE top.part = p.part AND top.child = 0) END,
           ${root}, (SELECT min(id) FROM pipeline WHERE name LIKE 'part %') + (p.part * CASE p.child WHEN 0 THEN 1 ELSE 0 END + p.child) % 20,
           now() + p.part * interval '1 minute' + p.child * interval '5 second',
           now() + p.part * interval '1 minute' + p.child * interval '6 second' + interval '30 second',
           p.id % 97 <> 0, CASE WHEN p.id % 97 <> 0 THEN 'succeeded' ELSE 'failed' END, 1
      FROM planted p;
    INSERT INTO pipeline_execution_closure (parent_execution_id, child_execution_id, depth)
    SELECT id, id, 0 FROM planted
     UNION ALL SELECT ${root}, id, CASE child WHEN 0 THEN 1 ELSE 2 END FROM planted
     UNION ALL SELECT top.id, p.id, 1 FROM planted p JOIN planted top ON top.part = p.part AND top.child = 0 WHERE p.child > 0`);
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
