import type { Platform } from './platform.js';
import type { WatcherOptions } from './settings.js';
import { MemoryStore } from './store.js';
import { Watcher as AnyWatcher } from './watcher.js';

export type * from './public.js';
export { WatcherError } from './transport.js';

const browser: Platform = {
  environment: () => ({}),
  spoolLimit: 1000,
  openStore: ({ spoolLimit }) => new MemoryStore(spoolLimit),
  current: () => undefined,
  within: (_, work) => work(),
  onExit: () => undefined,
};

/** Reports to one service. See the README of the package. */
export class Watcher extends AnyWatcher {
  constructor(options: WatcherOptions = {}) {
    super(options, browser);
  }
}

/** Reports to `http://127.0.0.1:8000`. A page makes a {@link Watcher} with the `url` of its own service. */
export const watcher: Watcher = new Watcher();
