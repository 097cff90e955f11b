import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { ConfigurationError, type Details, variable } from './variable.js';

/** The content of a JSON or YAML document, with `${VARIABLE}` replaced in its strings. */
export interface ConfigurationDocument {
  readonly content: unknown;
  /** The values of the variables and other strings that look like secrets: kept out of the log. */
  readonly secrets: readonly string[];
}

/** Fields whose text is a secret even when it is written literally. */
const SECRET_FIELD = /key|password|secret|token|url/i;

/** A JSON or YAML document: the path of a file, or the document itself. */
export function document<D extends string | undefined = undefined>(name: string, details: Details<D>) {
  const takes = 'the path of a JSON or YAML file, or the document itself';
  return variable(name, details, takes, (given, environment): ConfigurationDocument => {
    const source = isInline(given) ? given : contentOf(name, given);
    const parsed = parseDocument(source, { prettyErrors: true });
    const [error] = parsed.errors;
    if (error) throw new ConfigurationError(`${name} is neither JSON nor YAML: ${lineOf(error.message)}`);
    const secrets = new Set<string>();
    const content = resolve(toValue(name, parsed), (text, field) => {
      const replaced = replaceVariables(name, text, environment, secrets);
      if (SECRET_FIELD.test(field) || replaced.includes('://')) secrets.add(replaced);
      return replaced;
    });
    return { content, secrets: [...secrets] };
  });
}

/** A path is a single line that does not begin like a list or an object. */
function isInline(given: string): boolean {
  return /^[[{]|^- |^-$|\n|^[\w"']+:\s/.test(given);
}

function contentOf(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigurationError(`${name}: the file '${lineOf(path)}' can't be read (${code})`);
  }
}

function toValue(name: string, parsed: ReturnType<typeof parseDocument>): unknown {
  try {
    return parsed.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new ConfigurationError(`${name} can't be read: ${lineOf((error as Error).message)}`);
  }
}

/** The value with each of its strings replaced; `field` is the nearest key above a string. */
function resolve(value: unknown, replace: (text: string, field: string) => string, field = ''): unknown {
  if (typeof value === 'string') return replace(value, field);
  if (Array.isArray(value)) return value.map((item) => resolve(item, replace, field));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, replace, key)]));
}

function replaceVariables(name: string, text: string, environment: NodeJS.ProcessEnv, secrets: Set<string>): string {
  return text.replaceAll(/\$\{([^}]*)\}/g, (_, variableName: string) => {
    const value = environment[variableName]?.trim();
    if (value === undefined || value === '') {
      throw new ConfigurationError(`${name} names \${${lineOf(variableName)}}, but that variable is not set`);
    }
    secrets.add(value);
    return value;
  });
}

function lineOf(text: string): string {
  return text.trim().split('\n', 1)[0]?.trim() ?? '';
}
