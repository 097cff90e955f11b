import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli } from './service.js';
import type { Json } from './watcher.js';

export interface Ended {
  /** The exit code, or the signal that ended the program. */
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running `watcher run`. */
export class Running {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;

  constructor(readonly child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = once(child, 'close').then(([code, signal]) => ({
      code: code ?? signal,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }
}

/** A folder in which `watcher run` works, with its spool. */
export class Workplace {
  private constructor(readonly folder: string) {}

  static async make(): Promise<Workplace> {
    return new Workplace(await mkdtemp(join(tmpdir(), 'watcher-test-')));
  }

  get spool(): string {
    return join(this.folder, 'spool');
  }

  /** Begins `watcher run` with these arguments against the service at `url`. */
  begin(url: string, args: readonly string[], environment: Record<string, string> = {}, input?: string): Running {
    const env = {
      PATH: process.env['PATH'] ?? '',
      CLI: cli,
      NODE: process.execPath,
      WATCHER_URL: url,
      WATCHER_SPOOL: this.spool,
      // A busy machine may answer later than after the usual five seconds.
      WATCHER_TIMEOUT: '20',
      ...environment,
    };
    const child = spawn(process.execPath, [cli, 'run', ...args], { env, cwd: this.folder });
    child.stdin.end(input);
    return new Running(child);
  }

  run(url: string, args: readonly string[], environment: Record<string, string> = {}, input?: string): Promise<Ended> {
    return this.begin(url, args, environment, input).ended;
  }

  /** The reports that wait, oldest first, with the names of their files. */
  async waiting(url: string): Promise<{ name: string; report: Json }[]> {
    const folder = this.spoolOf(url);
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json')).toSorted();
    return Promise.all(
      names.map(async (name) => ({ name, report: JSON.parse(await readFile(join(folder, name), 'utf8')) })),
    );
  }

  spoolOf(url: string): string {
    return join(this.spool, url.replaceAll(/[^A-Za-z0-9.-]/g, '_'));
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
