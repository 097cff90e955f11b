import { UnfitValue } from './unfit-value.js';

/** A server that a URL names. */
export interface DatabaseServer {
  /** A host name, an IP address, or a folder of Unix sockets, which begins with `/`. */
  readonly host: string | undefined;
  /** The address to connect to (`hostaddr`), when the host is only the name in the certificate. */
  readonly address: string | undefined;
  readonly port: number | undefined;
}

/** The parts of a PostgreSQL URL, decoded; an absent part is undefined. */
export interface DatabaseUrl {
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** At least one; of several, the service uses the one that takes writes. */
  readonly servers: readonly [DatabaseServer, ...DatabaseServer[]];
  readonly database: string | undefined;
  /** The other parameters, all of them listed in {@link PARAMETERS}. */
  readonly parameters: Readonly<Partial<Record<Parameter, string>>>;
}

/** The modes of libpq, and that of node-postgres for `require` regardless of `sslrootcert`. */
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

/** Parameters that change how the service connects. */
const PARAMETERS = [
  'application_name',
  'channel_binding',
  'options',
  'sslcert',
  'sslcrl',
  'sslkey',
  'sslmode',
  'sslnegotiation',
  'sslpassword',
  'sslrootcert',
  'ssl_max_protocol_version',
  'ssl_min_protocol_version',
] as const;
type Parameter = (typeof PARAMETERS)[number];

/** Parameters of libpq whose effect the service has anyway: a server that takes writes, UTF-8, and its own time limits. */
const NO_EFFECT = new Set([
  'client_encoding',
  'connect_timeout',
  'fallback_application_name',
  'gssdelegation',
  'gssencmode',
  'keepalives',
  'keepalives_count',
  'keepalives_idle',
  'keepalives_interval',
  'load_balance_hosts',
  'sslcompression',
  'sslsni',
  'tcp_user_timeout',
  // node-postgres defaults to other semantics than libpq; this parameter requests those of libpq.
  'uselibpqcompat',
]);

/** The servers that the service can use: those that take writes. `any` is libpq's default. */
const SESSION_ATTRIBUTES = ['any', 'read-write', 'primary'];
const SHAPE = /^postgres(?:ql)?:\/\/(?<authority>[^/?]*)(?:\/(?<path>[^?]*))?(?:\?(?<query>.*))?$/s;
/** Credentials may contain `?`, and an unencoded `@`: they end at the last `@` before the path. */
const CREDENTIALS = /^(?<scheme>postgres(?:ql)?:\/\/)(?<credentials>[^/]*)@/s;
const HOST_AND_PORT = /^(?<host>\[[^\]]*\]|[^:]*)(?::(?<port>.*))?$/s;

/**
 * Parses a URL by the rules of libpq (PostgreSQL's manual, "Connection URIs"). The error messages never contain the
 * credentials.
 * @throws UnfitValue
 */
export function parseDatabaseUrl(text: string): DatabaseUrl {
  const credentials = CREDENTIALS.exec(text)?.groups?.['credentials'];
  const rest = credentials === undefined ? text : text.replace(CREDENTIALS, '$<scheme>');
  const { authority = '', path = '', query = '' } = SHAPE.exec(rest)?.groups ?? {};
  if (!SHAPE.test(rest)) throw new UnfitValue('it does not begin with postgresql://');
  const [, user = '', password] = /^([^:]*)(?::(.*))?$/s.exec(credentials ?? '') ?? [];
  const named = parametersOf(query);
  const take = (name: string): string | undefined => {
    const value = named.get(name);
    named.delete(name);
    return value === '' ? undefined : value;
  };
  check('target_session_attrs', take('target_session_attrs'), SESSION_ATTRIBUTES);
  // In libpq too, a parameter overrides the part of the URL that it repeats.
  const url = {
    user: take('user') ?? given(decode(user, 'the user name')),
    password: take('password') ?? given(decode(password ?? '', 'the password')),
    servers: serversOf(authority, take('host'), take('hostaddr'), take('port')),
    database: take('dbname') ?? given(decode(path, 'the name of the database')),
  };
  return { ...url, parameters: known(named) };
}

