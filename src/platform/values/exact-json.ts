/**
 * JSON without loss. A number that a double cannot represent is kept as its text, as a value of `JSON.rawJSON`.
 * `JSON.stringify` writes that text back, so the number passes through the service and into `jsonb` unchanged.
 */

declare global {
  // Node 24 has these functions; TypeScript's library does not declare them yet.
  interface JSON {
    rawJSON(text: string): ExactNumber;
    isRawJSON(value: unknown): value is ExactNumber;
  }
}

/** A number as its JSON text. */
export interface ExactNumber {
  readonly rawJSON: string;
}

/** A text with 16 digits in a row or an exponent of three digits may have a number beyond a double. */
const SUSPICIOUS = /[\d.]{16}|[eE][+-]?\d{3}/;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** Marks a string as a number between scan and parse. It is random, so that no client can send it. */
const MARK = `${crypto.randomUUID()}:`;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const COLON = 0x3a;

/** Parses JSON; numbers that a double would change become {@link ExactNumber}s. @throws SyntaxError */
export function parseJson(text: string): unknown {
  if (!SUSPICIOUS.test(text)) return JSON.parse(text);
  const marked = markNumbers(text);
  if (marked === text) return JSON.parse(text);
  try {
    return unmark(JSON.parse(marked));
  } catch {
    // The message quotes the text, so it has to be the original one.
    return JSON.parse(text);
  }
}

/**
 * Replaces each number that `JSON.parse` would change by a marked string, in one pass over the characters. A reviver
 * for `JSON.parse` could read the sources of the numbers too, but is called for every value.
 */
function markNumbers(text: string): string {
  const parts: string[] = [];
  let copied = 0;
  for (let at = 0; at < text.length;) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === MINUS || isDigit(code)) {
      const end = endOfNumber(text, at);
      const number = text.slice(at, end);
      if (isChanged(number) && !isKey(text, end)) {
        parts.push(text.slice(copied, at), `"${MARK}${number}"`);
        copied = end;
      }
      at = end;
    } else at++;
  }
  parts.push(text.slice(copied));
  return copied === 0 ? text : parts.join('');
}

/** The position after the closing quote of the string that begins here; the end of the text where there is none. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end + 1;
  }
  return text.length;
}

/** The position after the last character of the number. */
function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    // Digits, and `+ - . E e`.
    if (!isDigit(code) && code !== 0x2b && code !== MINUS && code !== 0x2e && code !== 0x45 && code !== 0x65) break;
  }
  return end;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Whether `JSON.parse` and `JSON.stringify` would change the text of a long number. */
function isChanged(number: string): boolean {
  if (!SUSPICIOUS.test(number) || !NUMBER.test(number)) return false;
  return JSON.stringify(Number(number)) !== number;
}

/** Whether a number is in the place of a key: that is not JSON, and the mark must not make it valid. */
function isKey(text: string, end: number): boolean {
  let at = end;
  while (/[ \t\r\n]/.test(text.charAt(at))) at++;
  return text.charCodeAt(at) === COLON;
}

/** Replaces the marked strings of a parsed value. It does not recurse, because the value may nest deeply. */
function unmark(root: unknown): unknown {
  if (isMarked(root)) return numberOf(root);
  const pending = [root];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (Array.isArray(next)) {
      for (let index = 0; index < next.length; index++) {
        const item: unknown = next[index];
        if (isMarked(item)) next[index] = numberOf(item);
        else if (typeof item === 'object' && item !== null) pending.push(item);
      }
      continue;
    }
    const fields = next as Record<string, unknown>;
    // Parsed JSON inherits no enumerable property, and `Object.keys` takes twice as long.
    for (const key in fields) {
      const field = fields[key];
      // Not an assignment, because `__proto__` may be a key.
      if (isMarked(field)) Object.defineProperty(fields, key, { ...PLAIN, value: numberOf(field) });
      else if (typeof field === 'object' && field !== null) pending.push(field);
    }
  }
  return root;
}

const PLAIN = { writable: true, enumerable: true, configurable: true } as const;

function isMarked(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith(MARK);
}

function numberOf(marked: string): ExactNumber {
  return JSON.rawJSON(marked.slice(MARK.length));
}

/**
 * The canonical JSON of a value by RFC 8785. Numbers that a double cannot represent are plain decimals: all their
 * digits, no exponent, no zeros at the end of a fraction. Undefined fields are left out. This recurses, so the nesting
 * of the value has to be limited before (see `findUnstorable`).
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (JSON.isRawJSON(value)) return canonicalNumber(value.rawJSON);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  const members: string[] = [];
  // `sort` orders by UTF-16 code units, as the RFC requires.
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(member)}`);
  }
  return `{${members.join()}}`;
}

function canonicalNumber(text: string): string {
  const asDouble = JSON.stringify(Number(text));
  const exact = decimalOf(text);
  return asDouble !== 'null' && decimalOf(asDouble) === exact ? asDouble : exact;
}

/** A number as a plain decimal. */
function decimalOf(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const point = whole.length + Number(exponent);
  const digits = `${'0'.repeat(Math.max(0, -point))}${whole}${fraction}`.padEnd(point, '0');
  const before = digits.slice(0, Math.max(0, point)).replace(/^0+(?=\d)/, '') || '0';
  const after = digits.slice(Math.max(0, point)).replace(/0+$/, '');
  const decimal = after === '' ? before : `${before}.${after}`;
  return decimal === '0' ? decimal : sign + decimal;
}

/** The most digits after the decimal point in PostgreSQL's numeric. */
const MAX_SCALE = 16_383;

/** Whether clients can read a number and `jsonb` can store it: the range is a double's, the decimals are limited. */
export function isStorable({ rawJSON: text }: ExactNumber): boolean {
  const [, fraction = '', power = '0'] = /^-?\d+(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const exponent = Number(power);
  // A zero is within the range of a double whatever its exponent.
  const isShort = exponent <= MAX_SCALE && fraction.length - exponent <= MAX_SCALE;
  return isShort && Number.isFinite(Number(text));
}
