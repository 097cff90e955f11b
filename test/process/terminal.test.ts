import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.js';
import { hasTool } from '../support/tools.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const CONTROL_C = '\u0003';

const terminals: Terminal[] = [];
afterEach(() => Promise.all(terminals.splice(0).map((terminal) => terminal.close())));

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(50);
}

/** `npm start` on a terminal of its own, as from a shell; `script` of util-linux holds the other end. */
class Terminal {
  output = '';
  readonly ended: Promise<number | NodeJS.Signals>;
  private readonly script: ChildProcess;

  private constructor(private readonly folder: string) {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, PORT: '0', WATCHER_DATA_DIR: join(folder, 'data') };
    const script = spawn('script', ['-qfec', 'exec npm start', '/dev/null'], { cwd: repository, env });
    for (const output of [script.stdout, script.stderr]) {
      output.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    // Keys that come after the end lead nowhere.
    script.stdin.on('error', () => undefined);
    this.ended = once(script, 'exit').then(([code, signal]) => code ?? signal);
    this.script = script;
  }

  static async open(): Promise<Terminal> {
    const terminal = new Terminal(await mkdtemp(join(tmpdir(), 'watcher-terminal-')));
    terminals.push(terminal);
    await until(() => terminal.output.includes('Ctrl+C'));
    return terminal;
  }

  type(keys: string): void {
    this.script.stdin?.write(keys);
  }

  /** Closes the terminal, as a closed window or a broken connection does. */
  hangUp(): void {
    this.script.kill('SIGKILL');
  }

  async postmaster(): Promise<number> {
    return Number.parseInt(await readFile(join(this.folder, 'data', 'postgres', 'postmaster.pid'), 'utf8'), 10);
  }

  log(): Promise<string> {
    return readFile(join(this.folder, 'data', 'postgres.log'), 'utf8');
  }

  async close(): Promise<void> {
    this.script.kill('SIGKILL');
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const describeTerminal = process.platform === 'linux' && hasTool('script') ? describe : describe.skip;

describeTerminal('npm start on a terminal', () => {
  it.each([
    ['Ctrl+C', [0]],
    ['Ctrl+C twice in a row', [0, 50]],
    ['Ctrl+C from an impatient person', [0, 200, 400]],
  ])('%s shuts the service and its database down cleanly', async (_, pauses) => {
    const terminal = await Terminal.open();
    const postmaster = await terminal.postmaster();
    for (const pause of pauses) setTimeout(() => terminal.type(CONTROL_C), pause);
    expect([await terminal.ended, terminal.output]).toEqual([0, expect.stringContaining('stopping')]);
    expect(() => process.kill(postmaster, 0)).toThrow('ESRCH');
    expect(await terminal.log()).toContain('database system is shut down');
  });

  it('closing the terminal does, too', async () => {
    const terminal = await Terminal.open();
    const postmaster = await terminal.postmaster();
    terminal.hangUp();
    await eventually(() => expect(() => process.kill(postmaster, 0)).toThrow('ESRCH'));
    expect(await terminal.log()).toContain('database system is shut down');
  });
});

describe('npm start without a terminal', () => {
  it('exits with 0 on a SIGTERM to npm, when everything has stopped', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'watcher-npm-'));
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, PORT: '0', WATCHER_DATA_DIR: folder };
    const npm = spawn('npm', ['start'], { cwd: repository, env, stdio: ['ignore', 'ignore', 'pipe'] });
    let output = '';
    npm.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    const ended = once(npm, 'exit');
    try {
      await Promise.race([until(() => output.includes('SIGTERM')), ended]);
      const postmaster = Number.parseInt(await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8'), 10);
      npm.kill('SIGTERM');
      expect((await ended)[0]).toBe(0);
      expect(() => process.kill(postmaster, 0)).toThrow('ESRCH');
    } finally {
      npm.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});
