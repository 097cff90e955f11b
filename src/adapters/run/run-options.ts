import { parseArgs, type ParseArgsConfig } from 'node:util';
import { basename } from 'node:path';
import { type DeclaredLineage, readConfiguration, type Registration } from './run-configuration.js';
import { RunOptionError } from './run-option.error.js';

/** What `watcher run` was asked to do. */
export interface RunOptions {
  /** The service, without a slash at the end. */
  readonly url: string;
  readonly key: string | undefined;
  /** The body of `POST /pipeline`. */
  readonly registration: Registration;
  /** What the pipeline reads and writes; undefined where nothing is said of it. */
  readonly lineage: DeclaredLineage | undefined;
  /** The parent, in fields of the start. */
  readonly parent: Readonly<Record<string, unknown>>;
  readonly nextWatermark: string | undefined;
  /** Milliseconds between two heartbeats; undefined for none. */
  readonly heartbeatMs: number | undefined;
  /** The longest that one request may take, in milliseconds. */
  readonly timeoutMs: number;
  /** The folder of reports that wait, of all services. */
  readonly spool: string;
  /** The most reports that wait for one service. */
  readonly spoolLimit: number;
  readonly dryRun: boolean;
  readonly command: readonly [string, ...string[]];
}

const OPTIONS = {
  pipeline: { type: 'string' },
  namespace: { type: 'string' },
  type: { type: 'string' },
  parent: { type: 'string' },
  'next-watermark': { type: 'string' },
  heartbeat: { type: 'string' },
  config: { type: 'string' },
  'dry-run': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options'];

const DEFAULT_URL = 'http://127.0.0.1:8000';
const DEFAULT_TYPE = 'command';
const DEFAULT_HEARTBEAT = '30s';
const DEFAULT_TIMEOUT_SECONDS = 5;
const DEFAULT_SPOOL_LIMIT = 10_000;

export const RUN_USAGE = `usage: watcher run [options] [--] COMMAND [ARGUMENT ...]

Runs a command and reports it as an execution of a pipeline. An inactive pipeline's command is not run.

  --pipeline NAME          the pipeline; by default watcher.yaml's, else the name of the command's file
  --namespace NAME         the namespace of the pipeline
  --type TYPE              the type of the pipeline (default '${DEFAULT_TYPE}')
  --parent ID              the execution that this one is part of; by default the surrounding run
  --next-watermark VALUE   where the pipeline's watermark moves when the command succeeds
  --heartbeat TIME         the time between two heartbeats: 30s, 5m, 1h; 'off' for none (default ${DEFAULT_HEARTBEAT})
  --config FILE            the configuration of the pipeline (default watcher.yaml in this folder, if there is one)
  --dry-run                print what would be sent and run, and do nothing
  -h, --help               print this text

Environment: WATCHER_URL, WATCHER_KEY, WATCHER_PIPELINE, WATCHER_NAMESPACE, WATCHER_TYPE, WATCHER_HEARTBEAT,
WATCHER_CONFIG, WATCHER_TIMEOUT, WATCHER_SPOOL, WATCHER_SPOOL_LIMIT. See docs/command-line.md.
`;

/** Programs that run a file or a module given as an argument, which then gives the pipeline its name. */
const INTERPRETERS = /^(?:(?:ba|da|k|z)?sh|python[\d.]*|node|perl|ruby|php|Rscript|bun|deno|tsx|java|env|uv|npx)$/;

/**
 * The options of the arguments, the environment and the configuration file, in this order of precedence; undefined if
 * help was asked for. Throws a {@link RunOptionError}.
 */
export async function runOptions(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<RunOptions | undefined> {
  const { values, command } = parsed(args);
  if (values.help) return undefined;
  const [program, ...rest] = command;
  if (program === undefined) throw new RunOptionError('no command is given');
  // Inside another run these variables name that run's pipeline, which is the parent's.
  const isNested = Boolean(environment['WATCHER_RUN_ID'] || environment['WATCHER_EXECUTION_ID']);
  const own = (name: string): string | undefined => (isNested ? undefined : environment[name] || undefined);
  const { registration, lineage } = await readConfiguration(
    values.config ?? (environment['WATCHER_CONFIG'] || undefined),
    {
      name: values.pipeline ?? own('WATCHER_PIPELINE'),
      namespace: values.namespace ?? own('WATCHER_NAMESPACE'),
      pipeline_type_name: values.type ?? (environment['WATCHER_TYPE'] || undefined),
    },
  );
  return {
    url: serviceUrl(environment['WATCHER_URL'] || DEFAULT_URL),
    key: environment['WATCHER_KEY'] || undefined,
    registration: {
      ...registration,
      name: registration.name ?? nameOf(program, rest),
      pipeline_type_name: registration.pipeline_type_name ?? DEFAULT_TYPE,
    },
    lineage,
    parent: parentOf(values.parent, environment),
    nextWatermark: values['next-watermark'],
    heartbeatMs: milliseconds(values.heartbeat ?? (environment['WATCHER_HEARTBEAT'] || DEFAULT_HEARTBEAT)),
    timeoutMs: 1000 * number('WATCHER_TIMEOUT', environment, DEFAULT_TIMEOUT_SECONDS),
    spool: spoolFolder(environment),
    spoolLimit: number('WATCHER_SPOOL_LIMIT', environment, DEFAULT_SPOOL_LIMIT),
    dryRun: values['dry-run'] ?? false,
    command: [program, ...rest],
  };
}

/** The options before the command, and the command; its own options are not ours. */
function parsed(args: readonly string[]) {
  const isValue = (at: number): boolean => {
    const name = args[at - 1]?.replace(/^--/, '') ?? '';
    return Object.hasOwn(OPTIONS, name) && OPTIONS[name as keyof typeof OPTIONS].type === 'string';
  };
  let end = 0;
  while (end < args.length && args[end] !== '--' && (args[end]?.startsWith('-') || isValue(end))) end += 1;
  try {
    const { values } = parseArgs({ args: args.slice(0, end), options: OPTIONS, strict: true });
    return { values, command: args.slice(args[end] === '--' ? end + 1 : end) };
  } catch (error) {
    throw new RunOptionError((error as Error).message.split('. ')[0]);
  }
}

function serviceUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:/i.test(text)) {
    throw new RunOptionError(`WATCHER_URL must be an http or https URL, and is '${text}'`);
  }
  return text.replace(/\/+$/, '');
}

