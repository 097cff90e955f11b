import type { Config } from '../config/config.js';

export type OwnNames = Pick<Config, 'host' | 'allowedHosts' | 'corsOrigins'>;

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|(?:.+\.)?localhost)$/i;

/** Whether a host name or address means the machine itself on every machine. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/**
 * Whether a Host header names the service: by loopback, or by WATCHER_ALLOWED_HOSTS. A service that listens on another
 * address does not know its names, and checks them only where that variable lists them.
 */
export function isOwnHost(header: string, { host, allowedHosts }: OwnNames): boolean {
  if (allowedHosts === undefined && !isLoopback(host)) return true;
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+))(?::\d+)?$/i.exec(header) ?? [];
  const name = (bracketed ?? plain ?? '').replace(/\.$/, '').toLowerCase();
  if (name === '') return false;
  const isAllowed = (allowed: string): boolean =>
    allowed === '*' || allowed.replaceAll(/[[\]]/g, '').toLowerCase() === name;
  return isLoopback(name) || (allowedHosts ?? []).some(isAllowed);
}

/** The same for an Origin header; the origins in WATCHER_CORS_ORIGINS are accepted too. */
export function isOwnOrigin(origin: string, names: OwnNames): boolean {
  if (names.corsOrigins?.some((allowed) => allowed === '*' || allowed === origin)) return true;
  if (names.allowedHosts === undefined && !isLoopback(names.host)) return true;
  return /^https?:\/\//.test(origin) && isOwnHost(origin.replace(/^https?:\/\//, ''), names);
}
