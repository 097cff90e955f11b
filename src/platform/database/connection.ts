import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { userInfo } from 'node:os';
import { createSecureContext, getCACertificates, type ConnectionOptions, type SecureVersion } from 'node:tls';
import pg from 'pg';
import { type DatabaseServer, type DatabaseUrl, parseDatabaseUrl } from '../config/database-url.js';
import { ConfigurationError } from '../config/variable.js';
import { PreparedStatements, sendPrepared } from './prepared-statements.js';
import { SessionClient } from './session-client.js';
import { findWritable, type Place } from './writable-server.js';

const DEFAULT_PORT = 5432;
/** The folder of Unix sockets on most systems. */
const SOCKET_FOLDERS = ['/var/run/postgresql', '/tmp'];

/**
 * The connection options for the URL of a database, for `pg.Client` and `pg.Pool`. All connections use these, so that
 * the pool, the watch and the commands interpret a URL alike, and as psql does. Reads the certificates now.
 * @throws ConfigurationError for a file that can't be used
 */
export function connectionOptions(url: string) {
  const parsed = parseDatabaseUrl(url);
  const { application_name: name = 'watcher', options, sslnegotiation, channel_binding } = parsed.parameters;
  const [first, ...others] = parsed.servers;
  const { host, port } = placeOf(first);
  const user = parsed.user ?? userInfo().username;
  const ssl = host.startsWith('/') ? false : tlsOptions(parsed);
  return {
    // The pool creates its connections from this class.
    Client: DatabaseClient,
    statements: new PreparedStatements(),
    host,
    port,
    ...(others.length > 0 && { places: parsed.servers.map(placeOf) }),
    user,
    // Undefined: `pg` looks in ~/.pgpass when the server asks for a password.
    password: parsed.password,
    database: parsed.database ?? user,
    application_name: name,
    ssl,
    plainWhereNoTls: ssl !== false && !isTlsRequired(parsed),
    ...(options !== undefined && { options }),
    ...(ssl !== false && sslnegotiation === 'direct' && { sslnegotiation: 'direct' as const }),
    ...(ssl !== false && channel_binding === 'require' && { enableChannelBinding: true }),
  } as const;
}

function placeOf({ host, address, port = DEFAULT_PORT }: DatabaseServer): Place {
  return { host: address ?? host ?? socketFolder(port) ?? 'localhost', port };
}

function socketFolder(port: number): string | undefined {
  return SOCKET_FOLDERS.find((folder) => existsSync(`${folder}/.s.PGSQL.${port}`));
}

/** `allow` is treated as `prefer`: both mean "encrypted or not", and this one encrypts if the server can. */
function isTlsRequired({ parameters: { sslmode = 'prefer' } }: DatabaseUrl): boolean {
  return sslmode !== 'prefer' && sslmode !== 'allow';
}

/** Translates libpq's `sslmode` into options of Node's TLS. */
function tlsOptions({ servers: [{ host, address }], parameters }: DatabaseUrl): ConnectionOptions | false {
  const { sslmode = 'prefer', sslrootcert, sslcert, sslkey, sslpassword, sslcrl } = parameters;
  if (sslmode === 'disable') return false;
  const isVerified = sslmode.startsWith('verify-') || (sslmode === 'require' && sslrootcert !== undefined);
  const isNameVerified = sslmode === 'verify-full' || (isVerified && sslrootcert === 'system');
  const options: ConnectionOptions = {
    rejectUnauthorized: isVerified,
    ...(isVerified && !isNameVerified && { checkServerIdentity: () => undefined }),
    ...(isVerified && sslrootcert !== undefined && { ca: authorities(sslrootcert) }),
    ...(sslcert !== undefined && { cert: readParameter('sslcert', sslcert) }),
    ...(sslkey !== undefined && { key: readParameter('sslkey', sslkey) }),
    ...(sslpassword !== undefined && { passphrase: sslpassword }),
    ...(isVerified && sslcrl !== undefined && { crl: readParameter('sslcrl', sslcrl) }),
    ...(address !== undefined && host !== undefined && isIP(host) === 0 && { servername: host }),
    minVersion: (parameters.ssl_min_protocol_version ?? 'TLSv1.2') as SecureVersion,
    ...(parameters.ssl_max_protocol_version && {
      maxVersion: parameters.ssl_max_protocol_version as SecureVersion,
    }),
  };
  try {
    createSecureContext(options);
  } catch (error) {
    throw new ConfigurationError(
      `DATABASE_URL: the certificates cannot be used (${(error as Error).message}): sslrootcert, sslcert, sslkey and ` +
        'sslcrl take PEM files, sslkey the key of sslcert, and sslpassword its password',
      { cause: error },
    );
  }
  return options;
}

