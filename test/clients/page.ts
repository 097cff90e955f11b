import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Nothing listens there. */
const AWAY = 'http://127.0.0.1:9';

/** What a page of docs/integrate tells its reader to do. */
export interface Page {
  /** How to generate the client, but for its source and its folder. */
  readonly options: readonly string[];
  readonly program: string;
}

/** Reads the command and the program of a page. */
export async function readPage(language: 'go' | 'java'): Promise<Page> {
  const text = await readFile(join(root, 'docs', 'integrate', `${language}.md`), 'utf8');
  const block = (name: string): string => {
    const code = new RegExp(`^\`\`\`${name}\\n(.*?)^\`\`\`$`, 'ms').exec(text)?.[1];
    if (code === undefined) throw new Error(`the page for ${language} has no ${name}`);
    return code;
  };
  const [tool, verb, ...options] = block('sh').trim().split(/\s+/);
  expect([tool, verb]).toEqual(['openapi-generator-cli', 'generate']);
  const isGiven = (at: number): boolean => ['-i', '-o'].includes(options[at] ?? '');
  return { options: options.filter((_, at) => !isGiven(at) && !isGiven(at - 1)), program: block(language) };
}

/** Runs the program of a page, and checks what it has reported; then once more without a service. */
export async function checkPage(url: string, command: readonly [string, ...string[]], cwd: string): Promise<void> {
  const [program, ...args] = command;
  await run(program, args, cwd);
  const list = async (): Promise<unknown> =>
    (await fetch(`${url}/pipeline_execution?pipeline_name=load%20orders`)).json();
  const reported = [expect.objectContaining({ status: 'succeeded', inserts: 42, external_id: expect.any(String) })];
  expect(await list()).toEqual(reported);
  await run(program, args, cwd, { WATCHER_URL: AWAY });
  expect(await list()).toEqual(reported);
}
