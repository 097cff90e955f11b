import type { Environment } from './environment.js';

/** What a {@link Watcher} may be told. Each option takes the place of a variable of the environment (Node only). */
export interface WatcherOptions {
  /** The service, with its path prefix if it has one. Default: `WATCHER_URL`, else `http://127.0.0.1:8000`. */
  url?: string;
  /** The API key, with the scope `write`. Default: `WATCHER_KEY`, else none. */
  key?: string;
  /** Seconds that one request, and the whole start of a run, may take. Default: `WATCHER_TIMEOUT`, else 5. */
  timeoutSeconds?: number;
  /** Seconds between the heartbeats of a run; 0 sends none. Default: 30. */
  heartbeatSeconds?: number;
  /**
   * The folder of the reports that wait for the service. Default: `WATCHER_SPOOL`, else `watcher/spool` in
   * `$XDG_STATE_HOME` or `$HOME/.local/state`. Browsers have no such folder: there the reports wait in memory.
   */
  spool?: string;
  /** The most reports that wait for one service. Default: `WATCHER_SPOOL_LIMIT`, else 10000 (in a browser 1000). */
  spoolLimit?: number;
  /** Hears what goes wrong with reports, in one line each. Default: `console.warn`. */
  warn?: (message: string) => void;
}

export interface Settings {
  readonly url: string;
  readonly key: string | undefined;
  readonly timeoutMs: number;
  readonly heartbeatMs: number;
  readonly spool: string | undefined;
  readonly spoolLimit: number;
}

const DEFAULT_URL = 'http://127.0.0.1:8000';
const DEFAULT_TIMEOUT_S = 5;
const DEFAULT_HEARTBEAT_S = 30;

/** Puts options and environment together. A number that is none is reported, and its default holds. */
export function settingsOf(
  options: WatcherOptions,
  environment: Environment,
  defaultLimit: number,
  warn: (message: string) => void,
): Settings {
  const number = (name: string, given: number | string | undefined, otherwise: number): number => {
    if (given === undefined || given === '') return otherwise;
    const value = Number(given);
    if (Number.isFinite(value) && value >= 0) return value;
    warn(`${name} is '${given}', which is no number of at least 0; ${otherwise} is used`);
    return otherwise;
  };
  const { url, key, timeoutSeconds, heartbeatSeconds, spool, spoolLimit } = options;
  const timeout = number('WATCHER_TIMEOUT', timeoutSeconds ?? environment['WATCHER_TIMEOUT'], DEFAULT_TIMEOUT_S);
  return {
    url: (url || environment['WATCHER_URL'] || DEFAULT_URL).trim().replace(/\/+$/, ''),
    key: (key ?? environment['WATCHER_KEY'])?.trim() || undefined,
    timeoutMs: (timeout || DEFAULT_TIMEOUT_S) * 1000,
    heartbeatMs: number('heartbeatSeconds', heartbeatSeconds, DEFAULT_HEARTBEAT_S) * 1000,
    spool: spool ?? (environment['WATCHER_SPOOL'] || undefined),
    spoolLimit: number('WATCHER_SPOOL_LIMIT', spoolLimit ?? environment['WATCHER_SPOOL_LIMIT'], defaultLimit),
  };
}
