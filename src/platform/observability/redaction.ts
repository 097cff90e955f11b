import { unescape } from 'node:querystring';

const REDACTED = '[redacted]';

/** Fields whose content never reaches the log, wherever they stand, in lower case and without `_`. */
const SECRET_FIELDS = new Set(
  'authorization cookie password secret token key databaseurl metadata pipelinemetadata executionmetadata'.split(' '),
);

/** How deep a line is looked through; what lies deeper is left out of it. */
const MAX_DEPTH = 5;

/** Shorter values would black out ordinary words. */
const SHORTEST_SECRET = 8;

/**
 * A line of the log without the content of fields that hold secrets or what users sent. By hand: the paths of pino's
 * own `redact` cost ten times the line itself, and know only the depths that they spell out.
 */
export function withoutSecretFields(line: Record<string, unknown>): Record<string, unknown> {
  return redactObject(line, 0) as Record<string, unknown>;
}

/** The object itself where there is nothing to hide in it, as in nearly every line. */
function redactObject(object: object, depth: number): object {
  let copy: Record<string, unknown> | undefined;
  for (const [key, value] of Object.entries(object)) {
    const shown = SECRET_FIELDS.has(key.toLowerCase().replaceAll('_', '')) ? REDACTED : redactValue(value, depth + 1);
    if (shown === value) continue;
    copy ??= { ...object };
    copy[key] = shown;
  }
  return copy ?? object;
}

/** Errors pass: their own serializer knows what may be said of them. */
function redactValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  return depth > MAX_DEPTH ? REDACTED : redactObject(value, depth);
}

/**
 * Blacks out, in a finished line, the given secrets, the credentials of any URL and what follows `Bearer`: the last
 * look, since a secret may stand in the middle of somebody else's message.
 */
export function secretsHider(secrets: readonly string[]): (line: string) => string {
  const known = secrets
    .flatMap((secret) => [secret, ...passwordsOf(secret)])
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .map((secret) => asPattern(JSON.stringify(secret).slice(1, -1)));
  const pattern = new RegExp(
    [...known, String.raw`(://)[^\s"@/]+(@)`, String.raw`(Bearer )[\w.~+/=-]+`].join('|'),
    'g',
  );
  return (line) => line.replace(pattern, `$1$3${REDACTED}$2`);
}

/** The password inside a URL, as it stands there and as it is. */
function passwordsOf(secret: string): string[] {
  const password = URL.canParse(secret) ? new URL(secret).password : '';
  return [password, unescape(password)];
}

function asPattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
