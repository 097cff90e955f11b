import { readFile } from 'node:fs/promises';
import { exactNumber } from './json.js';
import { RunOptionError } from './run-option.error.js';

/** The body of `POST /pipeline`: fields of the configuration file, whose meaning the service knows. */
export interface Registration {
  readonly name: string;
  readonly pipeline_type_name: string;
  readonly namespace?: string;
  readonly [field: string]: unknown;
}

/** The body of `PUT /pipeline/{id}/lineage`: the fields `inputs` and `outputs` of the file. */
export interface DeclaredLineage {
  readonly inputs: readonly unknown[];
  readonly outputs: readonly unknown[];
}

/** What the file says of one pipeline. */
export interface Configuration {
  readonly registration: Partial<Registration>;
  /** Undefined if the file has no lineage. */
  readonly lineage: DeclaredLineage | undefined;
}

type Names = { readonly [Field in 'name' | 'namespace' | 'pipeline_type_name']: string | undefined };

const DEFAULT_FILE = 'watcher.yaml';

/**
 * The registration and the lineage that the file gives to the pipeline of these names. The file has the fields of one registration, or
 * several such mappings below `pipelines`; of these the one with the name is taken. A missing default file is empty.
 */
export async function readConfiguration(file: string | undefined, names: Names): Promise<Configuration> {
  const given = Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined));
  const text = await readFile(file ?? DEFAULT_FILE, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (file === undefined && error.code === 'ENOENT') return undefined;
    throw new RunOptionError(`the configuration can't be read: ${error.message}`);
  });
  if (text === undefined) return { registration: given, lineage: undefined };
  const where = file ?? DEFAULT_FILE;
  const { inputs, outputs, ...fields } = chosen(await parse(text, where), names.name, where);
  const hasLineage = inputs !== undefined || outputs !== undefined;
  const lineage = hasLineage ? { inputs: datasets(inputs), outputs: datasets(outputs) } : undefined;
  return { registration: { ...fields, ...given }, lineage };
}

/** A name stands for a dataset without a namespace. */
function datasets(listed: unknown): unknown[] {
  return [listed ?? []].flat().map((dataset) => (typeof dataset === 'string' ? { name: dataset } : dataset));
}

async function parse(text: string, where: string): Promise<Record<string, unknown>> {
  const { parseDocument, visit } = await import('yaml');
  let content: unknown;
  try {
    const document = parseDocument(text, { intAsBigInt: true });
    const [error] = document.errors;
    if (error) throw error;
    visit(document, {
      Scalar: (key, scalar) => {
        // A key is text in JSON.
        if (key !== 'key') scalar.value = exact(scalar.value, scalar.source);
      },
    });
    content = document.toJS();
  } catch (error) {
    throw new RunOptionError(`${where} is not YAML: ${(error as Error).message.split('\n')[0]}`);
  }
  if (!isMapping(content)) throw new RunOptionError(`${where} must be a mapping of the fields of a pipeline`);
  return content;
}

/** A number as the file has it, with all its digits. */
function exact(value: unknown, source: string | undefined): unknown {
  if (typeof value === 'bigint') return exactNumber(String(value));
  return typeof value === 'number' && Number.isFinite(value) && source ? exactNumber(source.trim()) : value;
}

function chosen(content: Record<string, unknown>, name: string | undefined, where: string): Record<string, unknown> {
  if (!('pipelines' in content)) {
    // The file is another pipeline's.
    return name !== undefined && content['name'] !== undefined && content['name'] !== name ? {} : content;
  }
  const { pipelines } = content;
  if (!Array.isArray(pipelines) || !pipelines.every(isMapping)) {
    throw new RunOptionError(`pipelines in ${where} must be a list of mappings`);
  }
  const [only, second] = pipelines;
  if (name !== undefined) return pipelines.find((pipeline) => pipeline['name'] === name) ?? {};
  if (!only || second) throw new RunOptionError(`${where} has ${pipelines.length} pipelines: name one by --pipeline`);
  return only;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