function nameOf(program: string, args: readonly string[]): string {
  if (!INTERPRETERS.test(basename(program))) return basename(program);
  const at = args.findIndex((argument, index) => !argument.startsWith('-') && args[index - 1] !== '-c');
  const file = args[at];
  if (file === undefined || args.slice(0, at).includes('-c')) {
    throw new RunOptionError(`the pipeline of '${basename(program)}' needs a name: --pipeline NAME`);
  }
  return basename(file);
}

function parentOf(given: string | undefined, environment: NodeJS.ProcessEnv): Record<string, unknown> {
  if (given !== undefined) return { parent_id: idOf(given, '--parent') };
  const id = environment['WATCHER_EXECUTION_ID'];
  if (id) return { parent_id: idOf(id, 'WATCHER_EXECUTION_ID') };
  const { WATCHER_RUN_ID: runId, WATCHER_PIPELINE: name, WATCHER_NAMESPACE: namespace } = environment;
  if (!runId || !name) return {};
  return {
    parent_external_id: runId,
    parent_pipeline_name: name,
    ...(namespace && { parent_pipeline_namespace: namespace }),
  };
}

function idOf(text: string, where: string): number {
  if (!/^[1-9]\d{0,15}$/.test(text))
    throw new RunOptionError(`${where} must be the id of an execution, and is '${text}'`);
  return Number(text);
}

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function milliseconds(text: string): number | undefined {
  if (text === 'off' || text === '0') return undefined;
  const [, amount, unit = 's'] = /^(\d{1,7})(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Number(amount) * UNITS[unit as keyof typeof UNITS];
  if (amount === undefined || ms < 1000 || ms > 2 ** 31 - 1) {
    throw new RunOptionError(
      `the heartbeat must be 'off' or a time of at least a second such as 30s, and is '${text}'`,
    );
  }
  return ms;
}

function number(name: string, environment: NodeJS.ProcessEnv, normal: number): number {
  const text = environment[name];
  if (!text) return normal;
  const value = Number(text);
  if (!(value > 0 && value <= 1_000_000))
    throw new RunOptionError(`${name} must be a number above 0, and is '${text}'`);
  return value;
}

function spoolFolder({ WATCHER_SPOOL, XDG_STATE_HOME, HOME }: NodeJS.ProcessEnv): string {
  return WATCHER_SPOOL || `${XDG_STATE_HOME || `${HOME || '/tmp'}/.local/state`}/watcher/spool`;
}
