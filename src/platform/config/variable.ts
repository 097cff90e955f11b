import { Cron } from 'croner';
import { RE2JS } from 're2js';
import { parseDatabaseUrl } from './database-url.js';
import { UnfitValue } from './unfit-value.js';
import { webhookProblem } from './webhook-url.js';

/** Thrown for a value that a variable does not accept; its message is the one line that the operator sees. */
export class ConfigurationError extends Error {}

/** One environment variable: its name, its accepted values, and the conversion from its text. */
export interface Variable<T> {
  readonly name: string;
  /** The effect of the variable, in one sentence. */
  readonly description: string;
  /** The values that it accepts, for messages and the documentation. */
  readonly takes: string;
  /** The text used when the variable is unset; absent if unset is a value of its own. */
  readonly fallback?: string;
  /** Secrets never appear in a message. */
  readonly secret: boolean;
  /**
   * Returns the value, or undefined when the variable does not accept the text. Throws {@link UnfitValue} with a
   * reason, or {@link ConfigurationError} for a message of its own.
   */
  readonly parse: (text: string, environment: NodeJS.ProcessEnv) => T | undefined;
}

export type Details<D> = Pick<Variable<unknown>, 'description'> & {
  readonly fallback?: D;
  readonly secret?: boolean;
};

/** A variable that may stay unset. */
export type OptionalVariable<T> = Variable<T> & { readonly fallback?: never };

export function variable<T, D extends string | undefined>(
  name: string,
  details: Details<D>,
  takes: string,
  parse: Variable<T>['parse'],
): D extends string ? Variable<T> & { readonly fallback: string } : OptionalVariable<T> {
  const { description, fallback, secret = false } = details;
  // The conditional type follows `fallback`, which TypeScript can't see from the object literal.
  return { name, description, takes, secret, parse, ...(fallback !== undefined && { fallback }) } as never;
}

export function integer<D extends string | undefined = undefined>(
  name: string,
  details: Details<D> & { readonly min: number; readonly max: number; readonly unit?: string },
) {
  const unit = details.unit ? ` ${details.unit}` : '';
  return variable(name, details, `a whole number from ${details.min} to ${details.max}${unit}`, (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    return value >= details.min && value <= details.max ? value : undefined;
  });
}

/** A share from 0 to 1. */
export function ratio<D extends string | undefined = undefined>(name: string, details: Details<D>) {
  return variable(name, details, 'a number from 0 to 1', (text) => {
    const value = /^\d(?:\.\d{1,9})?$/.test(text) ? Number(text) : NaN;
    return value <= 1 ? value : undefined;
  });
}

export function oneOf<const V extends string, D extends string | undefined = undefined>(
  name: string,
  values: readonly V[],
  details: Details<D>,
) {
  return variable(name, details, values.map((value) => `'${value}'`).join(' or '), (text) =>
    values.find((value) => value === text),
  );
}

/**
 * The words for yes and no. All of them count, because YAML reads `off` as false before a chart or a compose file
 * passes it on.
 */
const ON = /^(?:on|true|yes|1)$/i;
const OFF = /^(?:off|false|no|0)$/i;

export function flag<D extends string | undefined = undefined>(name: string, details: Details<D>) {
  return variable(name, details, `'on' or 'off'`, (text) =>
    ON.test(text) ? true : OFF.test(text) ? false : undefined,
  );
}

export function text<D extends string | undefined = undefined>(
  name: string,
  details: Details<D> & { readonly takes: string; readonly pattern?: RegExp },
) {
  const { pattern = /^[^\0]*$/ } = details;
  return variable(name, details, details.takes, (value) => (pattern.test(value) ? value : undefined));
}

/** A comma-separated list; each item must match `item`. */
export function list<D extends string | undefined = undefined>(
  name: string,
  details: Details<D> & { readonly takes: string; readonly item: RegExp },
) {
  return variable(name, details, details.takes, (value): readonly string[] | undefined => {
    const items = value.split(',').map((item) => item.trim());
    return items.every((item) => details.item.test(item)) ? items : undefined;
  });
}

/** A regular expression, by the one thing that is asked of it: whether it matches anywhere in a text. */
export interface Pattern {
  readonly source: string;
  test(text: string): boolean;
}

/**
 * A regular expression that RE2 takes: it matches in a time linear to the text, whatever the pattern. Those of JavaScript
 * may take for ever (`(a+)+$`), and everybody else would wait.
 */
