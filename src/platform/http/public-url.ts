import { BlockList } from 'node:net';
import type { FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    /** The path before all paths of the service, such as `/watcher`; empty where there is none. */
    basePath: string;
  }
}

/** The addresses of trusted proxies, whose forwarding headers are used: loopback, private and link-local networks. */
const PROXIES = new BlockList();
for (const [network, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const) {
  PROXIES.addSubnet(network, prefix, 'ipv4');
}
PROXIES.addAddress('::1', 'ipv6');
PROXIES.addSubnet('fe80::', 10, 'ipv6');
PROXIES.addSubnet('fc00::', 7, 'ipv6');

const HOST = /^(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;
/** Excludes `//`, which would lead to another host, and characters that end an attribute or a header's URL. */
const PATH = /^(?:\/[\w.~!$&()*+,;=:@%-]+)+$/;

/** Whether the forwarding headers of a connection from this address are used. */
export function isTrustedProxy(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return PROXIES.check(plain, plain.includes(':') ? 'ipv6' : 'ipv4');
}

/** The beginning of the URLs that the client uses, before the service's own paths: `https://host/prefix`. */
export interface PublicUrl {
  /** Undefined where the client sent no valid host. */
  readonly origin: string | undefined;
  readonly prefix: string;
}

/**
 * The URL of the service as the client sees it: from the first entries of `X-Forwarded-Proto`, `-Host` and `-Prefix` of
 * a trusted proxy, else from the connection and WATCHER_BASE_PATH. Invalid schemes, hosts and paths are ignored.
 */
export function publicUrl(request: FastifyRequest): PublicUrl {
  const { headers, socket, server } = request;
  const isTrusted = isTrustedProxy(socket.remoteAddress);
  const forwarded = (name: string): string => (isTrusted && first(headers[`x-forwarded-${name}`])) || '';
  const scheme = /^https?$/i.exec(forwarded('proto'))?.[0].toLowerCase() ?? 'http';
  const host = [forwarded('host'), headers.host ?? ''].find((name) => HOST.test(name));
  const origin = `${scheme}://${host}`;
  const prefix = forwarded('prefix').replace(/\/+$/, '');
  return {
    origin: host !== undefined && URL.canParse(origin) ? origin : undefined,
    prefix: PATH.test(prefix) ? prefix : server.basePath,
  };
}

function first(header: string | string[] | undefined): string | undefined {
  return (typeof header === 'string' ? header : header?.[0])?.split(',', 1)[0]?.trim();
}

/** The URL of a request for the router: without the base path, which a proxy may leave in. */
export function routedUrl(url: string, basePath: string): string {
  if (basePath === '' || !url.startsWith(basePath)) return url;
  const rest = url.slice(basePath.length);
  return rest === '' || rest.startsWith('?') ? `/${rest}` : rest.startsWith('/') ? rest : url;
}
