import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { parseJson, storable } from './json.js';

/** An object of JSON. */
export type Json = Readonly<Record<string, unknown>>;

/** How a command ended. */
export interface Outcome {
  readonly status: 'succeeded' | 'failed' | 'aborted';
  /** The exit code of `watcher run`: the command's, or 128 and the number of the signal that ended it. */
  readonly exitCode: number;
  /** The signal that ended the command. */
  readonly signal: NodeJS.Signals | undefined;
  readonly endDate: Date;
  /** Why it did not succeed. */
  readonly errorMessage: string | undefined;
}

/** What the command wrote to `$WATCHER_REPORT`, or why that could not be read. */
export interface CommandReport {
  readonly fields: Json;
  readonly error?: string;
}

/** Fields of `POST /end_pipeline_execution` that a command may report. */
const FIELDS = new Set([
  'total_rows',
  'inserts',
  'updates',
  'soft_deletes',
  'next_watermark',
  'execution_metadata',
  'error_message',
  'status',
]);
/** The statuses that a command may report. */
const STATUSES: readonly unknown[] = ['succeeded', 'skipped', 'failed', 'aborted'];
const MAX_BYTES = 1_000_000;

/** Reads the file that the command may have written. */
export async function readReport(file: string): Promise<CommandReport> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? { fields: {} } : { fields: {}, error: message };
  }
  if (text.trim() === '') return { fields: {} };
  if (text.length > MAX_BYTES) return { fields: {}, error: `it has more than ${MAX_BYTES} characters` };
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    return { fields: {}, error: `it is not JSON: ${(error as Error).message}` };
  }
  if (!isObject(value)) return { fields: {}, error: 'it is not a JSON object' };
  if (!isObject(value['execution_metadata'] ?? {})) return { fields: {}, error: 'execution_metadata is not an object' };
  const { status, ...others } = Object.fromEntries(
    Object.entries(value).filter(([field, given]) => FIELDS.has(field) && given !== null),
  );
  const isStatus = status === undefined || STATUSES.includes(status);
  const unknown = Object.keys(value).filter((field) => !FIELDS.has(field));
  const errors = [
    ...(unknown.length > 0 ? [`it has unknown fields: ${unknown.join(', ')}`] : []),
    // Without a status that the service takes, it would never learn of an end that waited.
    ...(isStatus ? [] : [`status is none of ${STATUSES.join(', ')}`]),
  ];
  return {
    fields: isStatus && status !== undefined ? { ...others, status } : others,
    ...(errors.length > 0 && { error: errors.join('; ') }),
  };
}

/** The body of an end, without the execution's id. What the command reported goes before what was observed. */
export function endOf(outcome: Outcome, { fields, error }: CommandReport, nextWatermark: string | undefined): Json {
  const { status, execution_metadata: metadata, ...reported } = fields;
  const isSuccess = outcome.status === 'succeeded';
  return {
    // A command that ends well may still say that it was skipped or failed.
    status: isSuccess ? (status ?? outcome.status) : outcome.status,
    end_date: outcome.endDate.toISOString(),
    ...(outcome.errorMessage !== undefined && { error_message: outcome.errorMessage }),
    ...(isSuccess && nextWatermark !== undefined && { next_watermark: nextWatermark }),
    ...reported,
    execution_metadata: { ...observed(outcome, error), ...(metadata as Json | undefined) },
  };
}

/** The same without what the service may have refused, so that at least the end is known. */
export function bareEndOf(outcome: Outcome, refusal: string): Json {
  return {
    status: outcome.status,
    ...(outcome.errorMessage !== undefined && { error_message: outcome.errorMessage }),
    execution_metadata: observed(outcome, refusal),
  };
}

function observed({ exitCode, signal }: Outcome, error: string | undefined): Json {
  return {
    host: hostname(),
    exit_code: exitCode,
    ...(signal && { signal }),
    ...(error !== undefined && { report_error: storable(error) }),
  };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