export function regularExpression<D extends string | undefined = undefined>(name: string, details: Details<D>) {
  const takes = 'a regular expression without look-around and back-references (RE2)';
  return variable(name, details, takes, (source): Pattern | undefined => {
    try {
      const script = /\\(p)\{(?:Script|sc)=(\w+)\}/gi;
      const compiled = RE2JS.compile(RE2JS.translateRegExp(source.replace(script, String.raw`\$1{$2}`)));
      return { source, test: (text) => compiled.test(text) };
    } catch {
      return undefined;
    }
  });
}

export function url<D extends string | undefined = undefined>(
  name: string,
  schemes: readonly string[],
  details: Details<D>,
) {
  return variable(name, details, `a URL that starts with ${schemes.map((s) => `${s}://`).join(' or ')}`, (value) => {
    const parsed = URL.canParse(value) ? new URL(value) : undefined;
    return parsed && schemes.includes(parsed.protocol.slice(0, -1)) ? value : undefined;
  });
}

/** The URL of a PostgreSQL database, unchanged. */
export function databaseUrl<D extends string | undefined = undefined>(name: string, details: Details<D>) {
  const takes = 'a URL as for psql, such as postgresql://user:password@host:5432/database?sslmode=require';
  return variable(name, details, takes, (value) => {
    parseDatabaseUrl(value);
    return value;
  });
}

/** A URL to which messages are posted; credentials in it become Basic authorisation. */
export function webhook<D extends string | undefined = undefined>(name: string, details: Details<D>) {
  return variable(name, details, 'a URL that starts with https:// or http://', (value) => {
    const problem = webhookProblem(value);
    if (problem !== undefined) throw new ConfigurationError(`${name} ${problem}`);
    return value;
  });
}

/** A span of time such as `1d`, `36h`, `90m` or `30s`, as milliseconds. */
export function duration<D extends string | undefined = undefined>(name: string, details: Details<D>) {
  const units: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return variable(name, details, "a span of time from 0s to 3650d, such as '1d', '36h' or '90m'", (value) => {
    const [, digits, unit = ''] = /^(\d{1,9})\s*([smhd])$/.exec(value) ?? [];
    const span = Number(digits) * (units[unit] ?? NaN);
    return span <= 3650 * 86_400_000 ? span : undefined;
  });
}

/** A cron expression of five fields, unchanged; `off`, in any of its words, is null: never. */
export function cron<D extends string | undefined = undefined>(name: string, details: Details<D>) {
  return variable(name, details, `a cron expression of five fields, such as '*/5 * * * *', or 'off'`, (source) => {
    if (OFF.test(source)) return null;
    if (source.split(/\s+/).length !== 5) return undefined;
    try {
      return new Cron(source, { timezone: 'UTC', mode: '5-part', paused: true }).nextRun() ? source : undefined;
    } catch {
      return undefined;
    }
  });
}

/** A size such as `1MB`, `256kB` or `1048576`, as bytes. */
export function byteSize<D extends string | undefined = undefined>(name: string, details: Details<D>) {
  const factors: Record<string, number> = { '': 1, b: 1, kb: 1024, mb: 1024 ** 2 };
  return variable(name, details, `a size from 1kB to 64MB, such as '1MB'`, (value) => {
    const [, digits, unit = ''] = /^(\d{1,9})\s*([kKmM]?[bB]?)$/.exec(value) ?? [];
    const bytes = Number(digits) * (factors[unit.toLowerCase()] ?? NaN);
    return bytes >= 1024 && bytes <= 64 * 1024 ** 2 ? bytes : undefined;
  });
}

/** The value of a variable in an environment. Throws {@link ConfigurationError} for a text that it does not accept. */
export function read<T>(variable: Variable<T>, environment: NodeJS.ProcessEnv): T | undefined {
  const given = environment[variable.name]?.trim();
  const source = given === undefined || given === '' ? variable.fallback : given;
  if (source === undefined) return undefined;
  const { value, why = '' } = parse(variable, source, environment);
  if (value !== undefined) return value;
  const got = variable.secret ? 'a value that is kept out of this message' : `'${oneLine(source)}'`;
  throw new ConfigurationError(`${variable.name} got ${got}, but takes ${variable.takes}${why}`);
}

function parse<T>(
  variable: Variable<T>,
  source: string,
  environment: NodeJS.ProcessEnv,
): { value?: T | undefined; why?: string } {
  try {
    return { value: variable.parse(source, environment) };
  } catch (error) {
    if (error instanceof UnfitValue) return { why: `: ${oneLine(error.message)}` };
    throw error;
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
