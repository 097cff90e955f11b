import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Json } from './watcher.js';

const dist = join(fileURLToPath(new URL('../..', import.meta.url)), 'dist', 'src');
/** The program of `npm start`. */
const main = join(dist, 'main.js');
/** The program of the `watcher` command. */
export const cli = join(dist, 'cli.js');

/**
 * The built service as a process of its own, as `npm start` runs it: on a free port, with only the given environment.
 */
export class Service {
  stdout = '';
  stderr = '';
  /** The exit status: its exit code, or the signal that killed it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  private readonly child: ChildProcess;

  private constructor(environment: Record<string, string>, program: readonly string[] = [main]) {
    const PATH = process.env['PATH'] ?? '';
    const env = { PATH, PORT: '0', ...environment };
    this.child = spawn(process.execPath, program, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = once(this.child, 'close').then(([code, signal]) => code ?? signal);
  }

  /** Starts it and returns at once, for starts that must fail. */
  static run(environment: Record<string, string>): Service {
    return new Service(environment);
  }

  /** Starts it and waits until it is ready. */
  static async start(environment: Record<string, string>, program?: readonly string[]): Promise<Service> {
    const service = new Service(environment, program);
    const outcome = await Promise.race([service.untilReady(), service.ended]);
    if (outcome !== 'ready') throw new Error(`the service ended with ${outcome}: ${service.stderr}`);
    return service;
  }

  get url(): string {
    const port = /"url":"http:\/\/[^"]*:(\d+)"/.exec(this.stdout)?.[1];
    if (port === undefined) throw new Error('the service has not logged its address');
    return `http://127.0.0.1:${port}`;
  }

  /** The lines of its log. */
  get log(): Json[] {
    const complete = this.stdout.split('\n').slice(0, -1);
    return complete.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  }

  /** Posts a JSON body. */
  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.url + path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Sends a signal to this process only. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Kills the process in any state. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  private async untilReady(): Promise<'ready'> {
    while (!this.stdout.includes('"msg":"ready"')) {
      if (!this.child.stdout) throw new Error('the service has no output to read');
      await once(this.child.stdout, 'data');
    }
    return 'ready';
  }
}
