import { QueryFailedError, QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm';
import { DomainError } from '../errors/domain-error.js';

/** The SQLSTATEs that the service knows by name (PostgreSQL's documentation, appendix A). */
export const SqlState = {
  foreignKeyViolation: '23503',
  uniqueViolation: '23505',
  serializationFailure: '40001',
  deadlockDetected: '40P01',
  lockNotAvailable: '55P03',
  queryCanceled: '57014',
  undefinedTable: '42P01',
  readOnlyTransaction: '25006',
  insufficientPrivilege: '42501',
  diskFull: '53100',
} as const;

/** SQLSTATE classes that mean "the database can't serve now": connection, resources, operator, system. */
const UNAVAILABLE_CLASSES = new Set(['08', '53', '57', '58']);

/** The reason why a responding database can't be used. */
export interface DatabaseFault {
  /** The `code` of the problem. */
  readonly code: string;
  readonly detail: string;
  /** Whether it lasts until someone repairs it, as far as the error shows. */
  readonly isLasting: boolean;
}

const lasting = (code: string, detail: string): DatabaseFault => ({ code, detail, isLasting: true });
const REFUSED = lasting('database_access_refused', 'The database refuses the user or the password of the service.');
const MISSING = lasting('database_missing', 'The database of the service does not exist on its server.');
const READ_ONLY = lasting('database_read_only', 'The database is read-only now, as after a failover; try again.');

/** The SQLSTATEs that mean more than "can't serve now". */
const FAULTS: Readonly<Record<string, DatabaseFault>> = {
  '25006': READ_ONLY,
  '28000': REFUSED,
  '28P01': REFUSED,
  '3D000': MISSING,
  '57P04': MISSING,
  '42501': lasting('database_permission_denied', 'The user of the service lacks a right in the database.'),
  '53100': lasting('database_full', 'The disk of the database is full.'),
  '53300': lasting('database_connections_exhausted', 'The database has no connection left for the service.'),
  '55000': lasting('database_not_accepting', 'The database does not accept connections.'),
  '57P03': { code: 'database_starting', detail: 'The database is starting or stopping; try again.', isLasting: false },
  '58030': lasting('database_storage_failed', 'The storage of the database reports errors.'),
};

/** Errors that end a single piece of work although the database is well: locked rows, or a timeout. */
const HELD_UP: ReadonlySet<string | undefined> = new Set([
  SqlState.serializationFailure,
  SqlState.deadlockDetected,
  SqlState.lockNotAvailable,
  SqlState.queryCanceled,
]);

/** Errors of the network and of `pg` itself, which carry no SQLSTATE. */
const UNAVAILABLE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const UNAVAILABLE_MESSAGES =
  /connection terminated|SSL connection|timeout exceeded when trying to connect|query read timeout|not queryable|connection error|driver not connected|cannot use a pool after/i;

/** The pool's message when all its connections are in use for too long: the database is reachable. */
const POOL_EXHAUSTED = /timeout exceeded when trying to connect/;

/** TypeORM's message when the connection broke between two statements of a transaction. */
const BROKEN_BETWEEN_STATEMENTS = [QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError] as const;

interface DriverError extends Error {
  readonly code?: string;
  readonly constraint?: string;
}

function driverError(error: unknown): DriverError | undefined {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  // Checked by its properties: an error of Node may come from another realm and fail instanceof.
  const isError = typeof cause === 'object' && cause !== null && 'message' in cause;
  return isError ? (cause as DriverError) : undefined;
}

/** The SQLSTATE (or system error code) of a failed statement. */
export function sqlStateOf(error: unknown): string | undefined {
  return driverError(error)?.code;
}

/** Whether the error is the violation of the named unique constraint or index, or foreign key. */
export function violates(error: unknown, constraint: string): boolean {
  const cause = driverError(error);
  const isViolation = cause?.code === SqlState.uniqueViolation || cause?.code === SqlState.foreignKeyViolation;
  return isViolation && cause.constraint === constraint;
}

/**
 * A restarting server removes its Unix socket for a while. File errors have the same codes, so the system call is
 * checked too.
 */
function isSocketGone({ code, syscall }: NodeJS.ErrnoException): boolean {
  return syscall === 'connect' && (code === 'ENOENT' || code === 'EACCES');
}

/** Whether the statement waited for a lock until the limit of its transaction. */
export function isLockTimeout(error: unknown): boolean {
  return sqlStateOf(error) === SqlState.lockNotAvailable;
}

/** Whether the error means that the database can't be reached, or can't serve now. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof DomainError) return error.kind === 'unavailable';
  if (BROKEN_BETWEEN_STATEMENTS.some((type) => error instanceof type)) return true;
  const cause = driverError(error);
  if (!cause) return false;
  const { code = '' } = cause;
  if (UNAVAILABLE_CODES.has(code) || isSocketGone(cause)) return true;
  if (FAULTS[code]) return true;
  if (/^[0-9A-Z]{5}$/.test(code)) return UNAVAILABLE_CLASSES.has(code.slice(0, 2)) && !HELD_UP.has(code);
  return cause instanceof AggregateError ? cause.errors.every(isUnavailable) : UNAVAILABLE_MESSAGES.test(cause.message);
}

/**
 * The error of a transaction that found a concurrent write since its read: it has the SQLSTATE of a serialization
 * failure, so that the transaction runs again as after one of PostgreSQL's own.
 */
export function writtenMeanwhile(row: string): Error {
  return Object.assign(new Error(`a concurrent transaction has written ${row}`), {
    code: SqlState.serializationFailure,
  });
}

/** The fault in the error that keeps the database from being used; undefined if the database is merely unreachable. */
export function faultOf(error: unknown): DatabaseFault | undefined {
  return FAULTS[sqlStateOf(error) ?? ''];
}

/** The error for a database that a query has found to accept no writes. */
export function readOnly(): Error {
  return Object.assign(new Error('the server is in recovery, or its transactions are read-only'), {
    code: SqlState.readOnlyTransaction,
  });
}

/** The refusal for a fault. */
export function databaseUnusable({ code, detail }: DatabaseFault, cause?: unknown): DomainError {
  return new DomainError('unavailable', code, detail, undefined, { cause });
}

/** The refusal of work that needs the database while it is unavailable. */
export function databaseAway(cause?: unknown): DomainError {
  const detail = 'The database cannot be reached now; try again.';
  return new DomainError('unavailable', 'database_unavailable', detail, undefined, { cause });
}

/** The refusal of work that others block: a lock that is not released, or more work than connections. */
export function databaseBusy(cause?: unknown): DomainError {
  const detail = 'Other work in the database blocks this request; try again.';
  return new DomainError('unavailable', 'database_busy', detail, undefined, { cause });
}

/** Whether all connections were in use for too long, or no connection could be made in time. */
export function isPoolExhausted(error: unknown): boolean {
  return POOL_EXHAUSTED.test(driverError(error)?.message ?? '');
}

/** The refusal for a failed statement, if it is one that all features share. */
export function asDomainError(error: unknown): DomainError | undefined {
  if (error instanceof DomainError) return error;
  const fault = faultOf(error);
  if (fault) return databaseUnusable(fault, error);
  if (isPoolExhausted(error)) return databaseBusy(error);
  if (isUnavailable(error)) return databaseAway(error);
  return HELD_UP.has(sqlStateOf(error)) ? databaseBusy(error) : undefined;
}
