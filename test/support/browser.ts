import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const KNOWN_PLACES = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Where {@link shoot} writes, ignored by Git. */
const SHOTS = process.env['SHOTS'] ?? new URL('../console/shots', import.meta.url).pathname;

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 800 };

export interface Opened {
  /** Light unless said otherwise. */
  readonly scheme?: 'light' | 'dark';
  /** A desktop's unless said otherwise. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Requests that fail are part of the test; the browser reports each as an error of the console. */
  readonly mayFail?: boolean;
  /** Keeps the cookies and the storage of another page. */
  readonly context?: BrowserContext;
}

/** A browser for one test file. It notes every error and every violation of the policy of the pages that it opens. */
export class Console {
  /** What went wrong in the pages since {@link complaints} was last called. */
  private noted: string[] = [];
  private readonly own: BrowserContext[] = [];

  private constructor(
    private readonly browser: Browser,
    readonly url: string,
  ) {}

  /** `url` is that of the service. */
  static async start(url: string): Promise<Console> {
    const executablePath = KNOWN_PLACES.find((path) => path !== undefined && existsSync(path));
    if (executablePath === undefined) throw new Error('no Chromium was found: CHROMIUM names its file');
    const args = ['--no-sandbox', '--enable-precise-memory-info', '--js-flags=--expose-gc'];
    return new Console(await chromium.launch({ executablePath, args }), url);
  }

  async stop(): Promise<void> {
    await this.browser.close();
  }

  /** Closes the pages, and returns what went wrong in them. */
  async complaints(): Promise<string[]> {
    await Promise.all(this.own.splice(0).map((context) => context.close()));
    return this.noted.splice(0);
  }

  /** Opens a path below `/console`, and waits until nothing is being loaded. */
  async open(path: string, opened: Opened = {}): Promise<Page> {
    const page = await this.page(opened);
    await page.goto(`${this.url}/console${path}`);
    await settled(page);
    return page;
  }

  /** An empty page. */
  async page({ scheme = 'light', size = DESKTOP, mayFail = false, context }: Opened = {}): Promise<Page> {
    const own = context ?? (await this.browser.newContext({ viewport: size, colorScheme: scheme, timezoneId: 'UTC' }));
    if (!context) this.own.push(own);
    const page = await own.newPage();
    page.setDefaultTimeout(20_000);
    const note = (text: string): void => void this.noted.push(`${page.url()}: ${text}`);
    page.on('pageerror', ({ message }) => note(message));
    page.on('console', (message) => {
      const isRequest = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !(mayFail && isRequest)) note(message.text());
    });
    await page.exposeBinding('noteViolation', (_, text: string) => note(`policy: ${text}`));
    await page.addInitScript(`document.addEventListener('securitypolicyviolation', (event) =>
      window.noteViolation(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample))`);
    return page;
  }
}

/** Waits until the page shows its content. Polls: `waitForFunction` evaluates text in the page, which its policy forbids. */
export async function settled(page: Page): Promise<void> {
  const isSettled = `document.querySelector('main > *') !== null && document.querySelector('.loading') === null`;
  await eventually(async () => expect(await page.evaluate<boolean>(isSettled)).toBe(true));
}

/** The serious findings of axe, of all its rules or of some, as `rule: element` lines. */
export async function axe(page: Page, rules?: readonly string[]): Promise<string[]> {
  await page.evaluate(AXE);
  const findings = await page.evaluate<
    { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[]
  >(
    `axe.run(document, { resultTypes: ['violations'], ${rules ? `runOnly: ${JSON.stringify(rules)}` : ''} }).then(({ violations }) => violations)`,
  );
  return findings
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.slice(0, 5).map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
}

/** Writes what the page looks like, for a person to see. */
export async function shoot(page: Page, name: string): Promise<void> {
  await mkdir(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

/** By how many pixels the document is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}
