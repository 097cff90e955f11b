import type { RunOptions, Threshold } from './options.js';
import { isError, jsonOf } from './transport.js';
import type { Problem, RegisterPipelineRequest, ReportedEnd } from '../generated/types.gen.js';
import type { Operation, Report } from './store.js';

/** The service cuts a longer one; a much longer one it would not take. */
const LONGEST_MESSAGE = 100_000;
const DEEPEST_CAUSE = 8;

/** What the registration declares: all of the configuration, or nothing. */
export function registrationOf(options: RunOptions): RegisterPipelineRequest {
  const { schedule, scheduleTimezone, pipelineMetadata, active } = options;
  return {
    ...identityOf(options),
    ...defined({ schedule, schedule_timezone: scheduleTimezone, pipeline_metadata: pipelineMetadata, active }),
    ...threshold('freshness', options.freshness),
    ...threshold('freshness_warn', options.freshnessWarn),
    ...threshold('timeliness', options.timeliness),
    ...threshold('timeliness_warn', options.timelinessWarn),
    ...threshold('lost_after', options.lostAfter),
    ...threshold('retention', options.retention),
    ...threshold('start_grace', options.startGrace),
  };
}

function identityOf({ pipeline, type, namespace }: RunOptions): RegisterPipelineRequest {
  return { name: pipeline, pipeline_type_name: type, ...(namespace && { namespace }) };
}

function threshold(name: string, value: Threshold | undefined): object {
  return value ? { [`${name}_number`]: value[0], [`${name}_datepart`]: value[1] } : {};
}

/** The fields that have a value. */
export function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** What a start says, but for its pipeline. */
export type Start = Readonly<Record<string, unknown>>;

/** A copy that nothing changes any more; without its metadata where they can't be written as JSON. */
export function frozenStart(start: Start): Start {
  try {
    return JSON.parse(jsonOf(start)) as Start;
  } catch {
    return { ...start, execution_metadata: undefined };
  }
}

/** What an end says, but for its execution. */
export interface End {
  readonly end_date?: string;
  readonly status: ReportedEnd;
  readonly error_message?: string;
  readonly [field: string]: unknown;
}

/**
 * The end without what its caller added, for a service that refuses one of the fields, or where it can't be written as
 * JSON: that the run ended must not be lost.
 */
export function plainEnd({ end_date, status, error_message }: End, reason: string, problem?: Partial<Problem>): End {
  const hasRightDate = !problem?.errors?.some(({ field }) => field === 'end_date');
  return {
    status,
    ...(hasRightDate && end_date !== undefined && { end_date }),
    ...(typeof error_message === 'string' && { error_message: clean(error_message) }),
    execution_metadata: { report_error: clean(reason) },
  };
}

/** A copy that nothing changes any more; the plain end where the end can't be written as JSON. */
export function frozenEnd(end: End): End {
  try {
    return JSON.parse(jsonOf(end)) as End;
  } catch (error) {
    return plainEnd(end, `not JSON: ${String(error)}`);
  }
}

/**
 * A start that is sent later. It registers without configuration, because a newer one may have been declared by then.
 */
export function keptStart(options: RunOptions, start: Start): readonly Operation[] {
  return [
    { op: 'register', ref: 'pipeline', ...identityOf(options) },
    { op: 'start', ref: 'run', pipeline_ref: 'pipeline', ...start },
  ];
}

/** An end that is sent later. A start that is known already is only found. */
export function keptEnd(options: RunOptions, start: Start, end: End): readonly Operation[] {
  return [...keptStart(options, start), { op: 'end', execution_ref: 'run', ...end }];
}

/** In the form of all clients. The body is written once here, so that nothing changes it afterwards. */
export function reportOf(key: string, body: readonly Operation[]): Report {
  return JSON.parse(jsonOf({ version: 1, path: '/batch', idempotency_key: key, body })) as Report;
}

/** An error with its stack and its causes, as the message of a failed run. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  let cause = error;
  for (let depth = 0; cause !== undefined && cause !== null && depth < DEEPEST_CAUSE; depth++) {
    parts.push(`${depth === 0 ? '' : 'caused by: '}${textOf(cause)}`);
    const { errors } = Object(cause) as { errors?: unknown };
    if (Array.isArray(errors)) parts.push(...errors.slice(0, DEEPEST_CAUSE).map(textOf));
    cause = isError(cause) ? cause.cause : undefined;
  }
  return clean(parts.join('\n') || String(error));
}

function textOf(error: unknown): string {
  try {
    if (!isError(error)) return typeof error === 'string' ? error : (jsonOf(error) ?? String(error));
    const stack = error.stack ?? '';
    // A message that was changed after the error was made is missing in its stack.
    return stack.includes(error.message) && stack !== '' ? stack : `${String(error)}\n${stack}`.trim();
  } catch {
    return 'an error that has no text';
  }
}

/** The service refuses a NUL and half a pair of surrogates. */
function clean(text: string): string {
  const cut = text.slice(0, LONGEST_MESSAGE).replaceAll('\0', '\u{fffd}');
  return cut.replaceAll(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\u{fffd}');
}
