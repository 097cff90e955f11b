import { unescape } from 'node:querystring';

const REDACTED = '[redacted]';

/** Fields whose content never reaches the log, at any depth, in lower case and without `_`. */
const SECRET_FIELDS = new Set(
  'authorization cookie password secret token key databaseurl metadata pipelinemetadata executionmetadata'.split(' '),
);

/** The depth to which a line is examined; deeper content is left out. */
const MAX_DEPTH = 5;

/** Shorter values are not redacted, since they would match ordinary words. */
const SHORTEST_SECRET = 8;

/**
 * A log line without the content of fields that hold secrets or users' data. Written by hand: the paths of pino's own
 * `redact` cost ten times the line itself and match only the depths that they spell out.
 */
export function withoutSecretFields(line: Record<string, unknown>): Record<string, unknown> {
  return redactObject(line, 0) as Record<string, unknown>;
}

/** Returns the object itself if it has nothing to hide, as in nearly every line. */
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

/** Errors are skipped: their own serializer selects the fields that may be logged. */
function redactValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  return depth > MAX_DEPTH ? REDACTED : redactObject(value, depth);
}

/**
 * Removes the given secrets, the credentials of any URL and the text after `Bearer` from a finished line. This is the
 * last check, since a secret may be inside a message of another library.
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

/** The password inside a URL, encoded and decoded. */
function passwordsOf(secret: string): string[] {
  const password = URL.canParse(secret) ? new URL(secret).password : '';
  return [password, unescape(password)];
}

function asPattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
