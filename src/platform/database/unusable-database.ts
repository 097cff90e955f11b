import { ConfigurationError } from '../config/variable.js';
import { isUnavailable, SqlState, sqlStateOf } from './database-errors.js';

const TLS_CODE = /^(?:ERR_(?:SSL|TLS|OSSL)_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|EPROTO$)/;
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** The remedy for a SQLSTATE, or for all of its class. */
const REMEDIES: Readonly<Record<string, string>> = {
  '28P01': 'correct the password',
  '28': 'correct the user and the password, or let them in by pg_hba.conf; where it says "no encryption", add sslmode=require',
  '3D000': 'create the database, or correct its name',
  '3F000': 'create the schema, or correct the search_path of the role',
  '25006': 'it is read-only; name the primary server',
  [SqlState.insufficientPrivilege]:
    'grant the role what it needs: CREATE on the database and on its schema public (docs/operate.md)',
  '53100': 'its disk is full; make room on it',
  '53300': 'it is out of connections; close some, or raise its max_connections',
  '57P03': 'it is not ready yet; start again when it is',
  '42601': 'Watcher needs PostgreSQL 14 or newer',
};

const NETWORK_REMEDIES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'start it, or correct host and port',
  ENOENT: 'start it, or correct the folder of the socket and the port',
  ENOTFOUND: 'correct the host',
  EAI_AGAIN: 'correct the host, or the name resolution of this machine',
  EACCES: 'let this user open the socket, or connect by TCP',
};

/** The reason why the service can't use its database and the remedy, in one line; undefined for any other error. */
export function explainDatabase(error: unknown): string | undefined {
  const reason = reasonFor(error);
  return reason && `DATABASE_URL: the database can't be used: ${reason.replaceAll(/\s+/g, ' ')}`;
}

function reasonFor(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || error instanceof ConfigurationError) return undefined;
  const state = sqlStateOf(error) ?? '';
  const message = messageOf(error) || state;
  if (/does not support SSL connections/.test(message)) {
    return 'the server does not speak TLS: set sslmode=prefer or sslmode=disable, or ssl=on in the server';
  }
  if (TLS_CODE.test(state) || /establishing an SSL connection/.test(message)) {
    return `TLS fails: ${message}: name the CA of the server by sslrootcert, and correct the host, or choose another sslmode (docs/operate.md)`;
  }
  if (SQLSTATE.test(state)) return withRemedy(`${message} (${state})`, REMEDIES[state] ?? REMEDIES[state.slice(0, 2)]);
  const isOfNetwork = isUnavailable(error) || (NETWORK_REMEDIES[state] !== undefined && isFromConnect(error));
  return isOfNetwork
    ? withRemedy(message, NETWORK_REMEDIES[state] ?? 'check that it runs and can be reached')
    : undefined;
}

function withRemedy(message: string, remedy = 'check the log of the server'): string {
  return `${message}: ${remedy}`;
}

/** Attempts on several addresses of a host are reported as one error without a text of its own. */
function messageOf(error: object): string {
  if (error instanceof AggregateError) return error.errors.map((each: Error) => each.message).join(', ');
  return 'message' in error ? String(error.message) : '';
}

/** Node names the system call in its errors; file errors have the same codes. */
function isFromConnect(error: object): boolean {
  return 'syscall' in error && (error.syscall === 'connect' || error.syscall === 'getaddrinfo');
}
