import type { Environment } from './environment.js';
import type { Run } from './run.js';
import type { Settings } from './settings.js';
import type { ReportStore } from './store.js';

/** What differs between Node and a browser. */
export interface Platform {
  /** The variables of the process; empty in a browser. */
  environment(): Environment;
  /** The most reports that wait, unless the settings say otherwise. */
  readonly spoolLimit: number;
  openStore(settings: Settings): ReportStore;
  /** The run that surrounds the caller. A browser doesn't know it. */
  current(): Run | undefined;
  /** Calls `work`; in it, and in all that it awaits, `run` is the current one. */
  within<T>(run: Run, work: () => T): T;
  /** `leave` is called once when the process ends, with its exit code, and may do nothing asynchronous. */
  onExit(leave: (code: number) => void): void;
}
