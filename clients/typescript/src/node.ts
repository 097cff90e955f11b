import { AsyncLocalStorage } from 'node:async_hooks';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Spool } from './node/spool.js';
import type { Platform } from './platform.js';
import type { Run } from './run.js';
import type { WatcherOptions } from './settings.js';
import { Watcher as AnyWatcher } from './watcher.js';

export type * from './public.js';
export { WatcherError } from './transport.js';

const context = new AsyncLocalStorage<Run>();
const leavers = new Set<(code: number) => void>();

function stateFolder(): string {
  return process.env['XDG_STATE_HOME'] || join(process.env['HOME'] || homedir(), '.local', 'state');
}

const node: Platform = {
  environment: () => process.env,
  spoolLimit: 10_000,
  openStore: ({ spool, url, spoolLimit }) =>
    new Spool(spool ?? join(stateFolder(), 'watcher', 'spool'), url, spoolLimit),
  current: () => context.getStore(),
  within: (run, work) => context.run(run, work),
  onExit: (leave) => {
    if (leavers.size === 0) process.once('exit', (code) => leavers.forEach((leave) => leave(code)));
    leavers.add(leave);
  },
};

/** Reports to one service. See the README of the package. */
export class Watcher extends AnyWatcher {
  constructor(options: WatcherOptions = {}) {
    super(options, node);
  }
}

/** Reports to the service that the environment names, which is read when it is first used. */
export const watcher: Watcher = new Watcher();