function authorities(sslrootcert: string): string | string[] {
  if (sslrootcert === 'system') return getCACertificates('system');
  const text = readParameter('sslrootcert', sslrootcert);
  // Node treats a file without a certificate as an empty list, and would report only an untrusted issuer.
  if (!text.includes('-----BEGIN'))
    throw new ConfigurationError('DATABASE_URL: sslrootcert names a file that holds no PEM certificate');
  return text;
}

function readParameter(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigurationError(
      `DATABASE_URL: ${name} names a file that cannot be read (${(error as Error).message}): put it there, or correct ${name}`,
      { cause: error },
    );
  }
}

/** The part of a connection of `pg` that decides between TLS and plain text. */
interface Negotiation {
  readonly stream: NodeJS.ReadWriteStream & { readonly destroyed: boolean };
  connect(...address: unknown[]): void;
  attachListeners(stream: NodeJS.ReadWriteStream): void;
  emit(event: string): boolean;
}

type DatabaseClientOptions = pg.ClientConfig & {
  readonly plainWhereNoTls?: boolean;
  readonly statements?: PreparedStatements | undefined;
  /** The servers, if there are several. */
  readonly places?: readonly Place[] | undefined;
};

/**
 * A connection to the database: of several servers, to the one that takes writes at that moment. Where TLS is optional it
 * goes on without, on a server that has none.
 */
export class DatabaseClient extends SessionClient {
  declare host: string;
  declare port: number;

  constructor(private readonly settings: DatabaseClientOptions = {}) {
    super(settings);
    if (settings.plainWhereNoTls) goOnWithoutTls(this.negotiation);
    if (settings.statements) sendPrepared(this, settings.statements);
  }

  override connect(): Promise<pg.Client>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): Promise<pg.Client> | void {
    const { places } = this.settings;
    if (!places) return callback ? super.connect(callback) : super.connect();
    const connected = this.connectToWritable(places);
    if (!callback) return connected;
    connected.then(() => (callback as (error?: Error) => void)(), callback);
  }

  private async connectToWritable(places: readonly Place[]): Promise<pg.Client> {
    Object.assign(this, await findWritable(places, (place) => this.probeOf(place)));
    // Whoever waited for the connection has given it up.
    if (this.negotiation.stream.destroyed) throw new Error('timeout exceeded when trying to connect');
    return super.connect();
  }

  /** A connection to one server. */
  private probeOf(place: Place): DatabaseClient {
    // The pool hides the password from copies.
    const { password } = this.settings;
    return new DatabaseClient({ ...this.settings, places: undefined, statements: undefined, password, ...place });
  }

  private get negotiation(): Negotiation {
    return (this as unknown as { connection: Negotiation }).connection;
  }
}

/**
 * `pg` asks the server whether it supports TLS and gives up at the answer `N`, for no. The listener for that answer,
 * the only one of the new stream, is wrapped: at `N` the connection continues in plain text, as it would after a
 * handshake.
 */
function goOnWithoutTls(connection: Negotiation): void {
  const connect = connection.connect.bind(connection);
  connection.connect = (...address) => {
    connect(...address);
    const { stream } = connection;
    const [listener] = stream.listeners('data') as ((answer: Buffer) => void)[];
    if (!listener) throw new Error('pg does not wait for the answer to its question for TLS');
    stream.removeListener('data', listener);
    stream.once('data', (answer: Buffer) => {
      if (answer.toString('latin1') !== 'N') return listener.call(stream, answer);
      connection.attachListeners(stream);
      connection.emit('sslconnect');
    });
  };
}
