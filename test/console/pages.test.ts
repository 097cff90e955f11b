import { axe, Console, DESKTOP, overflow, PHONE, settled, shoot } from '../support/browser.js';
import { type Demo, startDemo } from '../support/demo.js';
import { eventually } from '../support/eventually.js';
import { Watcher } from '../support/watcher.js';

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

const pipeline = (tab: string) => () => `/pipelines/${demo.failed.pipeline_id}/${tab}`;
const PAGES: Readonly<Record<string, () => string>> = {
  overview: () => '/',
  runs: () => '/runs',
  'runs-filtered': () => '/runs?status=failed&from=24h',
  'run-failed': () => `/runs/${demo.failed.id}`,
  'run-running': () => `/runs/${demo.running.id}`,
  'run-big': () => `/runs/${demo.big.id}`,
  'run-list': () => `/runs/${demo.failed.id}?view=list`,
  'run-shares': () => `/runs/${demo.big.id}?view=shares`,
  'run-critical': () => `/runs/${demo.success.id}?path=critical&idle=fold`,
  compare: () => `/runs/${demo.failed.id}/compare/${demo.success.id}`,
  pipelines: () => '/pipelines',
  'pipeline-runs': pipeline('runs'),
  'pipeline-durations': pipeline('durations'),
  'pipeline-rows': pipeline('rows'),
  'pipeline-punctuality': pipeline('punctuality'),
  'pipeline-watermarks': pipeline('watermarks'),
  'pipeline-incidents': pipeline('incidents'),
  'pipeline-configuration': pipeline('configuration'),
  'pipeline-lineage': () => `/pipelines/${demo.unusual.pipeline_id}/lineage`,
  'pipeline-unusual': () => `/pipelines/${demo.unusual.pipeline_id}/rows`,
  'run-unusual': () => `/runs/${demo.unusual.execution_id}`,
  datasets: () => '/datasets',
  dataset: () => `/datasets/${demo.dataset.id}`,
  'dataset-table': () => `/datasets/${demo.dataset.id}?view=table&depth=5`,
  'dataset-impact': () => `/datasets/${demo.dataset.id}/impact`,
  'dataset-writes': () => `/datasets/${demo.dataset.id}/writes`,
  'dataset-about': () => `/datasets/${demo.dataset.id}/about`,
  daily: () => '/reports/daily',
  'incident-slow': () => `/incidents/${demo.slow.id}`,
  incidents: () => '/incidents',
  incident: () => `/incidents/${demo.incident.id}`,
  alerts: () => '/alerts',
  retention: () => '/retention',
  unknown: () => '/no/such/page',
};

it.each(Object.entries(PAGES))(
  '%s: no errors, nothing serious for axe in light and dark, fits on a phone',
  async (name, path) => {
    const page = await browser.open(path());
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await shoot(page, `${name}-${scheme}`);
      // Only the colours are others in the dark.
      expect(await axe(page, scheme === 'dark' ? ['color-contrast'] : undefined)).toEqual([]);
    }
    await eventually(async () => expect(await overflow(page)).toBe(0));
    await page.setViewportSize(PHONE);
    await shoot(page, `${name}-phone`);
    await eventually(async () => expect(await overflow(page)).toBe(0));
  },
);

it.each(['search', 'help'])('the %s opens without findings', async (name) => {
  const page = await browser.open('/');
  await page.keyboard.press(name === 'search' ? '/' : '?');
  if (name === 'search') {
    await page.keyboard.type('cust');
    await page.locator('[role=option]').first().waitFor();
  }
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await shoot(page, `${name}-${scheme}`);
    expect(await axe(page)).toEqual([]);
  }
});

it.each([
  '/runs/4000000000',
  '/pipelines/4000000000',
  '/incidents/4000000000',
  '/datasets/4000000000',
  '/pipelines/no%20such%20name',
])('%s says that there is nothing', async (path) => {
  const page = await browser.open(path, { mayFail: true });
  await page.locator('.failure, .empty').waitFor();
  expect(await axe(page)).toEqual([]);
});

describe('an empty service', () => {
  let empty: Watcher;
  let own: Console;
  beforeAll(async () => {
    empty = await Watcher.start();
    own = await Console.start(empty.url);
  });
  afterAll(async () => {
    await own.stop();
    await empty.stop();
  });

  it.each(['/', '/runs', '/pipelines', '/datasets', '/incidents', '/alerts', '/reports/daily'])(
    'says at %s what to do first',
    async (path) => {
      const page = await own.open(path);
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        await shoot(page, `empty${path === '/' ? '' : path.replaceAll('/', '-')}-${scheme}`);
        expect(await axe(page)).toEqual([]);
      }
      expect(await own.complaints()).toEqual([]);
    },
  );
});

/** The pictures of the README: `UPDATE_IMAGES=1 npm run test:console -- test/console/pages`. */
const images = process.env['UPDATE_IMAGES'] === '1' ? it : it.skip;
images.each([
  ['overview', 'overview'],
  ['run', 'run-failed'],
  ['pipelines', 'pipelines'],
  ['lineage', 'dataset'],
])('docs/images/%s.png is written', async (image, name) => {
  const page = await browser.open(PAGES[name]?.() ?? '/', { size: DESKTOP });
  await settled(page);
  await page.screenshot({ path: new URL(`../../docs/images/${image}.png`, import.meta.url).pathname });
});