/** The servers of a URL. The parameters replace the lists in its authority; one port is that of all servers. */
function serversOf(authority: string, hosts?: string, address?: string, ports?: string): DatabaseUrl['servers'] {
  const parts = authority.split(',').map((part) => HOST_AND_PORT.exec(part)?.groups ?? {});
  const inAuthority = parts.map(({ host = '' }) => decode(host.replace(/^\[(.*)\]$/s, '$1'), 'the host'));
  const names = (hosts ?? inAuthority.join(',')).split(',');
  const numbers = ports?.split(',') ?? parts.map(({ port = '' }) => port);
  if (numbers.length > 1 && numbers.length !== names.length)
    throw new UnfitValue(`it has ${numbers.length} ports for ${names.length} hosts`);
  if (names.length > 1 && address !== undefined)
    throw new UnfitValue('its hostaddr is taken with one host only; name the hosts by their addresses');
  const servers = names.map((name, index) => ({
    host: given(name),
    address,
    port: portOf(numbers.length > 1 ? numbers[index] : numbers[0]),
  }));
  return servers as [DatabaseServer, ...DatabaseServer[]];
}

function given(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function parametersOf(query: string): Map<string, string> {
  const parts = query === '' ? [] : query.split('&');
  return new Map(
    parts.map((part) => {
      const [, name = '', value] = /^([^=]*)=(.*)$/s.exec(part) ?? [];
      if (value === undefined) throw new UnfitValue(`its parameter '${part}' has no value`);
      return [decode(name, 'the name of a parameter'), decode(value, `the parameter '${name}'`)];
    }),
  );
}

function known(named: Map<string, string>): DatabaseUrl['parameters'] {
  if (named.get('ssl') === 'true') {
    named.delete('ssl');
    named.set('sslmode', named.get('sslmode') ?? 'require');
  }
  const parameters: Partial<Record<Parameter, string>> = {};
  for (const [name, value] of named) {
    const parameter = PARAMETERS.find((candidate) => candidate === name);
    if (parameter !== undefined) parameters[parameter] = value;
    else if (!NO_EFFECT.has(name)) throw new UnfitValue(`it has a parameter '${name}', which Watcher does not know`);
  }
  check('sslmode', parameters.sslmode, SSL_MODES);
  check('sslnegotiation', parameters.sslnegotiation, ['postgres', 'direct']);
  check('channel_binding', parameters.channel_binding, ['disable', 'prefer', 'require']);
  checkTogether(parameters);
  for (const name of ['ssl_min_protocol_version', 'ssl_max_protocol_version'] as const) {
    check(name, parameters[name], ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']);
  }
  return parameters;
}

/** Combinations that libpq refuses too: each setting would weaken the other. */
function checkTogether({ sslmode = 'prefer', sslnegotiation, sslrootcert }: DatabaseUrl['parameters']): void {
  if (sslnegotiation === 'direct' && ['disable', 'allow', 'prefer'].includes(sslmode)) {
    throw new UnfitValue('its sslnegotiation=direct needs sslmode=require or stronger');
  }
  if (sslmode === 'verify-ca' && (sslrootcert === undefined || sslrootcert === 'system')) {
    throw new UnfitValue('its sslmode=verify-ca needs sslrootcert, the file of the CA; or use sslmode=verify-full');
  }
}

function check(name: string, value: string | undefined, taken: readonly string[]): void {
  if (value === undefined || taken.includes(value)) return;
  throw new UnfitValue(`its ${name} is '${value}', which is not one of ${taken.join(', ')}`);
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new UnfitValue('its port is not a number from 1 to 65535');
  return port;
}

function decode(text: string, what: string): string {
  if (/%(?![0-9a-f]{2})/i.test(text)) {
    throw new UnfitValue(`${what} has a '%' without two hexadecimal digits after it; a percent sign is written %25`);
  }
  if (/%00|\0/.test(text)) throw new UnfitValue(`${what} has a NUL character`);
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UnfitValue(`${what} is not UTF-8 once its percent-encoding is undone`);
  }
}
